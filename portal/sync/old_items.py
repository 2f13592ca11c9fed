"""What old runs say of records that waited: summed up, since nobody asks for it any more and it grows without end.

What a run did with a record, or met, is a part of that record's history and stays.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func, insert, select

from portal.extensions import db
from portal.models.run import Run, RunItem, RunKind
from portal.models.types import utcnow
from portal.sync.context import RunContext
from portal.sync.judging import WAITING

KEPT_FOR = timedelta(days=90)
RUNS_AT_ONCE = 50


def sum_up(ctx: RunContext) -> None:
    """Replace the single records that waited in old runs of the book by one item a step, which says how many they were.
    Commits, a portion at a time."""
    while _sum_up_some(ctx.book_id):
        ctx.save()
    ctx.commit()


def _sum_up_some(book_id: int) -> int:
    one_by_one = (RunItem.outcome == WAITING) & RunItem.sync_row_id.is_not(None)
    # A preview is a list of what would happen, and grows with people's asking alone.
    old = select(Run.id).where(
        Run.book_id == book_id, Run.ended_at < utcnow() - KEPT_FOR, Run.kind != RunKind.PREVIEW,
        exists().where(RunItem.run_id == Run.id, one_by_one),
    )  # fmt: skip
    runs = list(db.session.scalars(old.order_by(Run.id).limit(RUNS_AT_ONCE)))
    if not runs:
        return 0
    theirs = RunItem.run_id.in_(runs) & one_by_one
    counted = select(RunItem.run_id, RunItem.step, func.count(), func.max(RunItem.at)).where(theirs)
    sums = [
        {
            "run_id": run_id, "step": step, "outcome": WAITING, "at": at, "details": {},
            "object": f"{count:,} record{'s' if count > 1 else ''}",
            "text": f"Waited then. Which ones they were is kept for {KEPT_FOR.days} days.",
        }
        for run_id, step, count, at in db.session.execute(counted.group_by(RunItem.run_id, RunItem.step))
    ]  # fmt: skip
    db.session.execute(delete(RunItem).where(theirs).execution_options(synchronize_session=False))
    db.session.execute(insert(RunItem), sums)
    return len(runs)
