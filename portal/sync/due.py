"""What a tick finds to do: hourly syncs, open postings to settle, runs whose worker died, runs that Redis forgot.

Harmless when it fires twice: the database's unique indexes let only one of two equal runs be born.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.database import now_ms
from portal.extensions import db
from portal.models.connection import Book, Connection, IntegrationSettings
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.sync.runs import AUTO_SYNC_EVERY, MAX_CLAIMS, unended
from portal.sync.tie_out import asking

FORGOTTEN_AFTER_MS = 20_000
"""A queued run that no worker took for so long is put on the queue again (Redis may have lost it)."""

SETTLE_LOOK_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(days=1)
SWEEP_AGAIN = timedelta(hours=1)
SWEEP_MINUTE = 23

_DONE = (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)


def due(settle_wait_seconds: int) -> list[int]:
    """Ids of the runs to enqueue now, oldest first. Commits what it creates and stamps."""
    _end_hopeless()
    for book in _connected_books():
        _plan_sync(book)
        _plan_settle(book, settle_wait_seconds)
        _plan_sweep(book)
        _plan_tie_out(book)
    return _stamp_runs_to_enqueue()


def _connected_books() -> list[Book]:
    query = select(Book).join(Connection, Connection.book_id == Book.id).where(Book.active, Connection.connected)
    return list(db.session.scalars(query))


def _plan_sync(book: Book) -> None:
    chosen = db.session.get(IntegrationSettings, book.company_id)
    now = utcnow()
    if not (chosen and chosen.values.get("auto_sync")):
        return
    if book.next_sync_at is None:
        book.next_sync_at = now
    if book.next_sync_at > now or unended(book.id, RunKind.SYNC):
        db.session.commit()
        return
    scheduled_for = book.next_sync_at
    book.next_sync_at = now + AUTO_SYNC_EVERY
    _add(Run(book_id=book.id, kind=RunKind.SYNC, exclusive=True, trigger="hourly", scheduled_for=scheduled_for))


def _plan_settle(book: Book, wait_seconds: int) -> None:
    opened = db.session.execute(
        select(func.max(Posting.sent_at), func.max(Posting.send_before))
        .join(SyncRow, SyncRow.id == Posting.sync_row_id)
        .where(SyncRow.book_id == book.id, Posting.state == PostingState.OPEN, Posting.entity == book.entity)
    ).one()
    if opened[0] is not None and _look_is_due(book.id, opened[0], opened[1], wait_seconds):
        _add(Run(book_id=book.id, kind=RunKind.SETTLE, exclusive=True, trigger="open postings"))
    db.session.commit()


def _plan_sweep(book: Book) -> None:
    """Once a day, after something was synced: what was deleted there shows in no change that a sync reads. One that
    failed is not the day's; it is made up for an hour later."""
    synced = func.max(Run.started_at).filter(Run.kind == RunKind.SYNC, Run.state.in_(_DONE))
    swept = func.max(Run.created_at).filter(Run.kind == RunKind.SWEEP, Run.state.in_(_DONE))
    tried = func.max(Run.created_at).filter(Run.kind == RunKind.SWEEP)
    first = func.min(Run.started_at).filter(Run.kind == RunKind.SYNC, Run.state.in_(_DONE))
    query = select(synced, swept, tried, first).where(Run.book_id == book.id)
    last_sync, last_sweep, last_try, begun = db.session.execute(query).one()
    since = last_sweep or begun
    now = utcnow()
    if (
        since is not None
        and now > since + SWEEP_EVERY
        and (last_sweep is None or (last_sync or since) > last_sweep)
        and (last_try is None or now > last_try + SWEEP_AGAIN)
        and not unended(book.id, RunKind.SWEEP)
    ):
        # One an hour at most, whoever ticks; at a minute at which no tie-out is planned, whatever the company's zone.
        hour = now.replace(minute=SWEEP_MINUTE, second=0, microsecond=0)
        _add(Run(book_id=book.id, kind=RunKind.SWEEP, exclusive=True, trigger="daily", scheduled_for=hour))
    db.session.commit()


def _plan_tie_out(book: Book) -> None:
    """Once a day both books are compared, whatever else runs: a tie-out only reads."""
    planned = asking.daily(book)
    if planned is not None:
        _add(planned)
    db.session.commit()


def _look_is_due(book_id: int, sent_at: datetime, send_before: datetime, wait_seconds: int) -> bool:
    """One look soon after the answer was missed, one a minute until the wait is over, one after it; then hourly."""
    last = db.session.scalar(
        select(func.max(Run.started_at)).where(
            Run.book_id == book_id, Run.kind.in_((RunKind.SYNC, RunKind.SETTLE)), Run.started_at.is_not(None)
        )
    )
    now = utcnow()
    if last is None or last < sent_at:
        return now > sent_at + timedelta(seconds=10)
    wait_over = send_before + timedelta(seconds=wait_seconds)
    if now > wait_over:
        return last <= wait_over or now > last + AUTO_SYNC_EVERY
    return now > last + SETTLE_LOOK_EVERY


def _add(run: Run) -> None:
    """Commit `run`, unless an equal one exists: another tick was faster, or one is queued already."""
    db.session.add(run)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()


def _end_hopeless() -> None:
    """Close runs that every worker died of; their book must not stay held for ever."""
    db.session.execute(
        update(Run)
        .where(Run.state == RunState.RUNNING, Run.lease_until < now_ms(), Run.claims >= MAX_CLAIMS)
        .values(
            state=RunState.FAILED, token="", ended_at=utcnow(), error_code="workers_died",
            error=f"The run was taken up {MAX_CLAIMS} times and its worker ended each time. What was stored stays.",
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    db.session.commit()


def _stamp_runs_to_enqueue() -> list[int]:
    waiting = (Run.state == RunState.QUEUED) & (Run.enqueued_at < now_ms() - FORGOTTEN_AFTER_MS)
    expired = (Run.state == RunState.RUNNING) & (Run.lease_until < now_ms())
    expired &= Run.enqueued_at < now_ms() - FORGOTTEN_AFTER_MS
    ids = list(db.session.scalars(select(Run.id).where(waiting | expired).order_by(Run.id)))
    if ids:
        stamp(ids)
    db.session.commit()
    return ids


def stamp(run_ids: list[int]) -> None:
    """Remember that these runs were put on the queue now."""
    db.session.execute(
        update(Run).where(Run.id.in_(run_ids)).values(enqueued_at=now_ms()).execution_options(synchronize_session=False)
    )
