"""Slowing down who fails again and again: the waits grow, are the same for all web processes, and end by themselves.

A try is counted before it is made, so that many at the same moment count as many; a success takes its count back.
What is tried during a wait is refused unseen and makes the wait no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import bindparam, case, delete, func, null, select, text, update

from portal.extensions import db
from portal.models.access import SignInFailures
from portal.models.types import UtcTime, utcnow

LONGEST_WAIT_MINUTES = 15
FORGOTTEN_AFTER = timedelta(days=1)

_ENTER = text(
    "INSERT INTO sign_in_failures (subject, count, last_at) VALUES (:subject, 0, :now) ON CONFLICT (subject) DO NOTHING"
).bindparams(bindparam("now", type_=UtcTime))


@dataclass(frozen=True)
class Limit:
    """Whose tries are counted, and how many are free before the waits begin."""

    subject: str
    free: int


@dataclass(frozen=True)
class Claim:
    """A counted try: `counts` says which one it is for each subject. With `wait_seconds` it may not be made now, and
    nothing was counted."""

    wait_seconds: int
    counts: dict[str, int]


def claim(*limits: Limit) -> Claim:
    """Count one try for each limit, unless one of them still waits."""
    now = utcnow()
    # Always in the same order, so that two requests never hold a row that the other waits for.
    rows = [(_locked(limit.subject, now), limit) for limit in sorted(limits, key=lambda limit: limit.subject)]
    seconds = max(_seconds_left(row, now) for row, _ in rows)
    if seconds:
        return Claim(seconds, {})
    for row, limit in rows:
        _count(row, limit.free, now)
    db.session.flush()
    return Claim(0, {row.subject: row.count for row, _ in rows})


def clear(subject: str) -> None:
    """Forget the failures of this subject."""
    db.session.execute(delete(SignInFailures).where(SignInFailures.subject == subject))


def take_back(subject: str, count: int) -> None:
    """Count one failure less: the try `count` was none. The wait that it began ends, unless others failed since."""
    began_wait = SignInFailures.count == count
    db.session.execute(
        update(SignInFailures)
        .where(SignInFailures.subject == subject, SignInFailures.count > 0)
        .values(
            count=SignInFailures.count - 1, blocked_until=case((began_wait, null()), else_=SignInFailures.blocked_until)
        )
        .execution_options(synchronize_session=False)
    )


def forget_old() -> int:
    """Drop what is a day old and counts no more. Returns how many rows that were."""
    stale = SignInFailures.last_at < utcnow() - FORGOTTEN_AFTER
    count = db.session.scalar(select(func.count()).select_from(SignInFailures).where(stale)) or 0
    if count:
        db.session.execute(delete(SignInFailures).where(stale).execution_options(synchronize_session=False))
    return count


def wait_minutes(failures: int, free: int) -> int:
    """How long the next try waits after so many failures: 0, then 1, 2, 4, 8 and at most 15 minutes."""
    if failures < free:
        return 0
    return int(min(2 ** min(failures - free, 10), LONGEST_WAIT_MINUTES))


def wait_in_words(seconds: int) -> str:
    """40 seconds, 1 minute, 15 minutes: rounded up, so that it is true."""
    if seconds <= 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{ceil(seconds / 60)} minutes"


def _locked(subject: str, now: datetime) -> SignInFailures:
    db.session.execute(_ENTER, {"subject": subject, "now": now})
    query = select(SignInFailures).where(SignInFailures.subject == subject).with_for_update()
    return db.session.execute(query.execution_options(populate_existing=True)).scalar_one()


def _seconds_left(row: SignInFailures, now: datetime) -> int:
    return max(0, ceil((row.blocked_until - now).total_seconds())) if row.blocked_until else 0


def _count(row: SignInFailures, free: int, now: datetime) -> None:
    if now - row.last_at > FORGOTTEN_AFTER:
        row.count = 0
    row.count += 1
    row.last_at = now
    minutes = wait_minutes(row.count, free)
    row.blocked_until = now + timedelta(minutes=minutes) if minutes else None
