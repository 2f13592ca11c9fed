"""Asking for a tie-out: one at a time for each day that is asked for, and one a day by itself."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.types import utcnow
from portal.sync import runs

DAILY = "daily"
"""The trigger of the tie-out that is planned once a day; its result may be told by mail."""

DAILY_AT = dt.time(4, 17)
"""On the company's clock: after the evening's work, before anybody asks."""


def ask(book: Book, as_of: dt.date | None, *, trigger: str, user_id: int | None = None) -> tuple[Run, bool]:
    """(the tie-out of that day, or of now; whether it is new): one that waits or is at work already is the one asked
    for."""
    subject = {"as_of": as_of.isoformat()} if as_of else {}
    query = select(Run).where(
        Run.book_id == book.id, Run.kind == RunKind.TIE_OUT, Run.state.in_((RunState.QUEUED, RunState.RUNNING))
    )
    for run in db.session.scalars(query.order_by(Run.id)):
        if run.subject == subject:
            return run, False
    return runs.request(book, RunKind.TIE_OUT, trigger=trigger, user_id=user_id, subject=subject), True


def daily(book: Book) -> Run | None:
    """The tie-out that is due today and not yet asked for; none before the book's first sync has ended well."""
    company = db.session.get_one(Company, book.company_id)
    local = utcnow().astimezone(ZoneInfo(company.timezone))
    due = dt.datetime.combine(local.date(), DAILY_AT, tzinfo=ZoneInfo(company.timezone))
    if due > local:
        due -= dt.timedelta(days=1)
    due = due.astimezone(dt.UTC)
    ended = (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)
    synced = select(Run.id).where(Run.book_id == book.id, Run.kind == RunKind.SYNC, Run.state.in_(ended))
    made = select(Run.id).where(Run.book_id == book.id, Run.kind == RunKind.TIE_OUT, Run.trigger == DAILY)
    if db.session.scalar(synced.limit(1)) is None or db.session.scalar(made.where(Run.scheduled_for >= due).limit(1)):
        return None
    return Run(book_id=book.id, kind=RunKind.TIE_OUT, exclusive=False, trigger=DAILY, scheduled_for=due, subject={})
