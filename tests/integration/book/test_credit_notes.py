"""Credit notes: made alone or from an invoice, applied in part or whole, taken off, voided."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.base import Origin
from portal.services import credit_notes, invoices, merging, payments, renumbering
from portal.services.audit import Actor
from tests.factories import (
    ACTOR,
    TODAY,
    company_of,
    make_credit_note,
    make_credit_note_data,
    make_customer,
    make_invoice,
    make_line,
    make_payment,
)

pytestmark = pytest.mark.usefixtures("app")


def test_a_credit_note_lowers_what_is_due_and_keeps_its_rest() -> None:
    invoice = make_invoice("100.00")
    note = make_credit_note("30.00", on={invoice: "20.00"})
    assert (note.number, note.total, note.applied, note.balance) == ("CN-00001", 30, 20, 10)
    assert (invoice.total, invoice.balance) == (100, 80)


def test_an_invoice_owes_its_total_less_payments_and_credits() -> None:
    invoice = make_invoice("100.00")
    make_payment("50.00", on={invoice: "45.50"})
    make_credit_note("20.00", on={invoice: "20.00"})
    assert invoice.balance == Decimal("34.50")


def test_one_credit_note_can_lie_on_several_invoices() -> None:
    first = make_invoice("10.00")
    second = make_invoice("50.00", customer=first.customer)
    note = make_credit_note("40.00", on={first: "10.00", second: "30.00"})
    assert (first.balance, second.balance, note.balance) == (0, 20, 0)
    credit_notes.unapply(note, second, amount=Decimal(5), actor=ACTOR)
    credit_notes.unapply(note, first, actor=ACTOR)
    assert (first.balance, second.balance, note.balance) == (10, 25, 15)


@pytest.mark.parametrize(("amount", "code"), [("30.01", "more_than_left"), ("25.00", "more_than_due")])
def test_applying_too_much_credit_is_refused_and_changes_nothing(amount: str, code: str) -> None:
    invoice = make_invoice("20.00")
    note = make_credit_note("30.00", customer=invoice.customer)
    with pytest.raises(NotAllowedNow, match="Nothing was applied") as caught:
        credit_notes.apply(note, [(invoice, Decimal(amount))], actor=ACTOR)
    assert (caught.value.field, caught.value.code) == ("applied_to.0.amount", code)
    assert (invoice.balance, note.applied) == (20, 0)


def test_a_draft_credit_note_is_not_applied_until_it_is_issued() -> None:
    invoice = make_invoice()
    note = make_credit_note("30.00", customer=invoice.customer, draft=True)
    assert note.balance == 0
    with pytest.raises(NotAllowedNow, match="CN-00001 is a draft and cannot be applied. Issue it first"):
        credit_notes.apply_one(note, invoice, Decimal(1), actor=ACTOR)
    credit_notes.issue(note, actor=ACTOR)
    credit_notes.apply_one(note, invoice, Decimal(30), actor=ACTOR)
    assert invoice.balance == 70
    with pytest.raises(NotAllowedNow, match="issued already"):
        credit_notes.issue(note, actor=ACTOR)


def test_a_draft_without_lines_is_not_issued() -> None:
    note = make_credit_note(draft=True, lines=())
    with pytest.raises(InvalidInput, match="has no lines. Add one, then issue it") as caught:
        credit_notes.issue(note, actor=ACTOR)
    assert caught.value.field == "items"


def test_credit_of_another_customer_or_currency_is_refused() -> None:
    note = make_credit_note()
    for stranger, text in (
        (make_invoice(), "another customer"),
        (make_invoice(customer=note.customer, currency="EUR"), "one currency only"),
    ):
        with pytest.raises(InvalidInput, match=text):
            credit_notes.apply_one(note, stranger, Decimal(1), actor=ACTOR)


def test_voiding_a_credit_note_makes_its_invoices_due_again() -> None:
    invoice = make_invoice("100.00")
    note = make_credit_note("40.00", on={invoice: "40.00"})
    credit_notes.void(note, reason="Given twice.", actor=ACTOR)
    assert (invoice.balance, note.balance, note.applied, note.void_reason) == (100, 0, 0, "Given twice.")
    attempts = (
        lambda: credit_notes.void(note, actor=ACTOR),
        lambda: credit_notes.edit(note, make_credit_note_data(note.customer), actor=ACTOR),
        lambda: credit_notes.apply_one(note, invoice, Decimal(1), actor=ACTOR),
        lambda: renumbering.renumber(note, "CN-9", actor=ACTOR),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowedNow, match="voided"):
            attempt()


def test_voiding_an_invoice_gives_its_credit_and_its_money_back() -> None:
    invoice = make_invoice("100.00")
    payment, note = make_payment("60.00", on={invoice: "60.00"}), make_credit_note("40.00", on={invoice: "40.00"})
    invoices.void(invoice, actor=ACTOR)
    assert (invoice.balance, payment.balance, note.balance) == (0, 60, 40)
    assert (payment.applications, note.applications) == ([], [])


def test_a_credit_note_of_intacct_is_voided_by_the_sync_only() -> None:
    note = make_credit_note(origin=Origin.INTACCT)
    with pytest.raises(NotAllowedNow, match="came from Intacct. Delete it in Intacct") as caught:
        credit_notes.void(note, actor=ACTOR)
    assert caught.value.code == "made_in_intacct"
    credit_notes.void(note, actor=Actor("accounting sync 12"))
    assert note.voided


def test_a_credit_note_can_be_made_from_an_invoice_and_changed() -> None:
    invoice = make_invoice(lines=(make_line("60.00"), make_line("40.00")), discount=Decimal(5), tax=Decimal(3))
    data = credit_notes.from_invoice(invoice)
    note = credit_notes.create(company_of(invoice), data, actor=ACTOR)
    assert (note.total, note.invoice_id, note.applied) == (invoice.total, invoice.id, 0)
    assert [line.amount for line in note.lines] == [60, 40]
    with pytest.raises(NotAllowedNow, match="Issue it first"):
        credit_notes.from_invoice(make_invoice(draft=True))


def test_a_credit_note_names_only_an_invoice_of_its_customer_and_currency() -> None:
    customer = make_customer()
    for invoice_id, field in (
        (make_invoice().id, "invoice"),
        (10**6, "invoice"),
        (make_invoice(customer=customer, currency="EUR").id, "currency"),
    ):
        with pytest.raises(InvalidInput) as caught:
            make_credit_note(customer=customer, invoice_id=invoice_id)
        assert caught.value.field == field


def test_what_is_applied_limits_what_may_be_edited() -> None:
    invoice = make_invoice("100.00")
    note = make_credit_note("40.00", on={invoice: "30.00"})
    for data, field in (
        (make_credit_note_data(note.customer, "29.99"), "total"),
        (make_credit_note_data(make_customer(company_of(note))), "customer"),
        (make_credit_note_data(note.customer, "40.00", currency="EUR"), "currency"),
    ):
        with pytest.raises(InvalidInput, match="is applied. Un-apply") as caught:
            credit_notes.edit(note, data, actor=ACTOR)
        assert caught.value.field == field
    credit_notes.edit(note, make_credit_note_data(note.customer, "30.00"), actor=ACTOR, expected_version=1)
    assert (note.total, note.balance, note.version) == (30, 0, 2)


def test_every_fault_of_a_credit_note_is_named_at_once() -> None:
    customer = make_customer()
    with pytest.raises(InvalidInput) as caught:
        make_credit_note(customer=customer, number="x" * 46, lines=(make_line("-1"),), discount=Decimal(-1))
    assert [fault.field for fault in caught.value.all] == ["number", "items.0.unit_cost", "discount"]
    with pytest.raises(InvalidInput, match="An issued credit note needs at least one line"):
        make_credit_note(customer=customer, lines=())


def test_numbers_of_credit_notes_are_their_own_series() -> None:
    customer = make_customer()
    make_invoice(customer=customer)
    make_credit_note(customer=customer, number="cn-00001")
    assert make_credit_note(customer=customer).number == "CN-00002"
    with pytest.raises(InvalidInput, match="A credit note with the number cn-00002 exists already"):
        make_credit_note(customer=customer, number="cn-00002")


def test_both_documents_keep_who_applied_the_credit() -> None:
    invoice = make_invoice("100.00")
    note = make_credit_note("40.00", on={invoice: "30.00"})
    told = {row.subject: row.text for row in db.session.query(AuditEntry).filter_by(action="applied", actor=ACTOR.text)}
    assert told == {"credit_note": "30.00 USD on INV-00001", "invoice": "30.00 USD of CN-00001"}
    entry = db.session.query(AuditEntry).filter_by(action="applied", subject="invoice").one()
    assert (entry.after["credit_note_id"], entry.after["balance"]) == (note.id, "70")


def test_moving_a_customers_documents_moves_credit_notes_and_what_they_are_applied_to() -> None:
    invoice = make_invoice("100.00")
    note = make_credit_note("40.00", on={invoice: "30.00"})
    target = make_customer(company_of(invoice))
    merging.move_documents(invoice.customer, target, actor=ACTOR)
    assert (note.customer_id, invoice.customer_id) == (target.id, target.id)
    assert [row.amount for row in note.applications] == [30]


def test_a_refused_application_of_money_and_credit_leaves_nothing_half_saved() -> None:
    first = make_invoice("10.00")
    second = make_invoice("10.00", customer=first.customer)
    note = make_credit_note("15.00", customer=first.customer)
    with pytest.raises(PortalError):
        credit_notes.apply(note, [(first, Decimal(10)), (second, Decimal(6))], actor=ACTOR)
    db.session.commit()
    assert (first.balance, second.balance, note.applied) == (10, 10, 0)
    payment = payments.record(
        company_of(first), payments.PaymentData(first.customer_id, TODAY, Decimal(1)), actor=ACTOR
    )
    assert payment.balance == 1
