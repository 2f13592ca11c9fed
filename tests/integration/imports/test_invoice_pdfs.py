"""Intacct's print of an imported invoice, where the company wants it."""

from __future__ import annotations

from portal.extensions import db
from portal.models.invoice_pdf import InvoicePdf
from tests.integration.imports.conftest import MovedClock, World, clock, world
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
