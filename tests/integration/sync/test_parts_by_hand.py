"""Money on an invoice that is skipped is booked by hand; what becomes of the rest of its payment when that changes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.services import payments
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of
from tests.integration.sync.scenes import ok, texts


def split_payment(world: World) -> tuple[Invoice, Invoice, Invoice, Payment]:
    """A payment of 80: 50 lie on INV-1, 30 on INV-2, which is skipped, so that Intacct has a payment of 50."""
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second, third = (make_invoice("60.00", customer=customer, number=f"INV-{n}") for n in (1, 2, 3))
    ok(world.sync(subject={"records": [{"kind": "invoice", "id": first.id}, {"kind": "invoice", "id": third.id}]}))
    choices.skip(row_of(world, Kind.INVOICE, second.id), "booked by hand", actor=ACTOR)
    payment = make_payment("80.00", on={first: "50.00", second: "30.00"}, number="PMT-1")
    ok(world.sync())
    assert paid_there(world) == [("50", "0")]
    return first, second, third, payment


def paid_there(world: World) -> list[tuple[str, str]]:
    """(total, rest) of the payment as it is alive in Intacct."""
    return [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in world.alive("ARPYMT", DOCNUMBER="PMT-1")]


def test_a_held_part_that_is_unapplied_here_reaches_intacct_as_rest(world: World) -> None:
    _, second, _, payment = split_payment(world)
    payments.unapply(payment, second, actor=ACTOR)
    db.session.commit()
    assert world.state(payment) == "pending"
    ok(world.sync())
    assert (paid_there(world), world.state(payment), texts(world)) == ([("80", "30")], "synced", [])
    sent = len(world.postings())
    ok(world.sync())
    assert len(world.postings()) == sent


def test_a_held_part_that_is_applied_elsewhere_here_lies_there_in_intacct(world: World) -> None:
    _, second, third, payment = split_payment(world)
    payments.unapply(payment, second, actor=ACTOR)
    payments.apply(payment, [(third, Decimal(30))], actor=ACTOR)
    ok(world.sync())
    assert (paid_there(world), world.state(payment)) == ([("80", "0")], "synced")
    assert world.there("ARINVOICE", RECORDID="INV-3")[0]["TRX_TOTALDUE"] == "30"


def test_a_held_part_of_which_some_is_unapplied_reaches_intacct_with_that_much_more(world: World) -> None:
    _, second, _, payment = split_payment(world)
    payments.unapply(payment, second, actor=ACTOR, amount=Decimal(10))
    ok(world.sync())
    assert (paid_there(world), world.state(payment)) == ([("60", "10")], "synced")


def test_a_part_that_a_person_booked_there_is_not_sent_when_it_is_unapplied_later(world: World) -> None:
    _, second, _, payment = split_payment(world)
    choices.unskip(row_of(world, Kind.INVOICE, second.id), actor=ACTOR)
    choices.resolve(only_problem(world, "by_hand"), "booked_there", actor=ACTOR)
    ok(world.sync())
    payments.unapply(payment, second, actor=ACTOR)
    ok(world.sync())
    assert paid_there(world) == [("50", "0")]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_part_unapplied_and_applied_again_before_the_sync_sends_nothing(world: World) -> None:
    _, second, _, payment = split_payment(world)
    sent = len(world.postings())
    payments.unapply(payment, second, actor=ACTOR)
    payments.apply(payment, [(second, Decimal(30))], actor=ACTOR)
    ok(world.sync())
    assert (len(world.postings()), paid_there(world)) == (sent, [("50", "0")])
