"""Posting on the first open day there what a person chose not to leave in its closed period.

Intacct says only by refusing which days are closed, so the days are tried one by one: the first of each later month up
to this one, then today. A refused try posts nothing. The record keeps its own date here, and there as well where the
posting date is another field (invoices); nothing is re-dated without that choice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, select

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.company import Company
from portal.models.run import RunItem
from portal.models.sync import Posting, PostingState, SyncRow
from portal.problems import ledger
from portal.sync import sending
from portal.sync.context import RunContext
from portal.sync.sending import Ready

CLOSED = "closed_period"
"""The guide of what Intacct refuses because its period is closed."""


def next_day(day: dt.date, today: dt.date) -> dt.date | None:
    """The next day to try after `day`; None when there is none up to today."""
    following = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    if following <= today:
        return following
    return today if day < today else None


def choose(row: SyncRow, number: str, day: dt.date, today: dt.date) -> None:
    """Have a record of this date posted on the first open day. Raises NotAllowedNow when no later day has come."""
    later = next_day(day, today)
    if later is None:
        raise NotAllowedNow(
            f"{number} is dated {day:%-d %b %Y}, and no later day has come yet. Nothing was changed. Have the period"
            " opened in Intacct, then retry."
        )
    row.post_on = later


def posting_day(row_id: int, day: dt.date) -> dt.date | None:
    """The day on which a record of this date is posted there by choice; None for its own. Asked when it is built."""
    chosen = db.session.get_one(SyncRow, row_id).post_on
    return chosen if chosen is not None and chosen > day else None


def send(ctx: RunContext, items: Sequence[Ready]) -> None:
    """Send as `sending.send_all` does; what is to go on the first open day goes on from a closed one to the next."""
    while items:
        sending.send_all(ctx, items)
        today = db.session.get_one(Company, ctx.company_id).today()
        chosen = {} if ctx.pretence is not None else _posted_by_choice([item.row_id for item in items])
        items = [item for item in items if item.row_id in chosen and _moves_on(ctx, chosen[item.row_id], today)]
        ctx.checkpoint()


def _posted_by_choice(row_ids: Sequence[int]) -> dict[int, SyncRow]:
    """The rows among these that are to go on the first open day."""
    query = select(SyncRow).where(SyncRow.id.in_(row_ids), SyncRow.post_on.is_not(None))
    return {row.id: row for row in db.session.scalars(query.execution_options(populate_existing=True))}


def _moves_on(ctx: RunContext, row: SyncRow, today: dt.date) -> bool:
    if row.post_on is None or not _refused_as_closed(ctx, row):
        return False
    day = next_day(row.post_on, today)
    if day is None:
        return False
    row.post_on = day
    ctx.counts["problems"] -= 1
    db.session.execute(
        delete(RunItem).where(
            RunItem.run_id == ctx.run_id, RunItem.sync_row_id == row.id, RunItem.outcome == "problem"
        )
    )  # fmt: skip
    return True


def _refused_as_closed(ctx: RunContext, row: SyncRow) -> bool:
    problem = ledger.open_problem(row.id)
    newest = db.session.scalar(select(Posting).where(Posting.sync_row_id == row.id).order_by(Posting.seq.desc()))
    return (
        problem is not None
        and problem.guide == CLOSED
        and newest is not None
        and newest.run_id == ctx.run_id
        and newest.state == PostingState.REFUSED
    )
