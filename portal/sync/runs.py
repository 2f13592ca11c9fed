"""Runs and their leases: asked for, claimed, kept, ended. The row is the truth; Redis only carries its id.

A worker claims a run with one conditional UPDATE that writes a random token and a lease. Every later write of the run
checks the token in its own transaction, so a worker that lost its lease stops at its next write. Lease times come from
the database's clock.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Table, bindparam, case, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate

from portal.database import now_ms
from portal.errors import Busy, NotAllowedNow
from portal.extensions import db
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.types import utcnow
from portal.services import turns

MAX_CLAIMS = 10
"""A run that killed this many workers is ended instead of being taken up again."""

AUTO_SYNC_EVERY = timedelta(hours=1)


class LostLease(Exception):
    """Another worker holds the run now; this one must stop at once and write nothing more."""


def request(
    book: Book, kind: RunKind, *, trigger: str, user_id: int | None = None, subject: dict[str, Any] | None = None
) -> Run:
    """A new queued run. Raises Busy, naming the run, when a sync of this book is queued or running already."""
    if kind == RunKind.SYNC and (holder := unended(book.id, RunKind.SYNC)):
        raise Busy(f"Sync {holder.id} of this company is already {holder.state}.", run_id=holder.id)
    run = Run(
        book_id=book.id, kind=kind, exclusive=kind.exclusive, trigger=trigger, user_id=user_id, subject=subject or {},
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(run)
    except IntegrityError as error:
        existing = unended(book.id, kind)
        if existing is None:
            raise
        raise Busy(f"Run {existing.id} of this company is already {existing.state}.", run_id=existing.id) from error
    return run


def unended(book_id: int, kind: RunKind | None = None) -> Run | None:
    """The oldest run of the book (of `kind`) that is queued or running."""
    query = select(Run).where(Run.book_id == book_id, Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
    if kind is not None:
        query = query.where(Run.kind == kind)
    return db.session.scalar(query.order_by(Run.id).limit(1))


def holder(book_id: int) -> Run | None:
    """The run that holds the book now."""
    return db.session.scalar(
        select(Run).where(Run.book_id == book_id, Run.state == RunState.RUNNING, Run.exclusive).limit(1)
    )


def claim(run_id: int, lease_seconds: int) -> str | None:
    """Take the run up: its new token, or None when it is not to be had (held, ended, or the book is busy)."""
    token = secrets.token_hex(16)
    before = db.session.scalar(select(Run.token).where(Run.id == run_id))
    takeable = or_(Run.state == RunState.QUEUED, (Run.state == RunState.RUNNING) & (Run.lease_until < now_ms()))
    lost = (Run.state == RunState.RUNNING) & (Run.lease_until > 0)  # not handed back, which leaves 0
    try:
        taken = db.session.execute(
            update(Run)
            .where(Run.id == run_id, takeable, Run.claims < MAX_CLAIMS)
            .values(
                state=RunState.RUNNING, token=token, lease_until=now_ms() + lease_seconds * 1000,
                claims=Run.claims + 1, takeovers=Run.takeovers + case((lost, 1), else_=0),
                started_at=func.coalesce(Run.started_at, utcnow()),
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return None
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    if before:
        turns.free_all(db.engine, before)  # whoever had it stands still, or is gone
    return token


def renew(run_id: int, token: str, lease_seconds: int) -> bool:
    """Push the lease out; False when it is no longer ours. Commits nothing."""
    done = db.session.execute(
        update(Run)
        .where(Run.id == run_id, Run.token == token, Run.state == RunState.RUNNING)
        .values(lease_until=now_ms() + lease_seconds * 1000)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def write(run_id: int, held_token: str, *, lease_seconds: int | None = None, **values: Any) -> bool:
    """Write `values` to the run if it is still ours, and push its lease out by so many seconds; whether somebody asked
    it to stop. Raises LostLease when it is not ours; the caller's transaction is void."""
    given = {f"new_{name}": value for name, value in values.items()}
    if lease_seconds is not None:
        given["lease_ms"] = lease_seconds * 1000
    statement = _writing(tuple(values), lease_seconds is not None)
    parameters = {"run": run_id, "held_token": held_token, **given}
    asked = db.session.execute(statement, parameters).scalar_one_or_none()
    if asked is None:
        db.session.rollback()
        raise LostLease
    return bool(asked)


@cache
def _writing(names: tuple[str, ...], leased: bool) -> ReturningUpdate[tuple[bool]]:
    """The statement of `write` for these columns: made once, since a run writes at every page. It is the table's own:
    the mapped class would look through the session for runs to refresh."""
    table = cast(Table, Run.__table__)
    new: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    if leased:
        new["lease_until"] = now_ms() + bindparam("lease_ms", type_=BigInteger)
    return (
        update(table)
        .where(table.c.id == bindparam("run"), table.c.token == bindparam("held_token"))
        .where(table.c.state == RunState.RUNNING)
        .values({"claims": table.c.claims, **new})
        .returning(table.c.cancel_asked)
    )


def hand_back(run_id: int, held_token: str, **values: Any) -> None:
    """Let another worker, or this one at another time, go on with the run, which keeps its book meanwhile. It was no
    attempt that failed: it does not count as a claim. Raises LostLease when it is no longer ours."""
    write(run_id, held_token, token=secrets.token_hex(16), lease_until=0, **values)
    db.session.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(enqueued_at=now_ms(), claims=Run.claims - 1)
        .execution_options(synchronize_session=False)
    )


def abandon(run_id: int, held_token: str) -> bool:
    """Hand the run back as it stands, and its places at Intacct with it, from a process that ends now; whether it was
    ours. Commits. What is on its way then is cut off, as a dead worker's is."""
    try:
        hand_back(run_id, held_token)
    except LostLease:
        return False
    db.session.commit()
    turns.free_all(db.engine, held_token)  # whoever takes it up frees those of the token that it was handed back under
    return True


def end(run_id: int, held_token: str, state: RunState, *, error: str = "", code: str = "") -> None:
    """Close the run and free its book. Raises LostLease when it is no longer ours."""
    write(
        run_id, held_token, state=state, token="", lease_until=0, error=error, error_code=code, ended_at=utcnow()
    )  # fmt: skip


def cancel(run: Run) -> None:
    """Ask a run to stop: a queued one ends at once, a running one at its next record's edge."""
    if RunState(run.state).ended:
        raise NotAllowedNow(f"Run {run.id} has ended already ({run.state}).")
    db.session.execute(
        update(Run)
        .where(Run.id == run.id, Run.state == RunState.QUEUED)
        .values(state=RunState.CANCELLED, ended_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Run)
        .where(Run.id == run.id, Run.state == RunState.RUNNING)
        .values(cancel_asked=True)
        .execution_options(synchronize_session=False)
    )
    db.session.expire(run)


def next_queued(book_id: int) -> int | None:
    """The oldest queued run of the book, which the run that just ended makes way for."""
    return db.session.scalar(
        select(Run.id).where(Run.book_id == book_id, Run.state == RunState.QUEUED).order_by(Run.id).limit(1)
    )
