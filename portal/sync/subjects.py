"""Runs of single records: which sync rows a `record` run may touch."""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.models.run import Run
from portal.models.sync import Kind, SyncRow


def rows(run: Run) -> frozenset[int] | None:
    """The sync rows of a run of single records, or of a preview of one: the records themselves and what they stand on;
    None means all of the book."""
    if "records" not in run.subject:
        return None
    wanted: set[int] = set()
    for subject in run.subject["records"]:
        wanted |= _with_forerunners(run.book_id, Kind(subject["kind"]), int(subject["id"]))
    return frozenset(wanted)


def _with_forerunners(book_id: int, kind: Kind, record_id: int) -> set[int]:
    found = _row(book_id, kind, record_id)
    if kind == Kind.INVOICE:
        found |= _row(book_id, Kind.CUSTOMER, db.session.get_one(Invoice, record_id).customer_id)
    if kind == Kind.CREDIT_NOTE:
        found |= _row(book_id, Kind.CUSTOMER, db.session.get_one(CreditNote, record_id).customer_id)
        own = select(Application.invoice_id).where(Application.credit_note_id == record_id)
        for invoice_id in db.session.scalars(own):
            found |= _row(book_id, Kind.INVOICE, invoice_id)
    if kind == Kind.PAYMENT:
        found |= _row(book_id, Kind.CUSTOMER, db.session.get_one(Payment, record_id).customer_id)
        for invoice_id in db.session.scalars(select(Application.invoice_id).where(Application.payment_id == record_id)):
            found |= _row(book_id, Kind.INVOICE, invoice_id)
    return found


def _row(book_id: int, kind: Kind, record_id: int) -> set[int]:
    query = select(SyncRow.id).where(SyncRow.book_id == book_id, SyncRow.kind == kind, SyncRow.record_id == record_id)
    return set(db.session.scalars(query))
