"""The state of a document towards Intacct as a condition: `sync_states.states` as the database computes it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import FULL_CREDIT, SETTLED_BY_CREDIT, Hold, Kind, Pair, Posting, PostingState, Problem, SyncRow
from portal.queries import directions, left_out
from portal.queries.sync_states import State

_MODELS: dict[Kind, Any] = {
    Kind.CUSTOMER: Customer,
    Kind.INVOICE: Invoice,
    Kind.PAYMENT: Payment,
    Kind.CREDIT_NOTE: CreditNote,
}


def has_sync_state(company: Company, kind: Kind, state: str) -> ColumnElement[bool]:
    """Whether a record of `kind` is in `state`; an unknown word matches nothing."""
    model = _MODELS[kind]
    book = db.session.scalar(select(Book).where(Book.company_id == company.id, Book.active))
    if book is None:
        return true() if state == State.NOT_SYNCED else false()
    mine = select(SyncRow.record_id).where(SyncRow.book_id == book.id, SyncRow.kind == kind)
    if state == State.NOT_SYNCED:
        unknown: ColumnElement[bool] = model.id.not_in(mine)
        return unknown
    found: ColumnElement[bool] = model.id.in_(mine.where(word(kind, book) == state))
    return found


def word(kind: Kind, book: Book) -> Any:
    """The state of a sync row of this kind and book, in one word; what `sync_states` says of each record."""
    off = kind in directions.switched_off(book.company_id)
    problem = exists().where(Problem.sync_row_id == SyncRow.id, Problem.closed_at.is_(None))
    is_open = exists().where(Posting.sync_row_id == SyncRow.id, Posting.state == PostingState.OPEN)
    owes = exists().where(Pair.source_row_id == SyncRow.id, Pair.applied_here != Pair.applied_there, Pair.hold == "")
    otherwise = left_out.posted_otherwise(book.id) if kind == Kind.PAYMENT else set()
    settled = and_(SyncRow.want_hash == SyncRow.have_hash, ~owes, SyncRow.id.not_in(otherwise))
    return case(
        (SyncRow.hold == Hold.SKIPPED, State.SKIPPED.value),
        (problem, State.PROBLEM.value),
        (is_open, State.UNKNOWN.value),
        (SyncRow.hold != Hold.NONE, State.EXCLUDED.value),
        (_is_draft(kind), State.EXCLUDED.value),
        (and_(_is_out_of_sight(book), settled), State.SYNCED.value),
        (or_(_is_out_of_sight(book), and_(~settled, true() if off else false())), State.EXCLUDED.value),
        (and_(SyncRow.waiting_for != "", ~settled), State.WAITING.value),
        (and_(settled, _is_settled_by_credit()), State.EXCLUDED.value),
        (and_(settled, SyncRow.have_hash != ""), State.SYNCED.value),
        (settled, State.EXCLUDED.value),
        else_=State.PENDING.value,
    )


def is_waiting(book: Book) -> ColumnElement[bool]:
    """Whether a row of the book waits for a forerunner and goes by itself."""
    kinds = [and_(SyncRow.kind == kind, word(kind, book) == State.WAITING.value) for kind in Kind]
    return and_(SyncRow.waiting_for != "", SyncRow.hold == Hold.NONE, or_(*kinds))


def _is_out_of_sight(book: Book) -> ColumnElement[bool]:
    """Rule 15: it is in an entity that the connection does not see."""
    if not book.entity:
        return false()
    return and_(SyncRow.key != "", SyncRow.entity.not_in(("", book.entity)))


def _is_draft(kind: Kind) -> ColumnElement[bool]:
    if kind not in (Kind.INVOICE, Kind.CREDIT_NOTE):
        return false()
    model = _MODELS[kind]
    return exists().where(model.id == SyncRow.record_id, model.draft).correlate(SyncRow)


def _is_settled_by_credit() -> ColumnElement[bool]:
    """Rule 8: an invoice of which a credit that settles it in full is not carried over, in either direction."""
    here = exists().where(Pair.invoice_row_id == SyncRow.id, Pair.hold == FULL_CREDIT)
    return or_(here, func.coalesce(SyncRow.seen_there[SETTLED_BY_CREDIT].as_string(), "") != "")
