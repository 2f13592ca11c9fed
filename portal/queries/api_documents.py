"""What the documents of the book may be sorted and filtered by in the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import select

from portal.models.base import Origin
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceStatus
from portal.models.payment import Payment, PaymentMethod
from portal.queries import credit_notes, invoices, payments
from portal.queries.api_lists import Filter, Listing, day, exactly, in_any_case, in_capitals, whole, word, yes_no
from portal.queries.words import CreditNoteStatus, PaymentStatus


class CustomerStatus(StrEnum):
    """Whether new documents are made for a customer."""

    ACTIVE = "active"
    INACTIVE = "inactive"


def _common_filters(model: Any) -> dict[str, Filter]:
    return {
        "id": whole(model.id),
        "number": in_any_case(model.number_key),
        "currency": in_capitals(model.currency),
        "origin": word(Origin, lambda _company, value: model.origin == value),
    }


def _common_sorts(model: Any) -> dict[str, Any]:
    names = ("id", "number", "currency", "created_at", "updated_at")
    return {name: getattr(model, name) for name in names}


CUSTOMERS = Listing(
    rows=lambda company: select(Customer).where(Customer.company_id == company.id),
    id=Customer.id,
    changed=Customer.updated_at,
    sorts={**_common_sorts(Customer), "name": Customer.name_key},
    filters={
        **_common_filters(Customer),
        "name": exactly(Customer.name),
        "email": exactly(Customer.email),
        "active": yes_no(Customer.active.is_(True)),
        "status": word(CustomerStatus, lambda _company, value: Customer.active.is_(value == CustomerStatus.ACTIVE)),
    },
)


def _invoice_status(company: Company, value: str) -> Any:
    return invoices.has_status(value, company.today())


INVOICES = Listing(
    rows=lambda company: select(Invoice).where(Invoice.company_id == company.id),
    id=Invoice.id,
    changed=Invoice.updated_at,
    sorts={
        **_common_sorts(Invoice),
        "date": Invoice.date,
        "due_date": Invoice.due_date,
        "total": Invoice.total,
        "balance": Invoice.balance,
    },
    filters={
        **_common_filters(Invoice),
        "customer": whole(Invoice.customer_id),
        "status": word(InvoiceStatus, _invoice_status),
        "draft": yes_no(Invoice.draft.is_(True)),
        "voided": yes_no(Invoice.voided_at.is_not(None)),
        "date": day(Invoice.date),
        "due_date": day(Invoice.due_date),
        "purchase_order": exactly(Invoice.purchase_order),
    },
)

PAYMENTS = Listing(
    rows=lambda company: select(Payment).where(Payment.company_id == company.id),
    id=Payment.id,
    changed=Payment.updated_at,
    sorts={**_common_sorts(Payment), "date": Payment.date, "amount": Payment.amount},
    filters={
        **_common_filters(Payment),
        "customer": whole(Payment.customer_id),
        "status": word(PaymentStatus, lambda _company, value: payments.has_status(value)),
        "voided": yes_no(Payment.voided_at.is_not(None)),
        "method": word(PaymentMethod, lambda _company, value: Payment.method == value),
        "reference": exactly(Payment.reference),
        "date": day(Payment.date),
    },
)

CREDIT_NOTES = Listing(
    rows=lambda company: select(CreditNote).where(CreditNote.company_id == company.id),
    id=CreditNote.id,
    changed=CreditNote.updated_at,
    sorts={**_common_sorts(CreditNote), "date": CreditNote.date, "total": CreditNote.total},
    filters={
        **_common_filters(CreditNote),
        "customer": whole(CreditNote.customer_id),
        "invoice": whole(CreditNote.invoice_id),
        "status": word(CreditNoteStatus, lambda _company, value: credit_notes.has_status(value)),
        "draft": yes_no(CreditNote.draft.is_(True)),
        "voided": yes_no(CreditNote.voided_at.is_not(None)),
        "date": day(CreditNote.date),
    },
)
