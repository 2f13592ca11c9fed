"""Rule 9: a partial credit applied in Intacct arrives as a payment of method `other`; a partial credit note applied
here is posted as an A/R adjustment and applied there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from intacct_sandbox import documents, receipts
from intacct_sandbox.documents import Header, Line
from intacct_sandbox.money import SOURCES, Application, Use
from intacct_sandbox.receipts import Receipt
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.services import credit_notes
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import due, ok, texts


def invoice_of_100(world: World, number: str = "INV-1") -> Invoice:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice("100.00", customer=customer, number=number)
    ok(world.sync())
    return invoice


def credit_there(world: World, amount: str, number: str = "CM-1") -> str:
    """A credit memo that somebody issued in Intacct; its key."""
    return str(world.act("issue_credit", customerid="C-1", amount=amount, number=number)["credit_key"])


def received() -> list[tuple[Decimal, str, str, bool]]:
    """(amount, method, reference, voided) of each payment here that came from Intacct."""
    found = db.session.scalars(db.select(Payment).where(Payment.origin == "intacct").order_by(Payment.id))
    return [(payment.amount, payment.method, payment.reference, payment.voided) for payment in found]


def in_intacct(world: World) -> Any:
    """The sandbox's books, ready for somebody's act."""
    books = world.core.books
    books.entity, books.user_id, books.user_key = None, "admin", 1
    return books


@pytest.mark.rule(9, "in")
def test_a_partial_credit_applied_in_intacct_arrives_as_a_payment_of_method_other(world: World) -> None:
    invoice = invoice_of_100(world)
    world.act("apply_credit", credit_key=credit_there(world, "50"), invoice_recordid="INV-1", amount="30")
    run = ok(world.sync())
    assert received() == [(30, "other", "CM-1", False)]
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(due(world, "INV-1")) == 70
    assert run.counts["read.credits_received"] == 1
    payment = db.session.scalars(db.select(Payment)).one()
    assert (row_of(world, Kind.PAYMENT, payment.id).object, world.state(payment)) == ("ARADJUSTMENT", "synced")
    ok(world.sync())
    assert len(received()) == 1


@pytest.mark.rule(9, "in")
def test_a_credit_on_several_invoices_is_one_payment_that_grows_and_shrinks(world: World) -> None:
    first = invoice_of_100(world)
    second = make_invoice("100.00", customer=first.customer, number="INV-2")
    ok(world.sync())
    key = credit_there(world, "80")
    world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    made = world.act("apply_credit", credit_key=key, invoice_recordid="INV-2", amount="45")
    ok(world.sync())
    assert received() == [(75, "other", "CM-1", False)]
    world.act("reverse_payment", payment_key=made["application_key"])
    ok(world.sync())
    assert received() == [(30, "other", "CM-1", False)]
    assert [db.session.get_one(Invoice, item.id).balance for item in (first, second)] == [70, 100]


@pytest.mark.rule(9, "in")
def test_a_credit_taken_off_in_intacct_is_void_here_and_comes_back_when_it_is_applied_again(world: World) -> None:
    invoice = invoice_of_100(world)
    key = credit_there(world, "50")
    made = world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    world.act("reverse_payment", payment_key=made["application_key"])
    ok(world.sync())
    assert [voided for *_, voided in received()] == [True]
    assert db.session.get_one(Invoice, invoice.id).balance == 100
    world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount="20")
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 80
    assert [amount for amount, *_, voided in received() if not voided] == [20]


@pytest.mark.rule(9, "in")
def test_cash_and_credit_of_one_payment_are_two_payments_here_by_their_sources(world: World) -> None:
    invoice = invoice_of_100(world)
    key = credit_there(world, "50")
    with world.core.lock:
        books = in_intacct(world)
        there = books.store.one("ARINVOICE", "RECORDID", "INV-1")
        books.store.begin()
        use = Use(SOURCES["ADJUSTMENT"], int(key), Decimal(15))
        receipts.post(
            books,
            Receipt(
                customer=books.store.table("CUSTOMER").rows[there["CUSTOMERKEY"]], method="Printed Check",
                received=books.today(), bank=books.dimension("CHECKINGACCOUNT", "Bank account", "CHK-01"),
                number="CHK 7", applications=[Application("ARINVOICE", there["RECORDNO"], Decimal(25), uses=[use])],
            ),
        )  # fmt: skip
        books.store.commit()
    ok(world.sync())
    assert sorted(received()) == [(15, "other", "CM-1", False), (25, "check", "CHK 7", False)]
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(due(world, "INV-1")) == 60


@pytest.mark.rule(9, "in")
def test_a_negative_invoice_applied_in_intacct_arrives_as_a_credit(world: World) -> None:
    invoice = invoice_of_100(world)
    with world.core.lock:
        books = in_intacct(world)
        there = books.store.one("ARINVOICE", "RECORDID", "INV-1")
        books.store.begin()
        customer = books.store.table("CUSTOMER").rows[there["CUSTOMERKEY"]]
        account = books.dimension("GLACCOUNT", "GL account", "4000")
        negative = documents.create(
            books, "ARINVOICE", Header(customer, books.today(), number="NEG-1"), [Line(Decimal(-40), account)]
        )
        use = Use(SOURCES["NEGATIVEINVOICE"], negative["RECORDNO"], Decimal(40))
        receipts.apply_credit(
            books,
            Receipt(
                customer=customer, method="Printed Check", received=books.today(),
                applications=[Application("ARINVOICE", there["RECORDNO"], uses=[use])],
            ),
        )  # fmt: skip
        books.store.commit()
    ok(world.sync())
    assert received() == [(40, "other", "NEG-1", False)]
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(due(world, "INV-1")) == 60


@pytest.mark.rule(9, "in")
def test_the_inline_credit_of_an_invoices_own_discount_is_no_money(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice("120.00", customer=customer, number="INV-1", discount=Decimal(20))
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    ok(world.sync())
    ok(world.sync())
    assert (received(), due(world, "INV-1"), db.session.get_one(Invoice, invoice.id).balance) == ([], "0", 0)


@pytest.mark.rule(9, "in")
def test_credits_are_not_read_while_the_setting_is_off_and_their_history_is_when_it_is_switched_on(
    world: World,
) -> None:
    world.choose(read_credits=False)
    invoice = invoice_of_100(world)
    world.act("apply_credit", credit_key=credit_there(world, "50"), invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    assert (received(), db.session.get_one(Invoice, invoice.id).balance) == ([], 100)
    world.core.clock.advance(48 * 3600)
    world.choose(read_credits=True)
    ok(world.sync())
    assert received() == [(30, "other", "CM-1", False)]
    world.choose(read_credits=False)
    ok(world.sync())
    assert (received()[0][3], db.session.get_one(Invoice, invoice.id).balance) == (False, 70)


@pytest.mark.rule(9, "out")
def test_a_partial_credit_note_applied_here_is_an_adjustment_applied_there(world: World) -> None:
    invoice = invoice_of_100(world)
    note = make_credit_note("30.00", customer=invoice.customer, number="CN-1", on={invoice: "30.00"})
    ok(world.sync())
    assert (due(world, "INV-1"), world.state(note), texts(world)) == ("70", "synced", [])
    ok(world.sync())
    assert (received(), db.session.get_one(Invoice, invoice.id).balance) == ([], 70)


@pytest.mark.rule(9, "in")
def test_a_rest_of_our_credit_note_that_somebody_applies_in_intacct_arrives_on_the_credit_note(world: World) -> None:
    invoice = invoice_of_100(world)
    note = make_credit_note("50.00", customer=invoice.customer, number="CN-1", on={invoice: "10.00"})
    ok(world.sync())
    key = row_of(world, Kind.CREDIT_NOTE, note.id).key
    made = world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount="25")
    ok(world.sync())
    assert (received(), db.session.get_one(CreditNote, note.id).balance) == ([], 15)
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(due(world, "INV-1")) == 65
    world.act("reverse_payment", payment_key=made["application_key"])
    ok(world.sync())
    assert (db.session.get_one(CreditNote, note.id).balance, world.state(note), texts(world)) == (40, "synced", [])


@pytest.mark.rule(9, "out")
def test_a_credit_note_waits_for_its_invoice_and_is_applied_by_itself(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    world.fault("create_invoice", "function_error")
    note = make_credit_note("30.00", customer=customer, number="CN-1", on={invoice: "30.00"})
    world.sync()
    assert (world.state(note), world.there("ARADJUSTMENT", RECORDID="CN-1")[0]["TRX_TOTALDUE"]) == ("waiting", "-30")
    ok(world.sync())
    assert (due(world, "INV-1"), world.state(note)) == ("70", "synced")


@pytest.mark.rule(9, "out")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_credit_notes_stay_here_while_their_sending_is_off(world: World) -> None:
    world.choose(write_credit_notes=False)
    invoice = invoice_of_100(world)
    note = make_credit_note("30.00", customer=invoice.customer, number="CN-1", on={invoice: "30.00"})
    ok(world.sync())
    assert (world.there("ARADJUSTMENT", RECORDID="CN-1"), due(world, "INV-1")) == ([], "100")
    assert world.state(note) == "excluded"


@pytest.mark.rule(9, "in")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_credit_note_changed_in_intacct_is_a_problem(world: World) -> None:
    note = make_credit_note("30.00", customer=make_customer(world.company), number="CN-1")
    ok(world.sync())
    world.act("edit", object="ARADJUSTMENT", id="CN-1", fields={"RECORDID": "CN-X"})
    world.sync()
    assert texts(world)[0][0] == "changed_there"
    credit_notes.void(db.session.get_one(CreditNote, note.id), reason="wrong", actor=ACTOR)
    ok(world.sync())
    assert world.there("ARADJUSTMENT", RECORDID="CN-X") == []
