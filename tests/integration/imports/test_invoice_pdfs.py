"""Intacct's print of an imported invoice, where the company wants it."""

from __future__ import annotations

import pytest

from portal.extensions import db
from portal.imports import asking
from portal.imports.steps import STEPS
from portal.models.invoice_pdf import InvoicePdf
from portal.models.run import Run, RunKind
from portal.sync import engine, pdfs
from portal.sync.context import RunContext
from tests.integration.imports.conftest import MovedClock, World, clock, items, preview, world
from tests.integration.imports.test_invoice_import import SALES, here, invoices_in
from tests.integration.sync.scenes import ok

__all__ = ["MovedClock", "World", "clock", "world"]


def prints() -> dict[int, bytes]:
    found = {one.invoice_id: one.content for one in db.session.scalars(db.select(InvoicePdf))}
    db.session.commit()
    return found


def test_prints_come_only_where_they_are_wanted_and_once(world: World) -> None:
    ok(invoices_in(world, SALES))
    assert prints() == {}
    run = ok(invoices_in(world, SALES, with_pdf=True))
    assert run.counts["fetched.pdfs"] == len(prints()) > 0
    assert all(content.startswith(b"%PDF") for content in prints().values())
    assert "fetched.pdfs" not in ok(invoices_in(world, SALES, with_pdf=True)).counts


def test_a_print_that_cannot_be_had_fails_nothing(world: World) -> None:
    world.choose(import_pdfs=True)
    world.fault("retrievepdf", "function_error", errorno="BL03000130", text="The PDF could not be created.", times=1)
    run = ok(invoices_in(world, SALES))
    assert run.counts["missing.pdfs"] == 1
    assert run.counts["created.invoices"] == len(prints()) + 1
    assert "1 PDF could not be had" in run.warnings[0]


def test_a_changed_document_is_printed_anew(world: World) -> None:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_order", customerid=customer, documentno="SI-9001", amount="10.00")
    ok(invoices_in(world, SALES, with_pdf=True))
    before = prints()[here("SI-9001").id]
    world.core.clock.advance(60)
    world.act("edit_order", docid=f"{SALES}-SI-9001", amount="25.00")
    ok(invoices_in(world, SALES, with_pdf=True))
    assert prints()[here("SI-9001").id] != before


class Killed(BaseException):
    """The process died: nothing in the engine may catch it."""


def test_an_import_that_dies_among_the_prints_tells_each_document_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ok(preview(world, RunKind.IMPORT_INVOICES, document_types=[SALES])).counts["created.invoices"]
    real, asked = pdfs._print, []

    def dies(ctx: RunContext, doc_id: str) -> tuple[bytes | None, str]:
        asked.append(doc_id)
        if len(asked) == 3:
            raise Killed
        return (None, "the printer is out of ink") if len(asked) == 1 else real(ctx, doc_id)

    monkeypatch.setattr(pdfs, "_print", dies)
    run = asking.ask(world.book, RunKind.IMPORT_INVOICES, {"document_types": [SALES], "with_pdf": True}, trigger="test")
    run_id = run.id
    db.session.commit()
    with pytest.raises(Killed):
        engine.perform(run_id, STEPS)
    db.session.rollback()
    db.session.execute(db.update(Run).where(Run.id == run_id).values(lease_until=1))
    db.session.commit()
    engine.perform(run_id, STEPS)
    db.session.expire_all()
    run = ok(db.session.get_one(Run, run_id))
    assert run.counts["created.invoices"] == whole
    assert run.counts.get("unchanged.invoices", 0) == 0
    assert (run.counts["missing.pdfs"], run.counts["fetched.pdfs"], len(prints())) == (1, whole - 1, whole - 1)
    told = [item.key for item in items(run) if item.outcome == "created" and item.object == "SODOCUMENT"]
    assert (len(told), len(set(told))) == (whole, whole)
