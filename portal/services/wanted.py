"""Keeps what the sync wants: each change of a record moves the `want_hash` of its sync row, in the same transaction.

The book's services call `note_*` after every change. Connecting a company calls `note_everything` once. With no
active book there is nothing to keep.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import cast

from sqlalchemy import select, update

from portal.extensions import db
from portal.models.base import Origin
from portal.models.connection import Book, IntegrationSettings
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.models.sync import BY_HAND, LEFT_WITH_INVOICE, Hold, Kind, Pair, Problem, SyncRow
from portal.models.types import utcnow
from portal.services import facts, full_credits

Record = Customer | Invoice | Payment | CreditNote

_HASHES: dict[Kind, Callable[..., str]] = {
    Kind.CUSTOMER: facts.customer_hash,
    Kind.INVOICE: facts.invoice_hash,
    Kind.PAYMENT: facts.payment_hash,
    Kind.CREDIT_NOTE: facts.credit_note_hash,
}
_MODELS: dict[Kind, type[Record]] = {
    Kind.CUSTOMER: Customer,
    Kind.INVOICE: Invoice,
    Kind.PAYMENT: Payment,
    Kind.CREDIT_NOTE: CreditNote,
}


def note_customer(customer: Customer) -> None:
    """Say that `customer` changed."""
    if book := active_book(customer.company_id):
        is_known = find_row(book.id, Kind.CUSTOMER, customer.id) is not None
        _note(book, Kind.CUSTOMER, customer)
        if is_known:  # a new one has no documents that wait for it
            _retry_documents_soon(book, customer)


def note_invoice(invoice: Invoice) -> None:
    """Say that `invoice` changed."""
    if book := active_book(invoice.company_id):
        row = _note(book, Kind.INVOICE, invoice)
        full_credits.judge_invoice(book, invoice, row)


def note_payment(payment: Payment) -> None:
    """Say that `payment` or one of its applications changed."""
    if book := active_book(payment.company_id):
        row = _note(book, Kind.PAYMENT, payment)
        _note_pairs(book, row, payment)


def note_credit_note(note: CreditNote) -> None:
    """Say that `note` or one of its applications changed."""
    if book := active_book(note.company_id):
        _note_credit_note(book, note)


def note_full_credits(book: Book) -> None:
    """Say that the setting changed which decides about credits that settle a whole invoice."""
    for note in db.session.scalars(select(CreditNote).where(CreditNote.company_id == book.company_id)):
        _note_credit_note(book, note)


def note_missing_credit_notes() -> None:
    """Give a sync row to each credit note that has none: those of companies that were connected before credit notes
    were sent. Looks through all credit notes, so it is for upgrades. Flushes."""
    for book in db.session.scalars(select(Book).where(Book.active)).all():
        known = select(SyncRow.record_id).where(SyncRow.book_id == book.id, SyncRow.kind == Kind.CREDIT_NOTE)
        query = select(CreditNote).where(CreditNote.company_id == book.company_id, CreditNote.id.not_in(known))
        for note in db.session.scalars(query).all():
            _note_credit_note(book, note)


def _note_credit_note(book: Book, note: CreditNote) -> None:
    row = _note(book, Kind.CREDIT_NOTE, note)
    _note_pairs(book, row, note)
    for application in note.applications:
        invoice = application.invoice
        full_credits.judge_invoice(book, invoice, sync_row(book, Kind.INVOICE, invoice))
    full_credits.judge_note(row)


def note_everything(book: Book) -> None:
    """Give every record of the company its sync row in `book`: a new connection, or one made again."""
    for kind, model in _MODELS.items():
        for record in db.session.scalars(select(model).where(model.company_id == book.company_id)):
            if isinstance(record, CreditNote):
                _note_credit_note(book, record)
                continue
            row = _note(book, kind, cast(Record, record))
            if isinstance(record, Payment):
                _note_pairs(book, row, record)
    db.session.flush()


def note_start(book: Book) -> None:
    """Say that `sync_from` changed: documents dated earlier that were never posted are left alone, others are not."""
    for kind in (Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT_NOTE):
        model = _MODELS[kind]
        rows = db.session.execute(
            select(SyncRow, model)
            .join(model, model.id == SyncRow.record_id)
            .where(SyncRow.book_id == book.id, SyncRow.kind == kind, SyncRow.have_hash == "")
            .where(SyncRow.hold.in_((Hold.NONE, Hold.BEFORE_START)))
        )
        for row, record in rows:
            _hold_before_start(book, row, cast(Record, record))


def sync_row(book: Book, kind: Kind, record: Record) -> SyncRow:
    """The sync row of `record` in `book`, made if it has none."""
    return find_row(book.id, kind, record.id) or _new_row(book, kind, record)


def _new_row(book: Book, kind: Kind, record: Record) -> SyncRow:
    row = unsaved_row(book, kind, record)
    db.session.add(row)
    db.session.flush()
    return row


def unsaved_row(book: Book, kind: Kind, record: Record) -> SyncRow:
    """The sync row of a new record, for a caller that adds many at once; nothing is wanted of it yet."""
    return SyncRow(
        book_id=book.id, kind=kind, record_id=record.id, origin=record.origin,
        ref=facts.reference(record.uuid), want_hash="", have_hash="",
    )  # fmt: skip


def want_as_is(row: SyncRow) -> None:
    """A record that came from Intacct is wanted there as it is here."""
    kind = Kind(row.kind)
    row.want_hash = hash_of(kind, cast(Record, db.session.get_one(_MODELS[kind], row.record_id)))


def hash_of(kind: Kind, record: Record) -> str:
    """What should be in Intacct for the record, as `facts` hashes it."""
    return _HASHES[kind](record)


def find_row(book_id: int, kind: Kind, record_id: int) -> SyncRow | None:
    """The sync row of a record, if it has one in this book."""
    return db.session.scalar(
        select(SyncRow).where(SyncRow.book_id == book_id, SyncRow.kind == kind, SyncRow.record_id == record_id)
    )


def active_book(company_id: int) -> Book | None:
    """The book that the company's records belong to now; none before the first connection."""
    return db.session.scalar(select(Book).where(Book.company_id == company_id, Book.active))


def _note(book: Book, kind: Kind, record: Record) -> SyncRow:
    known = find_row(book.id, kind, record.id)
    row = known or _new_row(book, kind, record)
    hash_now = _HASHES[kind](record)
    # What Intacct sent is not ours to write back: it is wanted as it is.
    row.want_hash = row.have_hash if record.origin == Origin.INTACCT else hash_now
    if row.hold_reason == LEFT_WITH_INVOICE:
        row.hold, row.hold_reason = Hold.NONE, ""
    _hold_before_start(book, row, record)
    if known is not None:
        _retry_soon(row)
    return row


def _hold_before_start(book: Book, row: SyncRow, record: Record) -> None:
    if isinstance(record, Customer) or record.origin == Origin.INTACCT or row.have_hash:
        return
    start = sync_start(book.company_id)
    if row.hold == Hold.NONE and start and record.date < start:
        row.hold, row.hold_reason = Hold.BEFORE_START, f"dated before {start.isoformat()}, the first day of the sync"
    elif row.hold == Hold.BEFORE_START and not (start and record.date < start):
        row.hold, row.hold_reason = Hold.NONE, ""


def sync_start(company_id: int) -> dt.date | None:
    """The day before which documents are left alone (setting `sync_from`), or None."""
    chosen = db.session.get(IntegrationSettings, company_id)
    text = chosen.values.get("sync_from") if chosen else None
    return dt.date.fromisoformat(text) if text else None


def _retry_soon(row: SyncRow) -> None:
    """A changed record is tried again at once, however long its problem would have waited."""
    db.session.execute(
        update(Problem).where(Problem.sync_row_id == row.id, Problem.closed_at.is_(None)).values(retry_at=utcnow())
    )


def _retry_documents_soon(book: Book, customer: Customer) -> None:
    """What was refused for the customer's sake is tried again at once after the customer changed."""
    for kind, model in ((Kind.INVOICE, Invoice), (Kind.PAYMENT, Payment), (Kind.CREDIT_NOTE, CreditNote)):
        rows = (
            select(SyncRow.id)
            .join(model, model.id == SyncRow.record_id)
            .where(SyncRow.book_id == book.id, SyncRow.kind == kind, model.customer_id == customer.id)
        )
        db.session.execute(
            update(Problem)
            .where(Problem.sync_row_id.in_(rows), Problem.closed_at.is_(None))
            .values(retry_at=utcnow())
            .execution_options(synchronize_session="fetch")
        )


def _note_pairs(book: Book, source: SyncRow, record: Payment | CreditNote) -> None:
    """Make `applied_here` of each of the source's pairs equal to its applications."""
    pairs = {
        pair.invoice_row_id: pair for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == source.id))
    }
    applied: dict[int, Decimal] = {}
    own = Application.payment_id if isinstance(record, Payment) else Application.credit_note_id
    for application in db.session.scalars(select(Application).where(own == record.id)):
        invoice = db.session.get_one(Invoice, application.invoice_id)
        applied[sync_row(book, Kind.INVOICE, invoice).id] = application.amount
    for invoice_row_id in applied.keys() - pairs.keys():
        pairs[invoice_row_id] = Pair(
            source_row_id=source.id, invoice_row_id=invoice_row_id, applied_here=Decimal(0), applied_there=Decimal(0)
        )
        db.session.add(pairs[invoice_row_id])
    for invoice_row_id, pair in pairs.items():
        pair.applied_here = applied.get(invoice_row_id, Decimal(0))
        if pair.hold == BY_HAND and not pair.applied_here and not (source.key and source.kind == Kind.PAYMENT):
            pair.hold = ""  # nothing was sent without it; a credit note is sent whole
    db.session.flush()
