"""Writing payments: posted whole, once; a rest applied later; reversed when voided or otherwise here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from portal.extensions import db
from portal.models.sync import BY_HAND, LEFT_WITH_INVOICE, Act, Hold, Kind, Pair, SyncRow
from portal.problems import ledger
from portal.services.checks import show
from portal.sync import judging, links, looking, open_days, sending, write_invoices
from portal.sync.context import RunContext
from portal.sync.decide import Next
from portal.sync.looking import Look, There
from portal.sync.mapping import Built, Part, PaymentRecord, build_apply, build_payment, build_reverse
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot, candidates, take


def write(ctx: RunContext, today: dt.date) -> None:
    """Create the payments that should be in Intacct, and apply what is still to be applied of those that are."""
    ids = candidates(ctx, Kind.PAYMENT)
    ctx.commit()
    ctx.begin("payments", len(ids))
    for start in range(0, len(ids), looking.LOOK_AT_ONCE):
        snapshots = take(ctx, Kind.PAYMENT, ids[start : start + looking.LOOK_AT_ONCE])
        ctx.commit()
        _create(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.CREATE])
        _apply(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.APPLY], today)
        ctx.checkpoint(position=min(start + looking.LOOK_AT_ONCE, len(ids)))


def take_back(ctx: RunContext, today: dt.date) -> None:
    """Reverse the payments that were voided here, or whose header or applications are otherwise here; the latter are
    created anew in the next step."""
    ids = candidates(ctx, Kind.PAYMENT)
    snapshots = [item for item in take(ctx, Kind.PAYMENT, ids) if item.decision.next == Next.REVERSE]
    ctx.commit()
    if not snapshots:
        return
    there = looking.payments_by_key(ctx, [snapshot.key for snapshot in snapshots])
    ready = [item for snapshot in snapshots if (item := _judge_reverse(ctx, snapshot, there.get(snapshot.key), today))]
    ctx.checkpoint()
    sending.send_all(ctx, ready)


def _create(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    sendable = [snapshot for snapshot in snapshots if not _waits(ctx, snapshot)]
    ctx.checkpoint()
    if not sendable:
        return
    looks = looking.at_payments(ctx, sendable)
    applied = looking.applied_of(ctx, [look.ours.key for look in looks.values() if look.ours])
    invoices = _paid_invoices(ctx, sendable)
    inline = looking.inline_credits(ctx, invoices)
    ready = []
    for snapshot in sendable:
        row = db.session.get_one(SyncRow, snapshot.row_id)
        look = looks[snapshot.row_id]
        if judging.settled_by_look(ctx, row, snapshot, look):
            if look.ours is not None:
                links.take_over_applied(row, applied.get(look.ours.key, {}))
        elif item := _judge_create(ctx, row, snapshot, look, invoices, inline):
            ready.append(item)
    ctx.checkpoint()
    open_days.send(ctx, ready)


def _waits(ctx: RunContext, snapshot: Snapshot) -> bool:
    row = db.session.get_one(SyncRow, snapshot.row_id)
    record = _record(snapshot)
    _hold_parts(ctx, snapshot)
    if snapshot.waits_for:
        judging.wait(ctx, row, snapshot.waits_for)
        return True
    if record.parts:
        return False
    if snapshot.held_parts and not record.rest:
        row.hold, row.hold_reason = Hold.LEFT, LEFT_WITH_INVOICE
        ctx.item("left", "Left alone with its invoice, which is not sent to Intacct.", row_id=row.id)
    else:
        judging.wait(ctx, row, "Waits until it is applied to an invoice: Intacct takes a payment only with one.")
    return True


def _hold_parts(ctx: RunContext, snapshot: Snapshot) -> None:
    """Money on an invoice that is left out on purpose is not posted; somebody books it by hand, or asks for it."""
    currency = _record(snapshot).currency
    for pair_id in snapshot.held_parts:
        pair = db.session.get_one(Pair, pair_id)
        pair.hold = BY_HAND
        ctx.item(
            "left",
            f"{show(pair.applied_here, currency)} is to be booked by hand: its invoice is not sent.",
            row_id=snapshot.row_id,
        )


def _paid_invoices(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[str, There]:
    keys = [part.invoice_key for snapshot in snapshots for part in _record(snapshot).parts]
    return looking.invoices_by_key(ctx, keys)


def _judge_create(
    ctx: RunContext,
    row: SyncRow,
    snapshot: Snapshot,
    look: Look,
    invoices: dict[str, There],
    inline: dict[str, Decimal],
) -> Ready | None:
    record = _record(snapshot)
    if not _invoices_take_it(ctx, row, snapshot, [(part, part.amount) for part in record.parts], invoices):
        return None
    # The first payment of an invoice takes its inline credit; those behind it find none left.
    parts = tuple(replace(part, inline=inline.pop(part.invoice_key, Decimal(0))) for part in record.parts)
    whole = replace(record, parts=parts)

    def build(seq: int) -> Built:
        posted_on = open_days.posting_day(snapshot.row_id, record.date)
        return build_payment(replace(whole, posted_on=posted_on), ctx.choices, snapshot.ref, seq, ctx.currencies)

    return sending.ready(snapshot, Act.CREATE, build, above=look.above)


def _invoices_take_it(
    ctx: RunContext,
    row: SyncRow,
    snapshot: Snapshot,
    amounts: Sequence[tuple[Part, Decimal]],
    invoices: dict[str, There],
) -> bool:
    """Whether each invoice is there, alive, and owes what we are about to pay; a problem where not."""
    for part, amount in amounts:
        there = invoices.get(part.invoice_key)
        if there is None or there.gone_back:
            _invoice_is_not_there(ctx, row, part, there)
        elif there.unreadable:
            judging.unreadable(ctx, row, part.invoice_number, there.unreadable)
        elif Decimal(there.due) < amount:
            paid_on_both_sides(ctx, row, snapshot, part.invoice_number, amount, Decimal(there.due))
        else:
            continue
        return False
    return True


def _invoice_is_not_there(ctx: RunContext, row: SyncRow, part: Part, there: There | None) -> None:
    """The problem is the invoice's; its payment waits for what a person decides of it."""
    invoice = db.session.get_one(SyncRow, part.invoice_row_id)
    if not invoice.hold and there is None:
        write_invoices.gone(ctx, invoice, part.invoice_number, part.invoice_key)
    elif not invoice.hold:
        write_invoices.reversed_there(ctx, invoice, part.invoice_number)
    what = "Intacct does not have any more" if there is None else "was reversed in Intacct"
    judging.wait(ctx, row, f"Waits for invoice {part.invoice_number}, which {what}.")


def paid_on_both_sides(
    ctx: RunContext, row: SyncRow, snapshot: Snapshot, invoice_number: str, amount: Decimal, due: Decimal
) -> None:
    """Money for one invoice was booked here and in Intacct at once."""
    currency = _record(snapshot).currency
    judging.problem(
        ctx, row, "paid_both_sides",
        f"Payment {snapshot.number} puts {show(amount, currency)} on invoice {invoice_number}, of which Intacct still"
        f" expects {show(due, currency)}."
        " It was paid on both sides. Nothing of this payment was sent. Void it here, reverse the other one in Intacct,"
        " or leave both.",
        invoice=invoice_number, amount=str(amount), due=str(due),
    )  # fmt: skip


def _apply(ctx: RunContext, snapshots: Sequence[Snapshot], today: dt.date) -> None:
    """Put what is still to be applied of payments that are there onto their invoices."""
    sendable = [snapshot for snapshot in snapshots if not _apply_waits(ctx, snapshot)]
    ctx.checkpoint()
    if not sendable:
        return
    invoices = _paid_invoices(ctx, sendable)
    ready = []
    for snapshot in sendable:
        row = db.session.get_one(SyncRow, snapshot.row_id)
        owed = _owed(snapshot)
        amounts = [(part, part.amount) for part, _ in owed]
        if owed and _invoices_take_it(ctx, row, snapshot, amounts, invoices):
            ready.append(_ready_to_apply(snapshot, owed, today))
    ctx.checkpoint()
    sending.send_all(ctx, ready)


def _apply_waits(ctx: RunContext, snapshot: Snapshot) -> bool:
    _hold_parts(ctx, snapshot)
    if snapshot.waits_for:
        judging.wait(ctx, db.session.get_one(SyncRow, snapshot.row_id), snapshot.waits_for)
    return bool(snapshot.waits_for)


def _owed(snapshot: Snapshot) -> tuple[tuple[Part, Decimal], ...]:
    """(part with the amount still to be applied, what lies there already) for each pair that differs."""
    there = snapshot.applied_there or {}
    owed = []
    for part in _record(snapshot).parts:
        lies = there.get(part.invoice_row_id, Decimal(0))
        if part.amount > lies:
            owed.append((replace(part, amount=part.amount - lies), lies))
    return tuple(owed)


def _ready_to_apply(snapshot: Snapshot, owed: tuple[tuple[Part, Decimal], ...], today: dt.date) -> Ready:
    """Applied today: the payment's own period may be closed by now."""
    day = max(today, _record(snapshot).date)
    return sending.ready(
        snapshot, Act.APPLY,
        lambda seq: build_apply(snapshot.key, owed, day, snapshot.ref, seq, snapshot.number),
        hash_=snapshot.have,
    )  # fmt: skip


def _judge_reverse(ctx: RunContext, snapshot: Snapshot, there: There | None, today: dt.date) -> Ready | None:
    row = db.session.get_one(SyncRow, snapshot.row_id)
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
