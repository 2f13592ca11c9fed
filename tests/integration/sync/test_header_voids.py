"""A void in Intacct may touch only the header of what put money on an invoice; its rows then stay as they were."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.services import credit_notes
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import apply_rest_there, due, ok, posted
from tests.integration.sync.tied import rows, tie

D = Decimal


@pytest.fixture
def world(world: World) -> World:
    """Where reversing a payment leaves its rows alone."""
    world.core.switch(void_marks_rows=False)
    return world


def reverse_application(world: World, field: str, key: str) -> None:
    """Have somebody reverse the record that put this credit or rest on an invoice."""
    [detail] = [row for row in world.there("ARPYMTDETAIL", **{field: key})]
    world.act("reverse_payment", payment_key=detail["PARENTPAYMENTKEY"])
    assert world.there("ARPYMTDETAIL", **{field: key})[0]["STATE"] == "C"


def agree(world: World) -> None:
    """Both sides say the same of every document."""
    assert (world.problems(), rows(tie(world))) == ([], [])


def balance(invoice: Invoice) -> Decimal:
    db.session.refresh(invoice)
    return invoice.balance


def test_a_credit_note_of_ours_taken_off_an_invoice_there_is_taken_off_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    note = make_credit_note("30.00", customer=invoice.customer, number="CN-1", on={invoice: "30.00"})
    ok(world.sync())
    [adjustment] = world.there("ARADJUSTMENT", RECORDID="CN-1")
    reverse_application(world, "ADJUSTMENTKEY", adjustment["RECORDNO"])
    ok(world.sync())
    assert (balance(invoice), due(world, "INV-1"), note.balance) == (D("100.00"), "100", D("30.00"))
    agree(world)


def test_a_credit_of_intacct_taken_off_an_invoice_there_is_taken_off_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, number="C-1"), number="INV-1")
    ok(world.sync())
    credit = str(world.act("issue_credit", customerid="C-1", amount="30")["credit_key"])
    world.act("apply_credit", credit_key=credit, invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    assert balance(invoice) == D("70.00")
    reverse_application(world, "ADJUSTMENTKEY", credit)
    ok(world.sync())
    assert balance(invoice) == D("100.00")
    assert {cause for _, cause, _ in rows(tie(world))} <= {"not_ours"}


def test_a_rest_of_ours_that_somebody_applied_and_took_off_again_there_is_taken_off_here(world: World) -> None:
    _, second, payment = posted(world)
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    ok(world.sync())
    assert balance(second) == D("20.00")
    [source] = world.there("ARPYMT", DOCNUMBER="PMT-1")
    reverse_application(world, "OVERPAYMENTKEY", source["RECORDNO"])
    ok(world.sync())
    assert (balance(second), payment.balance) == (D("50.00"), D("30.00"))
    agree(world)


def test_a_payment_voided_there_is_voided_here_with_what_was_applied_of_its_rest(world: World) -> None:
    first, second, payment = posted(world)
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    ok(world.sync())
    world.act("reverse_payment", document="PMT-1")
    ok(world.sync())
    assert (balance(first), balance(second), payment.voided) == (D("50.00"), D("50.00"), True)
    agree(world)


def test_what_was_taken_off_there_is_not_undone_again_before_a_credit_note_is_deleted(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    note = make_credit_note("30.00", customer=invoice.customer, number="CN-1", on={invoice: "30.00"})
    ok(world.sync())
    [adjustment] = world.there("ARADJUSTMENT", RECORDID="CN-1")
    reverse_application(world, "ADJUSTMENTKEY", adjustment["RECORDNO"])
    credit_notes.void(db.session.get_one(CreditNote, note.id), reason="wrong", actor=ACTOR)
    run = ok(world.sync())
    assert (run.counts.get("unapplied.credit_notes", 0), world.there("ARADJUSTMENT", RECORDID="CN-1")) == (0, [])
    agree(world)
