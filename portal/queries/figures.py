"""Figures of the whole install, across companies: for monitoring alone, never for a page of a company.

Each is read by an index, and none grows with the size of a book but the number of all postings and of all runs, which
are counted in their indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal.database import now_ms, seconds_between
from portal.extensions import db
from portal.models.access import OutgoingMail
from portal.models.connection import Book, Connection, IntegrationSettings
from portal.models.run import Run, RunState
from portal.models.sync import Posting, PostingState, Problem
from portal.models.types import utcnow
from portal.models.usage import GatewayFailure, GatewayUsage


@dataclass(frozen=True)
class Runs:
    """Runs of a kind in a state: how many, how long they took together (of those that ended), and how often a worker
    took one up whose lease another had let expire."""

    kind: str
    state: str
    count: int
    seconds: float
    taken_over: int


@dataclass(frozen=True)
class Gateway:
    """What was asked of Intacct for one purpose since counting began."""

    purpose: str
    requests: int
    functions: int
    seconds: float


def runs() -> list[Runs]:
    """All runs there ever were, by kind and state."""
    took = func.sum(seconds_between(Run.started_at, Run.ended_at))
    query = select(Run.kind, Run.state, func.count(), took, func.sum(Run.takeovers)).group_by(Run.state, Run.kind)
    return [
        Runs(kind, state, count, float(seconds or 0), int(again or 0))
        for kind, state, count, seconds, again in db.session.execute(query)
    ]


def oldest_queued_seconds() -> float:
    """Since when the oldest queued run waits; 0 when none does."""
    query = select(Run.created_at).where(Run.state == RunState.QUEUED).order_by(Run.id).limit(1)
    return _age(db.session.scalar(query))


def leases_expired() -> int:
    """Runs at work whose worker has stopped renewing its lease, and which nobody has taken up yet."""
    expired = (Run.lease_until > 0, Run.lease_until < now_ms())
    return _count(select(func.count()).where(Run.state == RunState.RUNNING, *expired))


def handed_back() -> int:
    """Runs that made way for others, or whose worker was asked to stop, and that no worker has gone on with yet."""
    return _count(select(func.count()).where(Run.state == RunState.RUNNING, Run.lease_until == 0))


def sync_late_seconds() -> float:
    """For how long the most overdue hourly sync has been due and not been asked for; 0 when none is."""
    query = (
        select(func.min(Book.next_sync_at))
        .join(Connection, Connection.book_id == Book.id)
        .join(IntegrationSettings, IntegrationSettings.company_id == Book.company_id)
        .where(Book.active, Connection.connected, IntegrationSettings.values["auto_sync"].as_boolean())
    )
    return _age(db.session.scalar(query))


def postings() -> dict[str, int]:
    """All postings there ever were, by state: attempts, of which a record may have several. Only `open` is current."""
    unposted = Posting.state != PostingState.POSTED
    found = dict.fromkeys((state.value for state in PostingState), 0)
    query = select(Posting.state, func.count()).where(unposted).group_by(Posting.state)
    found |= {state: count for state, count in db.session.execute(query)}
    found[PostingState.POSTED] = _count(select(func.count()).select_from(Posting)) - sum(found.values())
    return found


def oldest_open_posting_seconds() -> float:
    """Since when it is not known of the oldest open posting whether Intacct has it; 0 when none is open."""
    return _age(db.session.scalar(select(func.min(Posting.sent_at)).where(Posting.state == PostingState.OPEN)))


def problems() -> dict[str, int]:
    """Open problems by code."""
    found: dict[str, int] = {}
    for subject in (Problem.sync_row_id.is_not(None), Problem.sync_row_id.is_(None)):
        query = select(Problem.code, func.count()).where(Problem.closed_at.is_(None), subject).group_by(Problem.code)
        for code, count in db.session.execute(query):
            found[code] = found.get(code, 0) + count
    return found


def mails_waiting() -> tuple[int, float]:
    """(mails that are not out, since when the oldest of them waits in seconds)."""
    query = select(func.count(), func.min(OutgoingMail.created_at)).where(*_waiting())
    count, oldest = db.session.execute(query).one()
    return count, _age(oldest)


def mails_given_up() -> int:
    """Mails of the last month that were tried for three days in vain."""
    return _count(select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.given_up_at.is_not(None)))


def connected_companies() -> int:
    """Companies that are connected to Intacct."""
    return _count(select(func.count()).where(Connection.connected))


def gateway() -> list[Gateway]:
    """All that was asked of Intacct, by purpose."""
    query = select(
        GatewayUsage.purpose,
        func.sum(GatewayUsage.requests),
        func.sum(GatewayUsage.functions),
        func.sum(GatewayUsage.milliseconds),
    ).group_by(GatewayUsage.purpose)
    return [
        Gateway(purpose, int(requests), int(functions), int(milliseconds) / 1000)
        for purpose, requests, functions, milliseconds in db.session.execute(query)
    ]


def gateway_failures() -> dict[str, int]:
    """Requests to Intacct that failed as a whole, by the kind of error."""
    query = select(GatewayFailure.error, func.sum(GatewayFailure.requests)).group_by(GatewayFailure.error)
    return {error: int(count) for error, count in db.session.execute(query)}


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return OutgoingMail.sent_at.is_(None), OutgoingMail.given_up_at.is_(None)


def _age(moment: datetime | None) -> float:
    return 0.0 if moment is None else max((utcnow() - moment).total_seconds(), 0.0)


def _count(query: Any) -> int:
    return int(db.session.scalar(query) or 0)
