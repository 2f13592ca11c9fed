"""Once a day: which linked records were deleted in Intacct, which no reading of changes shows.

Intacct's audit history names deleted keys. Where the user may not read it, linked keys are checked in turn, a part each
day. Either only raises a suspicion: a record is gone when a look by its key does not find it. What is gone becomes the
problem of its rule; nothing here is changed but what a payment that came from Intacct put on invoices. How far a sweep
came is stored with what it told: one that fails has found nothing, and the next looks at the same again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.database import in_parts
from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.queries import Query, all_of, at_least, equal, one_of
from portal.intacct.stamps import format_stamp
from portal.models.connection import Book
from portal.models.sync import KEPT_AS, Kind, SyncRow
from portal.models.types import utcnow
from portal.problems import ledger
from portal.sync import book_money, cursors, gone, judging, links, read_changes, scope
from portal.sync.context import RunContext
from portal.sync.rows import has_open_posting

AUDIT, IN_TURN = "AUDITHISTORY", "SWEEP"
OVERLAP = timedelta(days=1)
"""Deletions are read again for so long: their stamp need not share a zone with the session's clock."""

OBJECTS = ("CUSTOMER", "ARINVOICE", "ARADJUSTMENT", "ARPYMT", "ARADVANCE")
"""What records of ours can be linked to."""

ROLLING_A_DAY = 20_000
KEYS_AT_ONCE = 1000

CUSTOMER_GONE = "customer_gone"


@dataclass(frozen=True)
class Suspects:
    """Rows whose record may be gone, and where the next sweep goes on once they were looked for and told."""

    rows: list[SyncRow]
    object: str
    """Of the cursor that moves."""
    since: datetime | None = None
    last_row: int = 0


def sweep(ctx: RunContext) -> None:
    """Find deletions, and tell them as problems."""
    ctx.begin("sweep")
    suspects = _from_audit_history(ctx) or _next_in_turn(ctx)
    missing = _missing(ctx, suspects.rows)
    told = [_tell(ctx, db.session.get_one(SyncRow, row_id)) for row_id in missing]
    if all(told) or suspects.object == IN_TURN:
        cursor = cursors.kept(ctx, suspects.object)
        cursor.since, cursor.last_recordno = suspects.since, suspects.last_row
    ctx.count("swept", len(suspects.rows))
    ctx.count("gone", len(missing))
    ctx.checkpoint()
    read_changes.read_queued(ctx)


def _from_audit_history(ctx: RunContext) -> Suspects | None:
    """What was deleted since the last sweep; None when Intacct does not let the user read it, or when it is more than
    one page."""
    since = _last_swept(ctx)
    objects = {object_.lower(): object_ for object_ in OBJECTS}
    ctx.commit()
    started = ctx.gateway.clock or utcnow()
    where = all_of(
        equal("ACCESSMODE", "D"),
        one_of("OBJECTTYPE", sorted(objects)),
        at_least("ACCESSTIME", format_stamp(since - OVERLAP, ctx.offset)),
    )
    try:
        [page] = ctx.pages(
            Query(AUDIT, ("OBJECTTYPE", "OBJECTKEY"), where, show_private=not ctx.entity, numbered=False)
        )
    except IntacctError as error:
        if error.executed != "refused":
            raise
        ctx.warnings.append("Intacct does not let the user read its audit history.")
        return None
    if page.total > len(page.rows):
        ctx.warnings.append(f"Intacct's audit history names {page.total} deletions, more than one page holds.")
        return None
    deleted = {(objects[row["OBJECTTYPE"].lower()], row["OBJECTKEY"]) for row in page.rows}
    return Suspects(_rows_of(ctx, deleted), AUDIT, since=started)


def _last_swept(ctx: RunContext) -> datetime:
    """Since when deletions are asked for. What was deleted in an entity that no session could see was not told."""
    if since := cursors.kept(ctx, AUDIT).since:
        return since
    elsewhere = cursors.elsewhere(ctx, AUDIT)
    return (elsewhere[0].since if elsewhere else None) or db.session.get_one(Book, ctx.book_id).created_at


def _rows_of(ctx: RunContext, deleted: Collection[tuple[str, str]]) -> list[SyncRow]:
    """The linked rows of these keys that the session can see."""
    found: list[SyncRow] = []
    for object_ in sorted({object_ for object_, _ in deleted}):
        keys = sorted(key for name, key in deleted if name == object_)
        for chunk in in_parts(keys, KEYS_AT_ONCE):
            query = select(SyncRow).where(SyncRow.object == object_, SyncRow.key.in_(chunk))
            found += db.session.scalars(query.where(*scope.seen(ctx.book_id, ctx.entity)))
    return found


def _next_in_turn(ctx: RunContext) -> Suspects:
    """The part of the linked rows whose turn it is; after the last one it begins with the first again."""
    turn = cursors.kept(ctx, IN_TURN)
    query = select(SyncRow).where(SyncRow.key != "", *scope.seen(ctx.book_id, ctx.entity)).order_by(SyncRow.id)
    rows = list(db.session.scalars(query.where(SyncRow.id > turn.last_recordno).limit(ROLLING_A_DAY)))
    ctx.warnings.append(f"Linked records are checked in turn for deletions: {len(rows)} this time.")
    return Suspects(rows, IN_TURN, last_row=rows[-1].id if len(rows) == ROLLING_A_DAY else 0)


def _missing(ctx: RunContext, rows: Sequence[SyncRow]) -> list[int]:
    """Ids of the rows whose record a look by key does not find. Network."""
    places = [(row.id, row.object, row.key) for row in rows]
    ctx.commit()
    missing = []
    for object_ in sorted({object_ for _, object_, _ in places}):
        ours = [(row_id, key) for row_id, name, key in places if name == object_]
        there = _there(ctx, object_, {key for _, key in ours})
        missing += [row_id for row_id, key in ours if key not in there]
    return sorted(missing)


def _there(ctx: RunContext, object_: str, keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in in_parts(sorted(keys), KEYS_AT_ONCE):
        query = Query(
            KEPT_AS.get(object_, object_), ("RECORDNO",), one_of("RECORDNO", chunk), show_private=not ctx.entity
        )
        found |= {row["RECORDNO"] for row in ctx.rows(query)}
    return found


def _tell(ctx: RunContext, row: SyncRow) -> bool:
    """Tell that a record is gone; False where that has to wait."""
    if has_open_posting(row.id):
        return False  # settled first; the next sweep looks again
    if not row.key:
        pass  # no longer linked
    elif row.kind == Kind.INVOICE:
        links.read_again(ctx.book_id, "ARINVOICE", "RECORDNO", row.key, "deleted in Intacct")
    elif row.kind == Kind.CUSTOMER:
        _tell_customer(ctx, row)
    elif gone.is_ours(row):
        gone.tell(ctx, row)
    else:
        for key in book_money.invoices_of([row]):
            links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", key, "its payment was deleted in Intacct")
    return True


def _tell_customer(ctx: RunContext, row: SyncRow) -> None:
    known = ledger.open_problem(row.id)
    if row.hold or (known is not None and known.code == CUSTOMER_GONE):
        return  # decided or told already
    judging.problem(
        ctx, row, CUSTOMER_GONE,
        f"Customer {row.number_there} was deleted in Intacct (recordno {row.key}). Nothing was changed here. Its"
        " documents stay where they are. Create it there again, or leave it.",
        there=dict(row.seen_there),
    )  # fmt: skip
