"""What may be changed when: the table of actions, duplicates, drafts, inactive customers, two people saving at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.queries.invoices import owing
from portal.services import allowed, applying, credit_notes, customers, invoices, payments, renumbering
from portal.services.auto_apply import Due, auto_apply
from tests.factories import (
    ACTOR,
    company_of,
    make_company,
    make_credit_note,
    make_credit_note_data,
    make_customer,
    make_invoice,
    make_invoice_data,
    make_payment,
)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def backend() -> str:
    """The rules are Python's; one database will do."""
    return "sqlite"


def draft() -> Invoice:
    return make_invoice(draft=True)


def empty_draft() -> Invoice:
    return make_invoice(draft=True, lines=())


def partly_paid() -> Invoice:
    invoice = make_invoice("100.00")
    make_payment("40.00", on={invoice: "40.00"})
    return invoice


def paid() -> Invoice:
    invoice = make_invoice("100.00")
    make_credit_note("100.00", on={invoice: "100.00"})
    return invoice


def voided() -> Invoice:
    return invoices.void(make_invoice(), actor=ACTOR)


ALL = {
    "edit", "change_customer", "renumber", "issue", "duplicate", "record_payment", "apply_credit", "unapply", "credit",
    "void", "delete_draft",
}  # fmt: skip


@pytest.mark.parametrize(
    ("make", "refused"),
    [
        (draft, {"record_payment", "apply_credit", "unapply", "credit"}),
        (empty_draft, {"issue", "record_payment", "apply_credit", "unapply", "credit"}),
        (make_invoice, {"issue", "unapply", "delete_draft"}),
        (partly_paid, {"issue", "change_customer", "delete_draft"}),
        (paid, {"issue", "change_customer", "record_payment", "apply_credit", "delete_draft"}),
        (voided, ALL - {"duplicate"}),
    ],
)
def test_what_may_be_done_with_an_invoice_follows_its_state(make: Callable[[], Invoice], refused: set[str]) -> None:
    answers = allowed.actions(make())
    assert set(answers) == ALL
    assert {name for name, answer in answers.items() if not answer.yes} == refused
    assert all(answers[name].reason for name in refused)


def attempts(invoice: Invoice) -> dict[str, Callable[[], Any]]:
    """Each action of the table as the services do it, with everything else in order."""
    customer = db.session.get_one(Customer, invoice.customer_id)
    other = make_customer(company_of(invoice))
    data = make_invoice_data(customer, "100.00", draft=invoice.draft)
    moved = make_invoice_data(other, "100.00", draft=invoice.draft)

    def take_off() -> None:
        row = next(iter(db.session.scalars(db.select(Payment).join(Payment.applications))), None)
        source: Payment | CreditNote = row or next(iter(db.session.scalars(db.select(CreditNote))), make_payment())
        applying.unapply(source, invoice, actor=ACTOR)

    return {
        "edit": lambda: invoices.edit(invoice, data, actor=ACTOR),
        "change_customer": lambda: invoices.edit(invoice, moved, actor=ACTOR),
        "renumber": lambda: renumbering.renumber(invoice, "NEW-1", actor=ACTOR),
        "issue": lambda: invoices.issue(invoice, actor=ACTOR),
        "duplicate": lambda: invoices.duplicate(invoice, actor=ACTOR),
        "record_payment": lambda: make_payment("1.00", on={invoice: "1.00"}),
        "apply_credit": lambda: make_credit_note("1.00", on={invoice: "1.00"}),
        "unapply": take_off,
        "credit": lambda: credit_notes.from_invoice(invoice),
        "void": lambda: invoices.void(invoice, actor=ACTOR),
        "delete_draft": lambda: invoices.delete_draft(invoice, actor=ACTOR),
    }


@pytest.mark.parametrize("make", [draft, empty_draft, make_invoice, partly_paid, paid, voided])
@pytest.mark.parametrize("action", sorted(ALL))
def test_the_services_do_what_the_table_says(make: Callable[[], Invoice], action: str) -> None:
    invoice = make()
    answer = allowed.actions(invoice)[action]
    attempt = attempts(invoice)[action]
    if answer.yes:
        attempt()
    else:
        with pytest.raises((NotAllowedNow, InvalidInput)):
            attempt()


def test_a_payment_of_intacct_can_be_applied_but_not_voided_here() -> None:
    answers = allowed.actions(make_payment(origin=Origin.INTACCT))
    assert answers["apply"].yes
    assert (answers["void"].yes, answers["void"].code) == (False, "made_in_intacct")
    assert allowed.actions(make_payment(origin=Origin.INTACCT), by_sync=True)["void"].yes


def test_an_imported_invoice_can_be_edited_with_a_word_of_warning() -> None:
    answer = allowed.actions(make_invoice(origin=Origin.INTACCT))["edit"]
    assert answer == allowed.Allowed(True, "INV-00001 came from Intacct. What you change here is not written back.")
    assert "money lies on it" in allowed.actions(partly_paid(), synced=True)["edit"].reason


def test_sources_say_when_nothing_is_left_to_apply() -> None:
    invoice = make_invoice("100.00")
    payment, note = make_payment("40.00", on={invoice: "40.00"}), make_credit_note("60.00", on={invoice: "60.00"})
    for source in (payment, note):
        answers = allowed.actions(source)
        assert {name for name, answer in answers.items() if not answer.yes} - {"issue", "delete_draft"} == {
            "apply",
            "change_customer",
        }


def test_a_duplicate_is_a_draft_of_today_with_the_same_lines_and_its_own_number() -> None:
    invoice = make_invoice("100.00", purchase_order="PO 1", discount=Decimal(5), payment_terms="NET 30")
    copy = invoices.duplicate(invoices.void(invoice, actor=ACTOR), actor=ACTOR)
    assert (copy.draft, copy.number, copy.total, copy.purchase_order) == (True, "INV-00002", 95, "")
    assert copy.date == company_of(invoice).today()
    assert (copy.due_date - copy.date).days == 30
    assert [line.description for line in copy.lines] == [line.description for line in invoice.lines]


def test_a_deleted_draft_keeps_its_number_and_an_issued_invoice_is_not_deleted() -> None:
    gone = invoices.delete_draft(draft(), actor=ACTOR)
    assert (gone.voided, gone.void_reason) == (True, "The draft was deleted.")
    assert make_invoice(customer=gone.customer).number == "INV-00002"
    with pytest.raises(NotAllowedNow, match="is issued. Void it instead"):
        invoices.delete_draft(make_invoice(), actor=ACTOR)


def test_an_inactive_customer_gets_no_new_document_but_can_still_pay() -> None:
    invoice = make_invoice("100.00")
    customer = customers.deactivate(invoice.customer, actor=ACTOR)
    for attempt in (lambda: make_invoice(customer=customer), lambda: make_credit_note(customer=customer)):
        with pytest.raises(InvalidInput, match="is inactive. Make the customer active first") as caught:
            attempt()
        assert (caught.value.field, caught.value.code) == ("customer", "inactive")
    make_payment("100.00", on={invoice: "100.00"})
    assert invoice.balance == 0
    customers.activate(customer, actor=ACTOR)
    assert make_invoice(customer=customer).customer_id == customer.id
    assert customer.version == 3


def test_a_customer_with_drafts_stays_active() -> None:
    waiting = draft()
    inactive = customers.CustomerData(waiting.customer.name, active=False)
    for attempt in (
        lambda: customers.deactivate(waiting.customer, actor=ACTOR),
        lambda: customers.edit(waiting.customer, inactive, actor=ACTOR),
    ):
        with pytest.raises(NotAllowedNow, match="has drafts: INV-00001. Issue or delete them first"):
            attempt()
    invoices.delete_draft(waiting, actor=ACTOR)
    assert not customers.edit(waiting.customer, inactive, actor=ACTOR).active


def test_the_second_to_save_is_told_what_changed() -> None:
    invoice = make_invoice("100.00", purchase_order="PO 1")
    edited = make_invoice_data(invoice.customer, "120.00", purchase_order="PO 2")
    invoices.edit(invoice, edited, actor=ACTOR, expected_version=1)
    with pytest.raises(NotAllowedNow) as caught:
        invoices.edit(invoice, make_invoice_data(invoice.customer), actor=ACTOR, expected_version=1)
    assert "test changed purchase order from PO 1 to PO 2, total from 100 to 120, lines." in caught.value.message
    assert "Nothing of yours was saved" in caught.value.message
    renumbering.renumber(invoice, "A-1", actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="meanwhile: test renumbered. Nothing of yours"):
        invoices.edit(invoice, edited, actor=ACTOR, expected_version=2)
    note = make_credit_note("10.00")
    credit_notes.edit(note, make_credit_note_data(note.customer, "11.00"), actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="total from 10 to 11"):
        credit_notes.edit(note, make_credit_note_data(note.customer), actor=ACTOR, expected_version=1)


def test_money_goes_on_the_oldest_invoices_first_and_may_be_placed_as_proposed() -> None:
    customer = make_customer(make_company())
    late = make_invoice("50.00", customer=customer, payment_terms="NET 60")
    soon = make_invoice("50.00", customer=customer, payment_terms="NET 30")
    dues = [Due(row.id, row.due_date, row.balance) for row in owing(company_of(customer), customer.id)]
    proposed = auto_apply(Decimal("80.00"), dues)
    assert proposed == [(soon.id, Decimal(50)), (late.id, Decimal(30))]
    make_payment("80.00", customer=customer, applications=tuple(proposed))
    assert (soon.balance, late.balance) == (0, 20)
    assert auto_apply(Decimal(500), []) == auto_apply(Decimal(0), dues) == []


def test_a_payment_with_two_fingers_on_it_is_told_what_changed() -> None:
    payment = make_payment("10.00")
    data = payments.PaymentData(payment.customer_id, payment.date, Decimal(10), reference="4711")
    payments.edit(payment, data, actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="test changed reference from nothing to 4711"):
        payments.edit(payment, data, actor=ACTOR, expected_version=1)
