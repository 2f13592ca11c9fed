"""What a look means for a record that should be in Intacct: ours is adopted, another's is a problem, absent is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from portal.extensions import db
from portal.models.sync import Act, SyncRow
from portal.problems import ledger
from portal.sync import links
from portal.sync.context import RunContext
from portal.sync.looking import Look, There
from portal.sync.mapping import CannotSend, CreditNoteRecord, InvoiceRecord, PaymentRecord
from portal.sync.snapshots import Snapshot

BY_HAND_PROBLEM = "by_hand"
DOCUMENTS = InvoiceRecord | PaymentRecord | CreditNoteRecord
WAITING = "waiting"

WRITTEN = {
    Act.CREATE: "created",
    Act.UPDATE: "updated",
    Act.APPLY: "applied",
    Act.REVERSE: "reversed",
    Act.DELETE: "deleted",
}
"""What a run's page calls a record that an act was done to."""


def problem(ctx: RunContext, row: SyncRow, code: str, text: str, *, guide: str = "", **details: object) -> None:
    """Open or renew the row's problem and list it on the run's page. Flushes."""
    ledger.report(row, code, text, guide=guide, details=details)
    ctx.count("problems")
    ctx.item("problem", text, row_id=row.id)


def not_waiting(ctx: RunContext, snapshots: Sequence[Snapshot], of: str) -> list[Snapshot]:
    """Those that wait for nothing; that the others wait, and for what, is noted. `of` as for `wait_all`."""
    wait_all(ctx, {snapshot.row_id: snapshot.waits_for for snapshot in snapshots if snapshot.waits_for}, of)
    return [snapshot for snapshot in snapshots if not snapshot.waits_for]


def wait(ctx: RunContext, row: SyncRow, reason: str) -> None:
    """A record whose forerunner is missing waits and names it; waiting is no try. Flushes."""
    ledger.close_unless(row, (BY_HAND_PROBLEM,), ctx.by)
    row.waiting_for = reason
    if row.id not in ctx.told_of([row.id], WAITING):
        ctx.count("waiting")
        ctx.item(WAITING, reason, row_id=row.id)
    db.session.flush()


def wait_all(ctx: RunContext, reasons: Mapping[int, str], of: str) -> None:
    """As `wait`, for a part of the records of a step, by their rows; `of` names the part of the step. At most as many
    as a query takes values.

    What waited for the same thing before may do so for ever: it is counted, and told together, not one by one, unless
    somebody asked for that very record.
    """
    if not reasons:
        return
    rows = list(db.session.scalars(select(SyncRow).where(SyncRow.id.in_(reasons)).order_by(SyncRow.id)))
    troubled, told = ledger.troubled(list(reasons)), ctx.told_of(list(reasons), WAITING)
    counted_up_to = ctx.told_together_up_to(WAITING, of)
    as_before = []
    for row in rows:
        if row.id in troubled:
            ledger.close_unless(row, (BY_HAND_PROBLEM,), ctx.by)
        is_new, row.waiting_for = row.waiting_for != reasons[row.id], reasons[row.id]
        if row.id in told:
            continue
        if is_new or ctx.pretence is not None or ctx.only_rows is not None:
            ctx.count("waiting")
            ctx.item(WAITING, reasons[row.id], row_id=row.id)
        elif row.id > counted_up_to:
            ctx.count("waiting")
            as_before.append(row)
    if as_before:
        what = f"{len(as_before):,} {as_before[0].kind.replace('_', ' ')}{'s' if len(as_before) > 1 else ''}"
        text = "Waiting for the same as before. The page of problems lists them, each with what it waits for."
        ctx.item(WAITING, text, object_=what, details={"of": of, "up_to": as_before[-1].id})
    db.session.flush()


def adopt(ctx: RunContext, row: SyncRow, snapshot: Snapshot, there: There, above: int) -> None:
    """Ours is there already, from a posting whose answer we never had or that this database does not remember."""
    seen = {**there.seen(), "seq": max(above, there.seq)}
    links.link_without_posting(row, there.key, there.number, seen, there.entity)
    ctx.remember(row)
    ledger.close(row, ctx.by)
    ctx.count(f"linked.{snapshot.kind.value}s")
    ctx.item("linked", f"It was in Intacct already, as record {there.key}.", row_id=row.id)


def unreadable(ctx: RunContext, row: SyncRow, number: str, why: str) -> None:
    """Intacct's record of it has a value that cannot be read: nothing is concluded from it."""
    text = f"Intacct's record of {number} could not be read ({why}). Nothing was sent or changed. It is read again."
    problem(ctx, row, "cannot_store", text)


def changed_there(ctx: RunContext, row: SyncRow, what: str, changes: str, there: There) -> None:
    """Somebody changed in Intacct what was sent from here; `what` names the record, `changes` says how."""
    problem(
        ctx, row, "changed_there",
        f"{what} was changed in Intacct: {changes}. Nothing was changed here. Make the same change here,"
        " undo it in Intacct, or leave both.",
        here={key: row.seen_there.get(key) for key in ("number", "date", "due_date", "total")}, there=there.seen(),
        changes=changes,
    )  # fmt: skip


def collision(ctx: RunContext, row: SyncRow, snapshot: Snapshot, there: There) -> None:
    """Rule 7: our number is in use there by a record that is not ours."""
    what, belongs = snapshot.kind.value, ""
    if isinstance(snapshot.record, DOCUMENTS) and snapshot.record.customer_id != there.customer_id:
        belongs = f" It belongs to customer {there.customer_id} there."
    problem(
        ctx, row, "number_taken",
        f"A transaction with the number '{snapshot.number}' already exists in Intacct and was not made here.{belongs}"
        f" Nothing was sent. Renumber this {what}, link it to that record, or skip it.",
        there={**there.seen(), "key": there.key, "description": there.description},
    )  # fmt: skip


def settled_by_look(ctx: RunContext, snapshot: Snapshot, look: Look) -> bool:
    """Adopt or report what the look found; False when the record is absent there and may be sent."""
    if not (look.unreadable or look.ours or look.other):
        return False
    row = db.session.get_one(SyncRow, snapshot.row_id)
    if look.unreadable:
        unreadable(ctx, row, snapshot.number, look.unreadable)
        return True
    if look.ours is not None:
        adopt(ctx, row, snapshot, look.ours, look.above)
    elif look.other is not None:
        collision(ctx, row, snapshot, look.other)
    return True


def refuse(ctx: RunContext, row: SyncRow, error: CannotSend | ValueError) -> None:
    """Write the problem of a record that is not sent as it is. Flushes."""
    if isinstance(error, CannotSend):
        code, text = error.code, error.text
    else:
        code, text = "value_refused", f"Intacct cannot take this record: {error}. Nothing of it was sent."
    ledger.report(row, code, text)
    ctx.count("problems")
    ctx.item("problem", text, row_id=row.id)
