"""Rule 13: skipping takes a reason; what was not yet posted stays out until it is un-skipped, and is listed."""

from __future__ import annotations

import pytest

from portal.models.invoice import Invoice
from portal.models.sync import Kind, PostingState
from portal.queries import sync_states
from portal.services import invoices, payments
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited


def skip(world: World, invoice: Invoice, reason: str = "booked by hand") -> None:
    """Skip an invoice."""
    choices.skip(row_of(world, Kind.INVOICE, invoice.id), reason, actor=ACTOR)


@pytest.mark.rule(13, "out")
def test_rule_13_a_skipped_record_is_told_as_such_with_its_reason_and_by_whom(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    skip(world, invoice)
    ok(world.sync())
    found = sync_states.states(world.company, Kind.INVOICE, [invoice.id])[invoice.id]
    assert (str(found.state), found.reason) == ("skipped", "booked by hand (test)")


@pytest.mark.rule(13, "out")
def test_rule_13_a_later_change_of_a_skipped_record_does_not_send_it(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    skip(world, invoice)
    invoices.edit(invoice, edited(invoice, purchase_order="PO 1"), actor=ACTOR)
    for _ in range(2):
        ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


@pytest.mark.rule(13, "out")
def test_rule_13_skipping_a_written_record_leaves_later_changes_out_and_unskipping_sends_them(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    skip(world, invoice)
    invoices.edit(invoice, edited(invoice, purchase_order="PO 1"), actor=ACTOR)
    ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["DOCNUMBER"] == ""
    choices.unskip(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["DOCNUMBER"] == "PO 1"


@pytest.mark.rule(13, "out")
def test_rule_13_skipping_closes_the_problem_and_unskipping_tries_again(world: World) -> None:
    world.choose(income_account="")
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    skip(world, invoice)
    assert world.problems() == []
    ok(world.sync())
    choices.unskip(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    world.sync()
    assert [problem.code for problem in world.problems()] == ["income_account_missing"]


@pytest.mark.rule(13, "out")
def test_rule_13_skipping_touches_no_posting_whose_outcome_is_unknown(world: World) -> None:
    world.fault({"function": "create_invoice"}, "reply_lost", times=1)
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    assert world.postings()[-1].state == PostingState.OPEN
    skip(world, invoice)
    world.sync()
    assert [posting.state for posting in world.postings() if posting.row.kind == "invoice"] == [PostingState.POSTED]
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


@pytest.mark.rule(13, "in")
def test_rule_13_money_received_in_intacct_on_a_skipped_invoice_that_is_there_still_arrives(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    skip(world, invoice)
    world.act("receive_payment", invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    assert invoice.balance == 70


@pytest.mark.rule(13, "out")
def test_rule_13_a_skipped_payment_is_not_taken_back_there_when_it_is_voided_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    ok(world.sync())
    choices.skip(row_of(world, Kind.PAYMENT, payment.id), "theirs now", actor=ACTOR)
    payments.void(payment, reason="moved", actor=ACTOR)
    ok(world.sync())
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1
