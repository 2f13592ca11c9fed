"""The end of a tie-out: sums by customer, the day's totals, what could not be read in sentences, old ones removed."""

from __future__ import annotations

from sqlalchemy import case, delete, func, insert, literal_column, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.tie_out import TieOut, TieOutCustomer, TieOutDay, TieOutDocument, TieOutMoved
from portal.models.types import utcnow
from portal.money import ZERO
from portal.queries import tie_out as queries
from portal.services import tie_out_alerts
from portal.sync.context import RunContext
from portal.sync.tie_out import there as theirs
from portal.sync.tie_out.asking import DAILY
from portal.sync.tie_out.comparing import remove
from portal.sync.tie_out.work import Work

KEPT_AS_OF = 5
"""Tie-outs of days in the past that are kept beside the newest of now."""
NAMED_AT_MOST = 5


def close(work: Work, *, trigger: str) -> None:
    """Add up, tell who wants to know, and make the tie-out the one that its page shows."""
    ctx = work.ctx
    ctx.begin("add_up")
    db.session.execute(delete(TieOutMoved).where(TieOutMoved.tie_out_id == work.tie_out_id))
    _sum_customers(work.tie_out_id)
    tie_out = db.session.get_one(TieOut, work.tie_out_id)
    tie_out.unread = unread_in_words(work)
    tie_out.finished, tie_out.read_at = True, utcnow()
    db.session.flush()
    totals = queries.totals(tie_out)
    ctx.counts["compared"] = sum(total.documents for total in totals)
    ctx.counts["differing"] = sum(total.differing for total in totals)
    if work.as_of is None:
        _keep_day(ctx, tie_out, totals)
    if trigger == DAILY:
        tie_out_alerts.tell(db.session.get_one(Company, ctx.company_id), totals)
    _remove_old(ctx.book_id, tie_out)
    ctx.checkpoint()


def _sum_customers(tie_out_id: int) -> None:
    rows = TieOutDocument
    difference = func.sum(rows.difference)
    sums = (
        select(
            rows.tie_out_id, rows.customer_key, func.max(rows.customer_id), func.max(rows.customer_name),
            rows.currency, func.sum(rows.here_due), func.sum(rows.there_due), difference, func.abs(difference),
            func.count(rows.id), func.sum(case((rows.difference != ZERO, literal_column("1")),
                                               else_=literal_column("0"))),
        )
        .where(rows.tie_out_id == tie_out_id)
        .group_by(rows.tie_out_id, rows.customer_key, rows.currency)
    )  # fmt: skip
    columns = (
        "tie_out_id", "customer_key", "customer_id", "name", "currency", "here", "there", "difference", "size",
        "documents", "differing",
    )  # fmt: skip
    db.session.execute(insert(TieOutCustomer).from_select(columns, sums))


def _keep_day(ctx: RunContext, tie_out: TieOut, totals: list[queries.Total]) -> None:
    day = db.session.get_one(Company, ctx.company_id).today()
    db.session.execute(delete(TieOutDay).where(TieOutDay.book_id == ctx.book_id, TieOutDay.day == day))
    causes: dict[str, dict[str, str]] = {}
    for found in queries.causes(tie_out):
        causes.setdefault(found.currency, {})[found.cause] = str(found.amount)
    for total in totals:
        db.session.add(
            TieOutDay(
                book_id=ctx.book_id, run_id=ctx.run_id, day=day, currency=total.currency, here=total.here,
                there=total.there, difference=total.difference, unexplained=total.unexplained,
                causes=causes.get(total.currency, {}),
            )
        )  # fmt: skip
    db.session.flush()


def _remove_old(book_id: int, newest: TieOut) -> None:
    """Older tie-outs of now, of the same day, and all but a few of other days; unfinished ones whose run has ended."""
    others = list(
        db.session.scalars(
            select(TieOut).where(TieOut.book_id == book_id, TieOut.id < newest.id).order_by(TieOut.id.desc())
        )
    )
    kept = 0
    for other in others:
        if other.finished and other.as_of != newest.as_of and (other.as_of is None or kept < KEPT_AS_OF):
            kept += other.as_of is not None
            continue
        remove(other.id)


def unread_in_words(work: Work) -> list[str]:
    """What the tie-out could not read, and what it therefore leaves out."""
    ctx, unread = work.ctx, work.unread
    told = []
    for object_, words in unread.refused.items():
        kept = theirs.BY_NAME.get(object_)
        called = kept.called if kept else "rows of payments, by which differences are explained"
        told.append(
            f"Intacct's {called} could not be read, and are missing on its side: {words} Give the Web Services user"
            f" the right to list {object_}, then refresh."
        )
    for object_, rows in unread.broken.items():
        shown = ", ".join(rows[:NAMED_AT_MOST])
        more = f" and {len(rows) - NAMED_AT_MOST} more" if len(rows) > NAMED_AT_MOST else ""
        told.append(f"{len(rows)} of {object_} hold a value that cannot be read and are left out: {shown}{more}.")
    if ctx.entity:
        told.append(
            f"The connection is to the entity {ctx.entity}: records that other entities or the top level own are not"
            " seen."
        )
    if not ctx.choices.read_payments:
        told.append(
            "Reading of payments is off: money received in Intacct since then counts as changed there, and is not"
            " recorded here."
        )
    if work.as_of is not None:
        told.append(
            f"As of {work.as_of.isoformat()}: what was voided, reversed or deleted since then is left out on both"
            " sides, and a document has the total that it has today."
        )
    return told
