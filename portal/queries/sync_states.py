"""How a document stands with Intacct, in one word and its reason; the first state that holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Exists, exists, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.sync import FULL_CREDIT, SETTLED_BY_CREDIT, Hold, Kind, Pair, Posting, PostingState, Problem, SyncRow
from portal.queries import directions, left_out


class State(StrEnum):
    """What the pages and the `sync` part of a document's body call it."""

    SKIPPED = "skipped"
    PROBLEM = "problem"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    EXCLUDED = "excluded"
    SYNCED = "synced"
    PENDING = "pending"
    NOT_SYNCED = "not_synced"


FULL_CREDITS_STAY = (
    'A credit that settles a whole invoice is not carried over while the setting "Sync credits that settle a whole'
    ' invoice" is off.'
)


@dataclass(frozen=True)
class SyncState:
    """A record's state, why, and where it is in Intacct ("" where it is not)."""

    state: State
    reason: str = ""
    intacct_object: str = ""
    intacct_key: str = ""
    intacct_number: str = ""
    last_synced_at: datetime | None = None
    problem_id: int | None = None
    problem_title: str = ""
    sync_row_id: int | None = None


def states(company: Company, kind: Kind, record_ids: Collection[int]) -> dict[int, SyncState]:
    """The state of each record, by id; `not_synced` for all while the company has no Intacct book."""
    answer = {record_id: SyncState(State.NOT_SYNCED, "No Intacct company is connected.") for record_id in record_ids}
    book = db.session.scalar(select(Book).where(Book.company_id == company.id, Book.active))
    if book is None or not record_ids:
        return answer
    unfinished = _drafts(kind, record_ids)
    query = (
        select(SyncRow, Problem, _has_open_posting(), _has_money_to_send(), _is_settled_by_credit_here())
        .outerjoin(Problem, (Problem.sync_row_id == SyncRow.id) & Problem.closed_at.is_(None))
        .where(SyncRow.book_id == book.id, SyncRow.kind == kind, SyncRow.record_id.in_(list(record_ids)))
    )
    found = list(db.session.execute(query))
    off = directions.switched_off(company.id).get(kind, "")
    otherwise = left_out.posted_otherwise(book.id, [row.id for row, *_ in found]) if kind == Kind.PAYMENT else set()
    for row, problem, is_open, owes, withheld in found:
        owes = owes or row.id in otherwise
        state, reason = _judge(row, problem, is_open, owes, row.record_id in unfinished, book.entity, withheld)
        if state in (State.WAITING, State.PENDING) and off:
            state, reason = State.EXCLUDED, off
        answer[row.record_id] = SyncState(
            state, reason, row.object, row.key, row.number_there, row.synced_at, problem.id if problem else None,
            problem.code if problem else "", row.id,
        )  # fmt: skip
    return answer


def _judge(
    row: SyncRow, problem: Problem | None, is_open: bool, owes: bool, draft: bool, entity: str, withheld: bool
) -> tuple[State, str]:
    if row.hold == Hold.SKIPPED:
        return State.SKIPPED, row.hold_reason
    if problem is not None:
        return State.PROBLEM, problem.text
    if is_open:
        return State.UNKNOWN, "Waiting to learn whether Intacct has it. It will not be sent twice."
    if row.hold:
        return State.EXCLUDED, row.hold_reason
    if draft:
        return State.EXCLUDED, "A draft is not sent to Intacct."
    settled = row.want_hash == row.have_hash and not owes
    if row.key and entity and row.entity not in ("", entity):
        return State.SYNCED if settled else State.EXCLUDED, _elsewhere(row, entity)
    if row.waiting_for and not settled:
        return State.WAITING, row.waiting_for
    if settled and row.have_hash:
        return (State.EXCLUDED, settled_by) if (settled_by := _settled_by_credit(row, withheld)) else (State.SYNCED, "")
    if settled:
        return State.EXCLUDED, "Voided before it was sent; Intacct never had it."
    return State.PENDING, "Goes to Intacct with the next sync."


def _elsewhere(row: SyncRow, entity: str) -> str:
    """Rule 15: what the connection cannot see is left as it is."""
    return (
        f"It is in entity {row.entity} of Intacct. The connection works in entity {entity} and cannot see it, so it is"
        " left as it is. Connect to the top level or to that entity to sync it again."
    )


def _settled_by_credit(row: SyncRow, withheld: bool) -> str:
    """Rule 8: why an invoice that is there is not the same on both sides, "" for every other record."""
    if by := row.seen_there.get(SETTLED_BY_CREDIT):
        return f"Settled in full in Intacct by {by}. {FULL_CREDITS_STAY}"
    return f"Settled in full by credit here. {FULL_CREDITS_STAY}" if withheld else ""


def _is_settled_by_credit_here() -> Exists:
    return exists().where(Pair.invoice_row_id == SyncRow.id, Pair.hold == FULL_CREDIT)


def _drafts(kind: Kind, record_ids: Collection[int]) -> set[int]:
    models: dict[Kind, type[Invoice] | type[CreditNote]] = {Kind.INVOICE: Invoice, Kind.CREDIT_NOTE: CreditNote}
    model = models.get(kind)
    if model is None:
        return set()
    return set(db.session.scalars(select(model.id).where(model.id.in_(list(record_ids)), model.draft)))


def _has_open_posting() -> Exists:
    return exists().where(Posting.sync_row_id == SyncRow.id, Posting.state == PostingState.OPEN)


def _has_money_to_send() -> Exists:
    return exists().where(Pair.source_row_id == SyncRow.id, Pair.applied_here != Pair.applied_there, Pair.hold == "")
