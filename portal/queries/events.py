"""What happened in the book, for other systems to follow: the audit rows of documents, as events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from portal.errors import NotFound
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.base import JsonDict
from portal.models.company import Company
from portal.queries.api_lists import Listing, whole, word
from portal.queries.bodies import seconds


class Subject(StrEnum):
    """What events are about. Members, keys, connections and settings are the admins' own affair."""

    CUSTOMER = "customer"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"


_WORDS = {"edited": "updated"}
"""Where an event is called otherwise than in the history."""

_NAMES = {"customer_id": "customer", "invoice_id": "invoice", "payment_id": "payment",
          "credit_note_id": "credit_note", "lines": "items"}  # fmt: skip
_AMOUNTS = {"amount", "balance", "total", "discount", "tax", "quantity", "unit_cost"}
_DATES = {"date", "due_date"}


def _of_documents(company: Company) -> Select[Any]:
    return select(AuditEntry).where(AuditEntry.company_id == company.id, AuditEntry.subject.in_(list(Subject)))


def _has_type(_company: Company, value: str) -> ColumnElement[bool]:
    subject, _, happened = value.strip().lower().partition(".")
    actions = [action for action, shown in _WORDS.items() if shown == happened] or [happened]
    return and_(AuditEntry.subject == subject, AuditEntry.action.in_(actions))


EVENTS = Listing(
    rows=_of_documents,
    id=AuditEntry.id,
    changed=AuditEntry.at,
    sorts={"id": AuditEntry.id, "timestamp": AuditEntry.at},
    filters={
        "type": _has_type,
        "object": word(Subject, lambda _company, value: AuditEntry.subject == value),
        "object_id": whole(AuditEntry.subject_id),
    },
)


def get_event(company: Company, event_id: int) -> AuditEntry:
    """The company's event. Raises NotFound."""
    entry: AuditEntry | None = db.session.scalar(_of_documents(company).where(AuditEntry.id == event_id))
    if entry is None:
        raise NotFound(f"There is no event {event_id}.", field="id")
    return entry


def event_body(entry: AuditEntry) -> JsonDict:
    """An event: what happened to which document, what is new of it, and what that was before."""
    return {
        "id": entry.id,
        "object": "event",
        "type": f"{entry.subject}.{_WORDS.get(entry.action, entry.action)}",
        "timestamp": seconds(entry.at),
        "user": entry.actor,
        "text": entry.text,
        "data": {
            "object": {"id": entry.subject_id, "object": entry.subject, **_as_body(entry.after)},
            "previous": _as_body(entry.before),
        },
    }


def _as_body(kept: JsonDict) -> JsonDict:
    """What a history row keeps, under the names and in the forms of the documents' bodies."""
    return {_NAMES.get(name, name): _value(name, value) for name, value in kept.items()}


def _value(name: str, value: Any) -> Any:
    if name == "lines" and isinstance(value, list):
        return [_as_body(line) for line in value]
    if value is None or not isinstance(value, str):
        return value
    if name in _AMOUNTS:
        return Decimal(value)
    if name in _DATES:
        return seconds(dt.date.fromisoformat(value))
    return value.lower() if name == "currency" else value
