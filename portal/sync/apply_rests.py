"""Putting what is left of a payment or a credit note that is in Intacct onto invoices there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.sync import BY_HAND, Act, Kind, Pair, SyncRow
from portal.services.checks import show
from portal.sync import gone, judging, links, looking, sending, write_invoices
from portal.sync.context import NOT_THERE_YET, RunContext
from portal.sync.looking import There
from portal.sync.mapping import CreditNoteRecord, Part, PaymentRecord, build_apply
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot

NAMES = {Kind.PAYMENT: "Payment", Kind.CREDIT_NOTE: "Credit note"}


def apply(ctx: RunContext, snapshots: Sequence[Snapshot], today: dt.date) -> None:
    """Put what is still to be applied of payments and credit notes that are there onto their invoices."""
    gone_there = _gone(snapshots)
    standing = [snapshot for snapshot in snapshots if snapshot.row_id not in gone_there]
    for snapshot in standing:
        hold_parts(ctx, snapshot)
    sendable = judging.not_waiting(ctx, standing, "apply")
    ctx.checkpoint()
    if not sendable:
        return
    invoices = looking.invoices_by_key(ctx, paid_keys(sendable))
    lying = _lying_there(ctx, sendable)
    ready = []
    for snapshot in sendable:
        if _lies_there_already(ctx, snapshot, lying.get(snapshot.key, {})):
            continue
        owed = _owed(snapshot)
        amounts = [(part, part.amount) for part, _ in owed]
        if owed and invoices_take_it(ctx, snapshot, amounts, invoices):
            ready.append(_ready_to_apply(snapshot, owed, today))
    ctx.checkpoint()
    sending.send_all(ctx, ready)


def _lying_there(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[str, dict[str, Decimal]]:
    """What lies of the sources on invoices there, now: source key -> invoice key -> amount."""
    keys = [snapshot.key for snapshot in snapshots if not snapshot.key.startswith(NOT_THERE_YET)]
    return looking.applied_of(ctx, keys, links.OBJECTS[snapshots[0].kind])


def _lies_there_already(ctx: RunContext, snapshot: Snapshot, lying: Mapping[str, Decimal]) -> bool:
    """Whether more lies there than was known, on an invoice that is to get some: it is taken over, and nothing is sent
    now. The rows were read while their invoice had no link, as after a restore, or somebody applied it since."""
    if all(lying.get(part.invoice_key, Decimal(0)) <= lies for part, lies in _owed(snapshot)):
        return False
    links.take_over_applied(db.session.get_one(SyncRow, snapshot.row_id), lying)
    ctx.item("linked", "Intacct has applied it already.", row_id=snapshot.row_id)
    return True


def _gone(snapshots: Sequence[Snapshot]) -> set[int]:
    """Those that were deleted there, which is a problem already: until somebody decides, nothing of them can be
    applied."""
    query = select(SyncRow).where(SyncRow.id.in_([snapshot.row_id for snapshot in snapshots]))
    return {row.id for row in db.session.scalars(query) if gone.stands(row)} if snapshots else set()


def _owed(snapshot: Snapshot) -> tuple[tuple[Part, Decimal], ...]:
    """(part with the amount still to be applied, what lies there already) for each pair that differs."""
    there = snapshot.applied_there or {}
    owed = []
    for part in source_of(snapshot).parts:
        lies = there.get(part.invoice_row_id, Decimal(0))
        if part.amount > lies:
            owed.append((replace(part, amount=part.amount - lies), lies))
    return tuple(owed)


def _ready_to_apply(snapshot: Snapshot, owed: tuple[tuple[Part, Decimal], ...], today: dt.date) -> Ready:
    """Applied today: the payment's own period may be closed by now."""
    day = max(today, source_of(snapshot).date)
    return sending.ready(
        snapshot, Act.APPLY,
        lambda seq: build_apply(snapshot.key, owed, day, snapshot.ref, seq, NAMES[snapshot.kind], snapshot.number),
        hash_=snapshot.have,
    )  # fmt: skip


def hold_parts(ctx: RunContext, snapshot: Snapshot) -> None:
    """Money on an invoice that is left out on purpose is not posted; somebody books it by hand, or asks for it."""
    currency = source_of(snapshot).currency
    for pair_id in snapshot.held_parts:
        pair = db.session.get_one(Pair, pair_id)
        pair.hold = BY_HAND
        ctx.item(
            "left",
            f"{show(pair.applied_here, currency)} is to be booked by hand: its invoice is not sent.",
            row_id=snapshot.row_id,
        )


def paid_keys(snapshots: Sequence[Snapshot]) -> list[str]:
    """The keys of the invoices that these put money on."""
    return [part.invoice_key for snapshot in snapshots for part in source_of(snapshot).parts]


def invoices_take_it(
    ctx: RunContext,
    snapshot: Snapshot,
    amounts: Sequence[tuple[Part, Decimal]],
    invoices: dict[str, There],
) -> bool:
    """Whether each invoice is there, alive, and owes what we are about to pay; a problem where not."""
    for part, amount in amounts:
        there = invoices.get(part.invoice_key)
        if there and not (there.gone_back or there.unreadable) and Decimal(there.due) >= amount:
            continue
        row = db.session.get_one(SyncRow, snapshot.row_id)
        if there is None or there.gone_back:
            _invoice_is_not_there(ctx, row, part, there)
        elif there.unreadable:
            judging.unreadable(ctx, row, part.invoice_number, there.unreadable)
        else:
            paid_on_both_sides(ctx, row, snapshot, part.invoice_number, amount, Decimal(there.due))
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
    currency = source_of(snapshot).currency
    judging.problem(
        ctx, row, "paid_both_sides",
        f"{NAMES[snapshot.kind]} {snapshot.number} puts {show(amount, currency)} on invoice {invoice_number}, of which"
        f" Intacct still expects {show(due, currency)}."
        " It was paid on both sides. Nothing of it was sent. Void it here, reverse the other one in Intacct, or leave"
        " both.",
        invoice=invoice_number, amount=str(amount), due=str(due),
    )  # fmt: skip


def source_of(snapshot: Snapshot) -> PaymentRecord | CreditNoteRecord:
    """The payment or credit note that a snapshot is of."""
    assert isinstance(snapshot.record, PaymentRecord | CreditNoteRecord)
    return snapshot.record
