"""Writing payments: posted whole, once; a rest applied later; reversed when voided or otherwise here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from portal.extensions import db
from portal.models.sync import LEFT_WITH_INVOICE, Act, Hold, Kind, SyncRow
from portal.problems import ledger
from portal.sync import apply_rests, elsewhere, gone, judging, links, looking, open_days, sending
from portal.sync.candidates import candidates
from portal.sync.context import RunContext
from portal.sync.decide import Next
from portal.sync.looking import Look, PaymentLooks, There
from portal.sync.mapping import Built, PaymentRecord, build_payment, build_reverse
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot, take

UNAPPLIED = "Waits until it is applied to an invoice: Intacct takes a payment only with one."


def write(ctx: RunContext, today: dt.date) -> None:
    """Create the payments that should be in Intacct, and apply what is still to be applied of those that are."""
    ids = candidates(ctx, Kind.PAYMENT)
    if not ctx.begin_if("payments", len(ids)):
        return
    for start in range(0, len(ids), looking.LOOK_AT_ONCE):
        snapshots = take(ctx, Kind.PAYMENT, ids[start : start + looking.LOOK_AT_ONCE])
        ctx.commit()
        _create(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.CREATE])
        apply_rests.apply(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.APPLY], today)
        ctx.checkpoint(position=min(start + looking.LOOK_AT_ONCE, len(ids)))


def take_back(ctx: RunContext, today: dt.date) -> None:
    """Reverse the payments that were voided here, or whose header or applications are otherwise here; the latter are
    created anew in the next step."""
    ids = candidates(ctx, Kind.PAYMENT, there=True)
    snapshots = [item for item in take(ctx, Kind.PAYMENT, ids) if item.decision.next == Next.REVERSE]
    ctx.commit()
    if not snapshots:
        return
    there = looking.payments_by_key(ctx, [snapshot.key for snapshot in snapshots])
    lying = looking.applied_of(ctx, [snapshot.key for snapshot in snapshots])
    unknown = elsewhere.unknown_here(ctx, snapshots, lying)
    ready = []
    for snapshot in snapshots:
        key, record = snapshot.key, there.get(snapshot.key)
        if record is not None and not record.gone_back and key in unknown:
            lies = {number: lying[key][invoice] for invoice, number in unknown[key].items()}
            elsewhere.tell(ctx, snapshot, "changed" if snapshot.want else "voided", record, lies)
        elif item := _judge_reverse(ctx, snapshot, record, today):
            ready.append(item)
    ctx.checkpoint()
    sending.send_all(ctx, ready)


def _create(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    waiting: dict[int, str] = {}
    sendable = [snapshot for snapshot in snapshots if not _stays(ctx, snapshot, waiting)]
    judging.wait_all(ctx, waiting, "create")
    ctx.checkpoint()
    if not sendable:
        return
    seen = looking.at_payments(ctx, sendable, apply_rests.paid_keys(sendable))
    applied = looking.applied_of(ctx, [look.ours.key for look in seen.looks.values() if look.ours])
    ready = []
    for snapshot in sendable:
        look = seen.looks[snapshot.row_id]
        if judging.settled_by_look(ctx, snapshot, look):
            if look.ours is not None:
                row = db.session.get_one(SyncRow, snapshot.row_id)
                links.take_over_applied(row, applied.get(look.ours.key, {}))
        elif item := _judge_create(ctx, snapshot, look, seen):
            ready.append(item)
    ctx.checkpoint()
    open_days.send(ctx, ready)


def _stays(ctx: RunContext, snapshot: Snapshot, waiting: dict[int, str]) -> bool:
    """Whether it is not sent now: left alone with its invoice, or entered among those that wait, with the reason."""
    record = _record(snapshot)
    apply_rests.hold_parts(ctx, snapshot)
    if record.parts and not snapshot.waits_for:
        return False
    if not snapshot.waits_for and snapshot.held_parts and not record.rest:
        row = db.session.get_one(SyncRow, snapshot.row_id)
        row.hold, row.hold_reason = Hold.LEFT, LEFT_WITH_INVOICE
        ctx.item("left", "Left alone with its invoice, which is not sent to Intacct.", row_id=row.id)
    else:
        waiting[snapshot.row_id] = snapshot.waits_for or UNAPPLIED
    return True


def _judge_create(
    ctx: RunContext,
    snapshot: Snapshot,
    look: Look,
    seen: PaymentLooks,
) -> Ready | None:
    record = _record(snapshot)
    if not apply_rests.invoices_take_it(ctx, snapshot, [(part, part.amount) for part in record.parts], seen.invoices):
        return None
    # The first payment of an invoice takes its inline credit; those behind it find none left.
    parts = tuple(replace(part, inline=seen.inline.pop(part.invoice_key, Decimal(0))) for part in record.parts)
    whole = replace(record, parts=parts)

    def build(seq: int) -> Built:
        posted_on = open_days.posting_day(snapshot.row_id, record.date)
        return build_payment(replace(whole, posted_on=posted_on), ctx.choices, snapshot.ref, seq, ctx.currencies)

    return sending.ready(snapshot, Act.CREATE, build, above=look.above)


def _judge_reverse(ctx: RunContext, snapshot: Snapshot, there: There | None, today: dt.date) -> Ready | None:
    row = db.session.get_one(SyncRow, snapshot.row_id)
    if there is None and snapshot.want:
        gone.tell(ctx, row)
        return None
    if there is None or there.gone_back:
        links.unlink(row)
        ctx.remember(row)
        ledger.close(row, ctx.by)
        ctx.item("unlinked", "Intacct had taken it back already.", row_id=row.id)
        return None
    # One that is made anew is taken back at its own date: where that period is closed, Intacct refuses, and the payment
    # stays there instead of being lost between the two.
    own = _record(snapshot).date
    day = own if snapshot.want else max(today, own)
    build = lambda seq: build_reverse("payment", snapshot.key, day, snapshot.ref, seq, snapshot.number)  # noqa: E731
    return sending.ready(snapshot, Act.REVERSE, build, hash_="")


def _record(snapshot: Snapshot) -> PaymentRecord:
    assert isinstance(snapshot.record, PaymentRecord)
    return snapshot.record
