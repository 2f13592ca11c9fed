"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.invoice import InvoiceLine
from tests.factories import make_company, make_credit_note, make_customer, make_invoice, make_payment

pytestmark = pytest.mark.usefixtures("app")


def refused(statement: str, **values: object) -> bool:
    """Whether the database refuses the statement for its constraints."""
    try:
        with db.session.begin_nested():
            db.session.execute(text(statement), values)
    except IntegrityError:
        return True
    return False


def test_an_invoice_cannot_belong_to_another_companys_customer() -> None:
    invoice, stranger = make_invoice(), make_customer(make_company())
    assert refused("UPDATE invoice SET customer_id = :c WHERE id = :i", c=stranger.id, i=invoice.id)
    assert refused("UPDATE invoice SET company_id = :c WHERE id = :i", c=stranger.company_id, i=invoice.id)


def test_a_payment_cannot_belong_to_another_companys_customer() -> None:
    payment, stranger = make_payment(), make_customer(make_company())
    assert refused("UPDATE payment SET customer_id = :c WHERE id = :p", c=stranger.id, p=payment.id)


def test_money_cannot_lie_on_another_companys_invoice() -> None:
    invoice, stranger = make_invoice(), make_invoice()
    make_payment(on={invoice: "1.00"})
    assert refused("UPDATE application SET invoice_id = :i", i=stranger.id)


def test_a_line_cannot_belong_to_another_companys_invoice() -> None:
    invoice, stranger = make_invoice(), make_invoice()
    line = db.session.get_one(InvoiceLine, invoice.lines[0].id)
    assert refused("UPDATE invoice_line SET invoice_id = :i, position = 9 WHERE id = :l", i=stranger.id, l=line.id)


def test_money_cannot_lie_on_an_invoice_of_another_customer_or_currency() -> None:
    first = make_invoice()
    other = make_invoice(customer=make_customer(make_company()))
    euro = make_invoice(customer=first.customer, currency="EUR")
    make_payment(on={first: "1.00"})
    for invoice in (other, euro):
        assert refused("UPDATE application SET invoice_id = :i", i=invoice.id)
    assert refused("UPDATE invoice SET currency = 'EUR' WHERE id = :i", i=first.id)


@pytest.mark.parametrize(
    "change",
    ["balance = -1", "balance = total + 1", "total = -1, balance = -1", "discount = -1", "tax = -1", "origin = 'moon'"],
)
def test_an_invoice_out_of_bounds_is_refused(change: str) -> None:
    make_invoice()
    assert refused(f"UPDATE invoice SET {change}")


@pytest.mark.parametrize(
    "change", ["amount = 0", "applied = -1", "applied = amount + 1", "method = 'barter'", "origin = 'moon'"]
)
def test_a_payment_out_of_bounds_is_refused(change: str) -> None:
    make_payment()
    assert refused(f"UPDATE payment SET {change}")


@pytest.mark.parametrize(
    "change", ["total = -1, applied = -1", "applied = -1", "applied = total + 1", "discount = -1", "origin = 'moon'"]
)
def test_a_credit_note_out_of_bounds_is_refused(change: str) -> None:
    make_credit_note()
    assert refused(f"UPDATE credit_note SET {change}")


def test_credit_lies_only_between_documents_of_one_customer_and_currency() -> None:
    first = make_invoice()
    note = make_credit_note(on={first: "1.00"})
    euro = make_invoice(customer=first.customer, currency="EUR")
    for invoice in (make_invoice(), euro):
        assert refused("UPDATE application SET invoice_id = :i", i=invoice.id)
    assert refused("UPDATE credit_note SET invoice_id = :i", i=make_invoice().id)
    assert refused("UPDATE credit_note SET currency = 'EUR' WHERE id = :n", n=note.id)


def test_an_application_has_one_source() -> None:
    invoice = make_invoice()
    payment = make_payment(on={invoice: "1.00"})
    make_credit_note(on={invoice: "1.00"})
    assert refused("UPDATE application SET payment_id = :p", p=payment.id)
    assert refused("UPDATE application SET payment_id = NULL WHERE payment_id IS NOT NULL")


def test_a_voided_document_owes_and_pays_nothing() -> None:
    make_payment(on={make_invoice(): "1.00"})
    make_credit_note(on={make_invoice(): "1.00"})
    assert refused("UPDATE invoice SET voided_at = updated_at")
    assert refused("UPDATE credit_note SET voided_at = updated_at")
    assert refused("UPDATE credit_note SET draft = (1 = 1)")
    assert refused("UPDATE payment SET voided_at = updated_at")


def test_numbers_are_unique_in_a_company_in_any_case() -> None:
    first = make_invoice(number="A")
    second = make_invoice(number="B", customer=first.customer)
    assert refused("UPDATE invoice SET number_key = 'a' WHERE id = :i", i=second.id)


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry"])
def test_an_audit_row_cannot_be_changed_or_deleted(change: str) -> None:
    make_invoice()
    before = db.session.query(AuditEntry).count()
    with pytest.raises(DBAPIError, match="audit entries are never"), db.session.begin_nested():
        db.session.execute(text(change))
    assert db.session.query(AuditEntry).filter_by(actor="test").count() == before
