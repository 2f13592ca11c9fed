"""The main job: what is written here arrives in Intacct, what is paid there arrives here, and once is enough."""

from __future__ import annotations

from decimal import Decimal

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import payments
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World


def test_a_new_invoice_and_its_payment_arrive_in_intacct_once(world: World) -> None:
    customer = make_customer(world.company, "Brightwater Logistics")
    invoice = make_invoice("120.00", customer=customer, number="INV-1")
    payment = make_payment("100.00", on={invoice: "70.00"}, number="PMT-1")
    run = world.sync()
    assert (run.state, run.error) == ("finished", "")
    there = world.there("ARINVOICE", RECORDID="INV-1")
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in there] == [("120", "50")]
    paid = world.there("ARPYMT", DOCNUMBER="PMT-1")
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in paid] == [("100", "30")]
    assert world.state(invoice) == world.state(payment) == "synced"
    again = world.sync()
    assert again.counts["gateway_requests"] <= 3
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == len(world.there("ARPYMT", DOCNUMBER="PMT-1")) == 1
    assert payment.balance == Decimal(30)


def test_a_payment_made_in_intacct_arrives_here_once(world: World) -> None:
    invoice = make_invoice("120.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="45.50", document="4711")
    run = world.sync()
    assert run.state == "finished", run.error
    world.sync()
    received = db.session.scalars(db.select(Payment)).all()
    assert [(row.amount, row.reference, row.method, row.origin) for row in received] == [
        (Decimal("45.50"), "4711", "check", "intacct")
    ]
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal("74.50")


def test_a_payment_voided_here_is_reversed_there_and_the_invoice_is_due_again(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("50.00", on={invoice: "50.00"}, number="PMT-1")
    world.sync()
    payments.void(payment, reason="bounced", actor=ACTOR)
    run = world.sync()
    assert run.state == "finished", run.error
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1") == []
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "50"
    world.sync()
    assert len(world.postings()) == 4


def test_switching_the_reading_of_payments_on_brings_what_was_paid_before(world: World) -> None:
    world.choose(read_payments=False)
    invoice = make_invoice("120.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="20")
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(120)
    world.core.clock.advance(7200)
    world.choose(read_payments=True)
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(100)


def test_an_invoice_in_a_currency_that_intacct_does_not_keep_is_not_sent_as_another(world: World) -> None:
    customer = make_customer(world.company, currency="EUR")
    make_invoice("120.00", customer=customer, number="INV-1", currency="EUR")
    assert world.sync().state == "finished_with_problems"
    assert [problem.code for problem in world.problems()] == ["foreign_currency"]
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
