"""Giving a record another number."""

from __future__ import annotations

from portal.extensions import db
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import audit, wanted
from portal.services.allowed import require
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.numbers import check_number, saving
from portal.services.records import Record, hold


def renumber(record: Record, number: str, *, actor: Actor) -> None:
    """Give the record another number. Raises InvalidInput (field `number`) or, when voided, NotAllowedNow."""
    hold(record)
    if not isinstance(record, Customer):
        require(record, "renumber")
    kind = type(record)
    faults = Faults()
    cleaned = check_number(faults, record.company_id, kind, number, record.id)
    if not cleaned:
        faults.add("number", "The number is missing.", "missing")
    faults.end()
    former = record.number
    if cleaned == former:
        return
    with saving(kind, cleaned):
        record.number = cleaned
    record.version += 1
    db.session.flush()
    audit.record(
        record.company_id, actor, kind.__tablename__, record.id, "renumbered",
        before={"number": former}, after={"number": cleaned},
    )  # fmt: skip
    _note(record)


def _note(record: Record) -> None:
    if isinstance(record, Customer):
        wanted.note_customer(record)
    elif isinstance(record, Invoice):
        wanted.note_invoice(record)
    elif isinstance(record, Payment):
        wanted.note_payment(record)
    else:
        wanted.note_credit_note(record)
