"""Recent activity of the book, told in lines that lead to their records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.blueprints.rendering import clock, day, in_zone
from portal.extensions import db
from portal.models.audit import AuditEntry, is_by_run
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.queries.dashboard import recent_activity

_MODELS: dict[str, Any] = {"customer": Customer, "invoice": Invoice, "payment": Payment, "credit_note": CreditNote}
_PAGES = {
    "customer": ("customers.show_customer", "customer_id"),
    "invoice": ("invoices.show_invoice", "invoice_id"),
    "payment": ("payments.show_payment", "payment_id"),
    "credit_note": ("credit_notes.show_credit_note", "credit_note_id"),
}
_WORDS = {"customer": "Customer", "invoice": "Invoice", "payment": "Payment", "credit_note": "Credit note"}
_ACTS = {
    "edited": "changed",
    "voided": "voided",
    "issued": "issued",
    "renumbered": "renumbered",
    "activated": "made active",
    "deactivated": "made inactive",
    "merged": "merged",
    "duplicated": "duplicated",
}

_MOVES = {"applied": "applied", "unapplied": "un-applied"}


@dataclass(frozen=True)
class Happened:
    """One line: `word` and `number` of a record that lives at `endpoint`, what was done, the record's worth."""

    at: datetime
    time: str
    word: str
    number: str
    endpoint: str
    values: dict[str, int]
    what: str
    amount: Decimal | None
    currency: str
    from_there: bool


def happened(company: Company, *, limit: int = 6) -> list[Happened]:
    """What was done in the book lately, newest first."""
    entries = recent_activity(company, limit=limit)
    records = _records(company, entries)
    return [
        _line(entry, records[entry.subject, entry.subject_id], company)
        for entry in entries
        if (entry.subject, entry.subject_id) in records
    ]


def _records(company: Company, entries: Sequence[AuditEntry]) -> dict[tuple[str, int | None], Any]:
    ids = defaultdict(set)
    for entry in entries:
        ids[entry.subject].add(entry.subject_id)
    found = {}
    for subject, wanted in ids.items():
        model = _MODELS[subject]
        for record in db.session.scalars(select(model).where(model.company_id == company.id, model.id.in_(wanted))):
            found[subject, record.id] = record
    return found


def _line(entry: AuditEntry, record: Any, company: Company) -> Happened:
    endpoint, argument = _PAGES[entry.subject]
    customer = record.name if isinstance(record, Customer) else record.customer.name
    return Happened(
        at=entry.at,
        time=_time(entry.at, company),
        word=_WORDS[entry.subject],
        number=record.number,
        endpoint=endpoint,
        values={argument: record.id},
        what=_what(entry, customer),
        amount=None if isinstance(record, Customer) or entry.action in _MOVES else _worth(record),
        currency=record.currency,
        from_there=is_by_run(entry.actor),
    )


def _worth(record: Invoice | Payment | CreditNote) -> Decimal:
    return record.amount if isinstance(record, Payment) else record.total


def _what(entry: AuditEntry, customer: str) -> str:
    if entry.action in _MOVES:
        return f"{_MOVES[entry.action]}: {entry.text}"
    if entry.action != "created":
        return f"{_ACTS.get(entry.action, entry.action.replace('_', ' '))}, {customer}"
    if is_by_run(entry.actor):
        return f"came from Intacct, {customer}"
    if entry.subject == "customer":
        return f"added, {customer}"
    if entry.subject == "payment":
        return f"recorded from {customer}"
    return f"{'drafted for' if entry.after.get('draft') else 'issued to'} {customer}"


def _time(at: datetime, company: Company) -> str:
    local = in_zone(at).date()
    return clock(at) if local == company.today() else day(local).rsplit(" ", 1)[0]
