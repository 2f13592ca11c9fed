"""Credits in the tie-out, both ways: to be carried over, carried over, and kept on one side."""

from __future__ import annotations

from decimal import Decimal

from tests.factories import make_credit_note, make_customer, make_invoice
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok
from tests.integration.sync.tied import explained

D = Decimal


def test_credits_that_were_carried_over_agree(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    make_credit_note("30.00", customer=invoice.customer, on={invoice: "20.00"}, number="CN-1")
    assert explained(world) == [("CN-1", "not_synced", D("-10.00")), ("INV-1", "not_synced", D("-20.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_a_credit_of_intacct_is_changed_there_until_it_is_read_and_its_rest_stays_there(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    credit = world.act("issue_credit", customerid="C-1", amount="50", number="CM-1")
    world.act("apply_credit", credit_key=credit["credit_key"], invoice_recordid="INV-1", amount="30")
    assert explained(world) == [("CM-1", "not_ours", D("20.00")), ("INV-1", "changed_there", D("30.00"))]
    ok(world.sync())
    assert [(cause, amount) for _, cause, amount in explained(world)] == [("overpayment", D("20.00"))]
