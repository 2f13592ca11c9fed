"""Records as JSON bodies: what commands print and the API answers.

Ids are integers, dates UNIX seconds at midnight UTC, currencies lower case, amounts exact decimals (never floats).
Each body ends with `sync`: how the record stands with Intacct.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.models.base import JsonDict
from portal.models.company import Company
from portal.models.credit_note import CreditNote, CreditNoteLine
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceLine
from portal.models.payment import Application, Payment
from portal.models.sync import Kind
from portal.money import ZERO, round_amount
from portal.queries.credit_notes import with_details
from portal.queries.invoices import with_lines
from portal.queries.payments import with_applications
from portal.queries.sync_states import SyncState, states
from portal.queries.words import credit_note_status, payment_status

_ADDRESS = ("address1", "address2", "city", "state", "postal_code", "country")
_LINE_OVERRIDES = ("account", "location", "department")


def customer_bodies(company: Company, customers: Sequence[Customer]) -> list[JsonDict]:
    """The bodies of customers, their sync states read at once."""
    known = states(company, Kind.CUSTOMER, [customer.id for customer in customers])
    return [_customer(customer, known[customer.id]) for customer in customers]


def invoice_bodies(company: Company, invoices: Sequence[Invoice]) -> list[JsonDict]:
    """The bodies of invoices with their lines, their sync states read at once."""
    known = states(company, Kind.INVOICE, [invoice.id for invoice in invoices])
    today = company.today()
    return [_invoice(invoice, today, known[invoice.id]) for invoice in with_lines(list(invoices))]


def payment_bodies(company: Company, payments: Sequence[Payment]) -> list[JsonDict]:
    """The bodies of payments with their applications, their sync states read at once."""
    known = states(company, Kind.PAYMENT, [payment.id for payment in payments])
    return [_payment(payment, known[payment.id]) for payment in with_applications(list(payments))]


def credit_note_bodies(company: Company, notes: Sequence[CreditNote]) -> list[JsonDict]:
    """The bodies of credit notes with their lines and applications, their sync states read at once."""
    known = states(company, Kind.CREDIT_NOTE, [note.id for note in notes])
    return [_credit_note(note, known[note.id]) for note in with_details(list(notes))]


def body(company: Company, record: Customer | Invoice | Payment | CreditNote) -> JsonDict:
    """The body of one record."""
    if isinstance(record, Customer):
        return customer_bodies(company, [record])[0]
    if isinstance(record, Invoice):
        return invoice_bodies(company, [record])[0]
    if isinstance(record, CreditNote):
        return credit_note_bodies(company, [record])[0]
    return payment_bodies(company, [record])[0]


def credit_applied(company: Company, moves: Sequence[tuple[Payment | CreditNote, Invoice, Decimal]]) -> JsonDict:
    """What a payment of amount 0 did that applied credit notes: shaped as a payment, without the id that none has."""
    source = moves[0][0]
    currency = source.currency
    return {
        "id": None,
        "object": "payment",
        "number": "",
        "status": "applied",
        "customer": source.customer_id,
        "date": seconds(company.today()),
        "currency": currency.lower(),
        "amount": round_amount(ZERO, currency),
        "balance": round_amount(ZERO, currency),
        "applied_to": [
            {
                "type": "credit_note",
                "credit_note": note.id,
                "credit_note_number": note.number,
                "document_type": "invoice",
                "invoice": invoice.id,
                "invoice_number": invoice.number,
                "amount": round_amount(amount, currency),
            }
            for note, invoice, amount in moves
        ],
    }


def seconds(day: dt.date | dt.datetime | None) -> int | None:
    """UNIX seconds of a time, or of a date's midnight in UTC."""
    if day is None:
        return None
    if isinstance(day, dt.datetime):
        return int(day.timestamp())
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def _customer(customer: Customer, sync: SyncState) -> JsonDict:
    return {
        "id": customer.id,
        "object": "customer",
        "number": customer.number,
        "status": "active" if customer.active else "inactive",
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        **{name: getattr(customer, name) for name in _ADDRESS},
        "currency": customer.currency.lower(),
        "payment_terms": customer.payment_terms,
        "active": customer.active,
        "origin": customer.origin,
        **_common(customer, sync),
    }


def _invoice(invoice: Invoice, today: dt.date, sync: SyncState) -> JsonDict:
    currency = invoice.currency
    return {
        "id": invoice.id,
        "object": "invoice",
        "number": invoice.number,
        "status": invoice.status(today).value,
        "customer": invoice.customer_id,
        "date": seconds(invoice.date),
        "due_date": seconds(invoice.due_date),
        "currency": currency.lower(),
        "purchase_order": invoice.purchase_order,
        "payment_terms": invoice.payment_terms,
        "draft": invoice.draft,
        "items": [_line(line, currency) for line in invoice.lines],
        "discounts": _adjustments(invoice.discount, currency),
        "taxes": _adjustments(invoice.tax, currency),
        "total": round_amount(invoice.total, currency),
        "balance": round_amount(invoice.balance, currency),
        "origin": invoice.origin,
        "voided_at": seconds(invoice.voided_at),
        "void_reason": invoice.void_reason,
        **_common(invoice, sync),
    }


def _line(line: InvoiceLine | CreditNoteLine, currency: str) -> JsonDict:
    name, _, description = line.description.partition("\n")
    overrides = {f"intacct_{word}": getattr(line, word) for word in _LINE_OVERRIDES if getattr(line, word)}
    return {
        "id": line.id,
        "object": "line_item",
        "name": name,
        "description": description,
        "quantity": _short(line.quantity),
        "unit_cost": _short(line.unit_cost),
        "amount": round_amount(line.amount, currency),
        "metadata": {**line.extra, **overrides},
    }


def _payment(payment: Payment, sync: SyncState) -> JsonDict:
    currency = payment.currency
    return {
        "id": payment.id,
        "object": "payment",
        "number": payment.number,
        "status": payment_status(payment).value,
        "customer": payment.customer_id,
        "date": seconds(payment.date),
        "currency": currency.lower(),
        "amount": round_amount(payment.amount, currency),
        "balance": round_amount(payment.balance, currency),
        "method": payment.method,
        "reference": payment.reference,
        "applied_to": [{"type": "invoice"} | _applied_to(row, currency) for row in payment.applications],
        "origin": payment.origin,
        "voided": payment.voided,
        "voided_at": seconds(payment.voided_at),
        "void_reason": payment.void_reason,
        **_common(payment, sync),
    }


def _credit_note(note: CreditNote, sync: SyncState) -> JsonDict:
    currency = note.currency
    return {
        "id": note.id,
        "object": "credit_note",
        "number": note.number,
        "status": credit_note_status(note).value,
        "customer": note.customer_id,
        "invoice": note.invoice_id,
        "date": seconds(note.date),
        "currency": currency.lower(),
        "draft": note.draft,
        "items": [_line(line, currency) for line in note.lines],
        "discounts": _adjustments(note.discount, currency),
        "taxes": _adjustments(note.tax, currency),
        "total": round_amount(note.total, currency),
        "balance": round_amount(note.balance, currency),
        "applied_to": [
            {"type": "credit_note", "credit_note": note.id, "document_type": "invoice"} | _applied_to(row, currency)
            for row in note.applications
        ],
        "origin": note.origin,
        "voided": note.voided,
        "voided_at": seconds(note.voided_at),
        "void_reason": note.void_reason,
        **_common(note, sync),
    }


def _applied_to(row: Application, currency: str) -> JsonDict:
    return {
        "invoice": row.invoice_id,
        "invoice_number": row.invoice.number,
        "amount": round_amount(row.amount, currency),
    }


def _common(record: Customer | Invoice | Payment | CreditNote, sync: SyncState) -> JsonDict:
    return {
        "metadata": dict(record.extra),
        "version": record.version,
        "created_at": seconds(record.created_at),
        "updated_at": seconds(record.updated_at),
        "sync": sync_body(sync),
    }


def sync_body(sync: SyncState) -> dict[str, Any]:
    """How a record stands with Intacct, as every body shows it."""
    return {
        "state": sync.state.value,
        "reason": sync.reason,
        "intacct_object": sync.intacct_object,
        "intacct_key": sync.intacct_key,
        "intacct_number": sync.intacct_number,
        "last_synced_at": seconds(sync.last_synced_at),
        "problem_id": sync.problem_id,
    }


def _adjustments(amount: Decimal, currency: str) -> list[JsonDict]:
    return [{"amount": round_amount(amount, currency)}] if amount else []


def _short(number: Decimal) -> Decimal:
    """The same number without zeros at its end; 2 and not 2.000000."""
    return Decimal(f"{number.normalize():f}")
