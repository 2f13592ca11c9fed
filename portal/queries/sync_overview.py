"""How a company's accounting sync stands: its last and next run, what is to be sent, both sides of a record.

The reads that stand on every page (`standing`) go by indexes and stay cheap however large the book is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection, IntegrationSettings
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import GONE, SOURCES, TOTAL_NOW, Hold, Kind, Pair, Posting, SyncRow
from portal.money import ZERO
from portal.queries import left_out, problems, runs
from portal.queries.sync_filter import is_waiting, word
from portal.queries.sync_states import State

LEFT_A_MARK = ("created", "updated", "applied", "reversed", "linked", "received", "changed", "voided")
"""Outcomes of run items after which a record was the same on both sides."""


@dataclass(frozen=True)
class Standing:
    """The sync in a few facts. `book` is None before the first connection."""

    book: Book | None
    connection: Connection | None
    auto_sync: bool
    unended: Run | None
    last_sync: Run | None
    problems: int

    @property
    def connected(self) -> bool:
        """Whether a sync can reach an Intacct company."""
        return self.book is not None and self.connection is not None and self.connection.connected

    @property
    def next_at(self) -> datetime | None:
        """When the next hourly sync is due; None while auto-sync is off."""
        return self.book.next_sync_at if self.book and self.auto_sync and self.connected else None


@dataclass(frozen=True)
class ToSend:
    """What goes with the next sync, by kind, and the money of its documents, by currency."""

    counts: dict[str, int]
    sums: list[tuple[str, Decimal]]

    @property
    def count(self) -> int:
        """All records."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class PairHere:
    """Money of one source on one invoice, where the two sides differ or agree."""

    source_kind: str
    source_id: int
    invoice_id: int
    here: Decimal
    there: Decimal
    hold: str


@dataclass(frozen=True)
class BothSides:
    """A document's total and the money on it (of a payment: what is applied), here and in Intacct."""

    here_total: Decimal
    here_moved: Decimal
    there_total: Decimal
    there_moved: Decimal
    pairs: list[PairHere] = field(default_factory=list)

    @property
    def here_left(self) -> Decimal:
        """The balance here."""
        return self.here_total - self.here_moved

    @property
    def there_left(self) -> Decimal:
        """The balance in Intacct."""
        return self.there_total - self.there_moved

    @property
    def differing(self) -> list[PairHere]:
        """The pairs that explain a difference of the balances."""
        return [pair for pair in self.pairs if pair.here != pair.there]


def standing(company: Company) -> Standing:
    """How the sync stands now."""
    book = db.session.scalar(select(Book).where(Book.company_id == company.id, Book.active))
    if book is None:
        return Standing(None, None, False, None, None, 0)
    chosen = db.session.get(IntegrationSettings, company.id)
    return Standing(
        book=book,
        connection=db.session.get(Connection, company.id),
        auto_sync=bool(chosen and chosen.values.get("auto_sync")),
        unended=runs.unended_run(company),
        last_sync=last_sync(book),
        problems=problems.count_open(company),
    )


def last_sync(book: Book) -> Run | None:
    """The newest sync of the book that has ended."""
    ended = [state for state in RunState if state.ended]
    query = select(Run).where(Run.book_id == book.id, Run.kind == RunKind.SYNC, Run.state.in_(ended))
    return db.session.scalar(query.order_by(Run.id.desc()).limit(1))


_AMOUNTS: tuple[tuple[Kind, Any, Any], ...] = (
    (Kind.INVOICE, Invoice, Invoice.total),
    (Kind.PAYMENT, Payment, Payment.amount),
    (Kind.CREDIT_NOTE, CreditNote, CreditNote.total),
)


def to_send(book: Book) -> ToSend:
    """What the next sync takes along: new, changed and voided records that neither wait nor have a problem."""
    counts: dict[str, int] = {}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for kind, model, amount in _AMOUNTS:
        query = (
            select(model.currency, func.count(SyncRow.id), func.sum(amount))
            .join(model, model.id == SyncRow.record_id)
            .where(_is_to_send(book, kind))
            .group_by(model.currency)
        )
        for currency, count, total in db.session.execute(query):
            counts[kind.value] = counts.get(kind.value, 0) + count
            sums[currency] += total
    customers = db.session.scalar(select(func.count(SyncRow.id)).where(_is_to_send(book, Kind.CUSTOMER)))
    if customers:
        counts[Kind.CUSTOMER.value] = customers
    return ToSend(counts, sorted(sums.items()))


def count_waiting(book: Book) -> int:
    """How many records wait for a forerunner."""
    query = select(func.count(SyncRow.id)).where(SyncRow.book_id == book.id, is_waiting(book))
    return db.session.scalar(query) or 0


def both_sides(row: SyncRow) -> BothSides | None:
    """The document of `row` on both sides; None for a customer, or where Intacct does not have it."""
    there = _amount(row.seen_there.get(TOTAL_NOW) or row.seen_there.get("total"))
    if not row.key or there is None or row.seen_there.get(GONE):
        return None
    if row.kind == Kind.INVOICE:
        invoice = db.session.get_one(Invoice, row.record_id)
        pairs = _pairs(Pair.invoice_row_id == row.id)
        return BothSides(invoice.total, invoice.total - invoice.balance, there, _paid_there(row, there, pairs), pairs)
    if row.kind == Kind.PAYMENT:
        payment = db.session.get_one(Payment, row.record_id)
        pairs = _pairs(Pair.source_row_id == row.id)
        return BothSides(payment.amount, payment.applied, there, sum((pair.there for pair in pairs), ZERO), pairs)
    if row.kind == Kind.CREDIT_NOTE:
        note = db.session.get_one(CreditNote, row.record_id)
        pairs = _pairs(Pair.source_row_id == row.id)
        return BothSides(note.total, note.applied, there, sum((pair.there for pair in pairs), ZERO), pairs)
    return None


def first_mark(row: SyncRow) -> RunItem | None:
    """Where a run first made the record the same on both sides."""
    return _mark(row, RunItem.id.asc())


def last_mark(row: SyncRow) -> RunItem | None:
    """Where a run last made the record the same on both sides."""
    return _mark(row, RunItem.id.desc())


def postings(row: SyncRow) -> list[Posting]:
    """Everything that was sent for the record, newest first."""
    query = select(Posting).where(Posting.sync_row_id == row.id).order_by(Posting.seq.desc())
    return list(db.session.scalars(query))


def has_postings(row: SyncRow) -> bool:
    """Whether anything was ever sent for the record."""
    return bool(db.session.scalar(select(exists().where(Posting.sync_row_id == row.id))))


def _is_to_send(book: Book, kind: Kind) -> ColumnElement[bool]:
    """What the lists call "To be sent". That its hashes differ, or its pairs, is said first: an index knows these."""
    differs = SyncRow.want_hash != SyncRow.have_hash
    if kind in SOURCES:
        unequal = (Pair.applied_here != Pair.applied_there) & (Pair.hold == "")
        differs = or_(differs, exists().where(Pair.source_row_id == SyncRow.id, unequal))
    if kind == Kind.PAYMENT:
        differs = or_(differs, SyncRow.id.in_(left_out.posted_otherwise(book.id)))
    return and_(
        SyncRow.book_id == book.id, SyncRow.kind == kind, SyncRow.hold == Hold.NONE,
        differs, word(kind, book) == State.PENDING.value,
    )  # fmt: skip


def _pairs(condition: ColumnElement[bool]) -> list[PairHere]:
    source, invoice = SyncRow.__table__.alias("source"), SyncRow.__table__.alias("invoice")
    query = (
        select(
            source.c.kind,
            source.c.record_id,
            invoice.c.record_id,
            Pair.applied_here,
            Pair.applied_there,
            Pair.hold,
            source.c.seen_there,
        )
        .select_from(Pair)
        .join(source, source.c.id == Pair.source_row_id)
        .join(invoice, invoice.c.id == Pair.invoice_row_id)
        .where(condition)
        .order_by(Pair.id)
    )
    return [
        PairHere(kind, source_id, invoice_id, here, ZERO if seen.get(GONE) else there, hold)
        for kind, source_id, invoice_id, here, there, hold, seen in db.session.execute(query)
    ]


def _paid_there(row: SyncRow, total: Decimal, pairs: list[PairHere]) -> Decimal:
    """What Intacct's rows put on the invoice; where its money is not read, what its header last said."""
    company_id = db.session.scalar(select(Book.company_id).where(Book.id == row.book_id))
    chosen = db.session.get(IntegrationSettings, company_id)
    due = _amount(row.seen_there.get("due"))
    if chosen is not None and chosen.values.get("read_payments") is False and due is not None:
        return total - due
    return sum((pair.there for pair in pairs), ZERO)


def _mark(row: SyncRow, order: Any) -> RunItem | None:
    query = select(RunItem).join(Run, Run.id == RunItem.run_id)
    query = query.where(RunItem.sync_row_id == row.id, RunItem.outcome.in_(LEFT_A_MARK), Run.kind != RunKind.PREVIEW)
    return db.session.scalar(query.order_by(order).limit(1))


def _amount(text: Any) -> Decimal | None:
    try:
        return Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None
