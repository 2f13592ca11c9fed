"""Opening and closing problems: one open row per record, with the newest failure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, update

from portal.extensions import db
from portal.models.sync import Pair, Posting, PostingState, Problem, SyncRow
from portal.models.types import utcnow

LONGEST_WAIT_HOURS = 24

PAID_BOTH_SIDES = "paid_both_sides"
"""The code of the problem, and the hold of a pair whose money found nothing left to pay here."""

OF_THE_OTHER_SIDE = (
    "changed_there",
    "reversed_there",
    "gone_there",
    "imported_gone",
    "customer_gone",
    "cannot_store",
    PAID_BOTH_SIDES,
    "by_hand",
)
"""Problems that have nothing to do with what we want to send; only reading or a person ends them."""


def report(row: SyncRow, code: str, text: str, *, guide: str = "", details: dict[str, Any] | None = None) -> Problem:
    """The open problem of `row`, new or with this newest failure. A repeated failure waits 1, 2, 4 ... 24 hours."""
    problem = open_problem(row.id)
    now = utcnow()
    if problem is None:
        problem = Problem(
            book_id=row.book_id, sync_row_id=row.id, code=code, guide=guide or code, text=text, details=details or {},
            first_seen=now, last_seen=now, tries=1, retry_at=now + _wait(1),
        )  # fmt: skip
        db.session.add(problem)
    else:
        problem.code, problem.guide, problem.text, problem.details = code, guide or code, text, details or {}
        problem.last_seen = now
        problem.tries += 1
        problem.retry_at = now + _wait(problem.tries)
    row.waiting_for = ""
    db.session.flush()
    return problem


def report_there(book_id: int, object_: str, key: str, code: str, text: str, **details: Any) -> Problem:
    """The open problem of a record that is only in Intacct."""
    problem = db.session.scalar(
        select(Problem).where(
            Problem.book_id == book_id, Problem.object == object_, Problem.key == key,
            Problem.sync_row_id.is_(None), Problem.closed_at.is_(None),
        )
    )  # fmt: skip
    now = utcnow()
    if problem is None:
        problem = Problem(book_id=book_id, object=object_, key=key, code=code, guide=code, text=text, tries=0)
        db.session.add(problem)
    problem.code, problem.guide, problem.text, problem.details = code, code, text, details
    problem.tries, problem.last_seen, problem.retry_at = problem.tries + 1, now, now + _wait(problem.tries + 1)
    db.session.flush()
    return problem


def close(row: SyncRow, by: str) -> None:
    """Close the row's problem, if it has one: it synced, or a person decided. `by` says which run or who."""
    problem = open_problem(row.id)
    if problem is not None:
        problem.closed_at, problem.closed_by = utcnow(), by
        db.session.flush()


def close_synced(row: SyncRow, by: str) -> None:
    """Close the row's problem after a posting of it succeeded. Money that is still paid on both sides is another
    matter than what was posted, and stays a problem."""
    if not (_holds_money(row) and (problem := open_problem(row.id)) is not None and problem.code == PAID_BOTH_SIDES):
        close(row, by)


def _holds_money(row: SyncRow) -> bool:
    query = select(Pair.id).where(Pair.source_row_id == row.id, Pair.hold == PAID_BOTH_SIDES)
    return db.session.scalar(query.limit(1)) is not None


def close_if(row: SyncRow, codes: Collection[str], by: str) -> None:
    """Close the row's problem when it is one of `codes`: its cause is gone."""
    problem = open_problem(row.id)
    if problem is not None and problem.code in codes:
        problem.closed_at, problem.closed_by = utcnow(), by
        db.session.flush()


def close_unless(row: SyncRow, codes: Collection[str], by: str) -> None:
    """Close the row's problem unless it is one of `codes`: something else is the case now."""
    problem = open_problem(row.id)
    if problem is not None and problem.code == PAID_BOTH_SIDES and _holds_money(row):
        return
    if problem is not None and problem.code not in codes:
        problem.closed_at, problem.closed_by = utcnow(), by
        db.session.flush()


def close_settled(book_id: int, by: str) -> None:
    """Close the problems of records of which nothing is left to send: voided before they were sent, or edited back."""
    owes = exists().where(Pair.source_row_id == SyncRow.id, Pair.applied_here != Pair.applied_there)
    is_open = exists().where(Posting.sync_row_id == SyncRow.id, Posting.state == PostingState.OPEN)
    # Asked of the few open problems, not of all that is settled.
    settled = exists().where(SyncRow.id == Problem.sync_row_id, SyncRow.want_hash == SyncRow.have_hash, ~owes, ~is_open)
    nothing_anywhere = settled.where(SyncRow.want_hash == "", SyncRow.key == "")
    db.session.execute(
        update(Problem)
        .where(Problem.book_id == book_id, Problem.closed_at.is_(None))
        .where(settled & Problem.code.not_in(OF_THE_OTHER_SIDE) | nothing_anywhere)
        .values(closed_at=utcnow(), closed_by=by)
        .execution_options(synchronize_session=False)
    )


def open_there(book_id: int) -> set[tuple[str, str]]:
    """(object, key) of the open problems of records that are only in Intacct."""
    query = select(Problem.object, Problem.key).where(
        Problem.book_id == book_id, Problem.sync_row_id.is_(None), Problem.closed_at.is_(None)
    )
    return set(db.session.execute(query))


def close_there(book_id: int, object_: str, key: str, by: str) -> None:
    """Close the problem of a record that is only in Intacct, if it has one."""
    close_all_there(book_id, object_, [key], by)


def close_all_there(book_id: int, object_: str, keys: Collection[str], by: str) -> None:
    """Close the problems of records that are only in Intacct, where they have one."""
    db.session.execute(
        update(Problem)
        .where(Problem.book_id == book_id, Problem.object == object_, Problem.key.in_(keys))
        .where(Problem.sync_row_id.is_(None), Problem.closed_at.is_(None))
        .values(closed_at=utcnow(), closed_by=by)
    )


def troubled(sync_row_ids: Sequence[int]) -> frozenset[int]:
    """Which of these sync rows have an open problem."""
    query = select(Problem.sync_row_id).where(Problem.sync_row_id.in_(sync_row_ids), Problem.closed_at.is_(None))
    return frozenset(row_id for row_id in db.session.scalars(query) if row_id is not None)


def open_problem(sync_row_id: int) -> Problem | None:
    """The open problem of a sync row."""
    return db.session.scalar(select(Problem).where(Problem.sync_row_id == sync_row_id, Problem.closed_at.is_(None)))


def _wait(tries: int) -> timedelta:
    return timedelta(hours=min(2 ** (tries - 1), LONGEST_WAIT_HOURS)) - timedelta(minutes=5)
