"""A preview is the sync itself with nothing kept and nothing sent; a run as shown sends exactly what it showed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import Kind
from portal.services import invoices, payments
from portal.sync import previews
from tests.factories import ACTOR, make_customer, make_invoice, make_invoice_data, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import ok, posted

KEEPS = (
    "run", "run_item", "intacct_customer", "cursor", "connection", "gateway_usage", "gateway_failure", "gateway_slot",
)  # fmt: skip
"""What a preview may write: the run itself, the directory of Intacct's customers with its cursor, the session, what it
asked of Intacct, and its places there."""


def preview(world: World) -> Run:
    return world.sync(RunKind.PREVIEW, subject=previews.subject())


def run_as_shown(world: World, shown: Run) -> Run:
    return world.sync(subject=previews.subject_of(shown))


def items(run: Run) -> list[RunItem]:
    found = list(db.session.scalars(db.select(RunItem).where(RunItem.run_id == run.id).order_by(RunItem.id)))
    db.session.commit()
    return found


def outcomes(run: Run) -> list[tuple[str, int | None]]:
    return [(item.outcome, item.sync_row_id) for item in items(run)]


def invoice(world: World, number: str) -> Invoice:
    return db.session.scalars(db.select(Invoice).where(Invoice.number == number)).one()


def everything(world: World) -> dict[str, list[Any]]:
    """All rows of all tables that a preview must leave alone."""
    names = [table.name for table in db.metadata.sorted_tables if table.name not in KEEPS]
    found = {name: [tuple(row) for row in db.session.execute(text(f"SELECT * FROM {name}"))] for name in names}
    db.session.commit()
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def first_book(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    paid = make_invoice("100.00", customer=customer, number="INV-1")
    make_invoice("60.00", customer=customer, number="INV-2")
    make_payment("100.00", on={paid: "100.00"}, number="PMT-1")
    db.session.commit()


def test_a_first_preview_shows_the_whole_chain_and_sends_nothing(world: World) -> None:
    first_book(world)
    before = everything(world)
    run = ok(preview(world))
    assert [outcome for outcome, _ in outcomes(run)] == ["created"] * 4
    assert (run.counts["written.customers"], run.counts["written.invoices"], run.counts["written.payments"]) == (
        1,
        2,
        1,
    )
    assert world.there("CUSTOMER", NAME="Acme") == []
    assert world.postings() == []
    assert everything(world) == before
    assert not any(b"<create" in body or b"<update" in body for body in world.adapter.sent)


def test_a_preview_tells_accounts_and_sums_as_they_would_be_sent(world: World) -> None:
    world.choose(location_id="100", department_id="10")
    first_book(world)
    run = ok(preview(world))
    invoice = next(item for item in items(run) if item.details.get("number") == "INV-1")
    assert invoice.details["lines"][0]["glaccountno"] == "4000"
    assert (invoice.details["lines"][0]["locationid"], invoice.details["amount"]) == ("100", "100.00")
    sends = {(one["act"], one["kind"]): (one["count"], Decimal(one["amount"])) for one in run.summary["sends"]}
    assert sends["create", "invoice"] == (2, Decimal(160))
    assert sends["create", "payment"] == (1, Decimal(100))
    booked = {one["account"]: Decimal(one["amount"]) for one in run.summary["booked"]}
    assert booked == {"4000": Decimal(160), "CHK-01": Decimal(100)}


def test_a_run_as_shown_equals_the_preview_record_by_record(world: World) -> None:
    first_book(world)
    shown = ok(preview(world))
    run = ok(run_as_shown(world, shown))
    assert outcomes(run) == outcomes(shown)
    assert len(world.there("ARINVOICE", CUSTOMERID="C-1")) == 2
    assert ok(preview(world)).summary["sends"] == []


def test_a_run_as_shown_stops_at_a_record_that_changed_since(world: World) -> None:
    first_book(world)
    shown = ok(preview(world))
    changed = invoice(world, "INV-2")
    invoices.edit(changed, make_invoice_data(changed.customer, "70.00", number="INV-2"), actor=ACTOR)
    run = run_as_shown(world, shown)
    assert (run.state, run.error_code) == ("failed", "changed_since_preview")
    assert "INV-2 changed since preview" in run.error
    assert [row["RECORDID"] for row in world.there("ARINVOICE", CUSTOMERID="C-1")] == ["INV-1"]
    assert world.there("ARPYMT", DOCNUMBER="PMT-1") == []


def test_a_run_as_shown_leaves_what_was_added_since_to_the_next_sync(world: World) -> None:
    first_book(world)
    shown = ok(preview(world))
    make_invoice("10.00", customer=invoice(world, "INV-1").customer, number="INV-9")
    run = ok(run_as_shown(world, shown))
    assert ("left", row_of(world, Kind.INVOICE, invoice(world, "INV-9").id).id) in outcomes(run)
    assert world.there("ARINVOICE", RECORDID="INV-9") == []
    ok(world.sync())
    assert len(world.there("ARINVOICE", RECORDID="INV-9")) == 1


def test_a_run_as_shown_says_what_was_voided_since(world: World) -> None:
    first_book(world)
    shown = ok(preview(world))
    invoices.void(invoice(world, "INV-2"), reason="mistake", actor=ACTOR)
    run = run_as_shown(world, shown)
    assert any("changed since" in warning for warning in run.warnings)
    assert world.there("ARINVOICE", RECORDID="INV-2") == []


def test_a_preview_shows_what_would_come_and_what_would_be_taken_back(world: World) -> None:
    _, _, payment = posted(world)
    world.act("receive_payment", invoice_recordid="INV-2", amount="15.00", document="CHQ-7")
    payments.void(payment, reason="bounced", actor=ACTOR)
    db.session.commit()
    before = everything(world)
    run = ok(preview(world))
    said = [item.outcome for item in items(run)]
    assert said.count("received") == 1
    assert said.count("reversed") == 1
    assert everything(world) == before


def test_a_collision_is_shown_and_stays_no_problem(world: World) -> None:
    other = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_invoice", customerid=other, invoiceno="INV-1", amount="9", date="03/01/2026")
    first_book(world)
    run = preview(world)
    assert run.state == "finished_with_problems"
    assert any("already exists in Intacct" in item.text for item in items(run))
    assert world.problems() == []


def test_only_a_preview_of_a_sync_that_ended_well_can_be_run(world: World) -> None:
    first_book(world)
    with pytest.raises(InvalidInput):
        previews.subject_of(ok(world.sync()))
    world.fault("any", "401", times=0)
    broken = preview(world)
    assert broken.state == "failed"
    with pytest.raises(NotAllowedNow):
        previews.subject_of(broken)


def test_what_a_preview_keeps_can_be_written_as_json(world: World) -> None:
    first_book(world)
    run = ok(preview(world))
    assert json.loads(json.dumps([item.details for item in items(run)])) == [item.details for item in items(run)]
