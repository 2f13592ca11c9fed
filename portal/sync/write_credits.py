"""Writing credit notes: posted whole as A/R adjustments, applied afterwards; their applications undone and they
themselves deleted when voided or changed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.sync import Act, Kind, Pair, Posting, PostingState, SyncRow
from portal.problems import ledger
from portal.services.checks import show
from portal.sync import apply_rests, elsewhere, gone, judging, links, looking, open_days, required, sending
from portal.sync.candidates import candidates
from portal.sync.context import RunContext
from portal.sync.decide import Next
from portal.sync.looking import There
from portal.sync.looking_uses import Use, uses_of
from portal.sync.mapping import Built, CreditNoteRecord, build_credit_note, build_delete, build_undo
from portal.sync.rows import linked
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot, take

OBJECT = "ARADJUSTMENT"


@dataclass
class Chain:
    """What is still to be undone of a credit note: the records that put it on invoices, one after the other."""

    snapshot: Snapshot
    uses: list[Use] = field(default_factory=list)


def write(ctx: RunContext, today: dt.date) -> None:
    """Create the credit notes that should be in Intacct, then apply what is to be applied of those that are."""
    ids = candidates(ctx, Kind.CREDIT_NOTE)
    if not ctx.begin_if("credit_notes", len(ids)):
        return
    for start in range(0, len(ids), looking.LOOK_AT_ONCE):
        snapshots = _take(ctx, ids[start : start + looking.LOOK_AT_ONCE], Next.CREATE)
        _create(ctx, snapshots)
        ctx.checkpoint(position=min(start + looking.LOOK_AT_ONCE, len(ids)))
    for start in range(0, len(ids), looking.LOOK_AT_ONCE):
        apply_rests.apply(ctx, _take(ctx, ids[start : start + looking.LOOK_AT_ONCE], Next.APPLY), today)


def _take(ctx: RunContext, ids: Sequence[int], *acts: Next) -> list[Snapshot]:
    snapshots = [snapshot for snapshot in take(ctx, Kind.CREDIT_NOTE, ids) if snapshot.decision.next in acts]
    ctx.commit()
    return snapshots


def _create(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    sendable = judging.not_waiting(ctx, snapshots, "create")
    ctx.checkpoint()
    if not sendable:
        return
    lacking = required.lacking(ctx, sendable)
    looks = looking.at_credit_notes(ctx, sendable)
    applied = looking.applied_of(ctx, [look.ours.key for look in looks.values() if look.ours], OBJECT)
    ready = []
    for snapshot in sendable:
        look = looks[snapshot.row_id]
        if judging.settled_by_look(ctx, snapshot, look):
            if look.ours is not None:
                row = db.session.get_one(SyncRow, snapshot.row_id)
                links.take_over_applied(row, applied.get(look.ours.key, {}))
        elif snapshot.row_id in lacking:
            row = db.session.get_one(SyncRow, snapshot.row_id)
            judging.problem(ctx, row, required.CODE, lacking[snapshot.row_id])
        else:
            ready.append(_ready_to_create(ctx, snapshot, look.above))
    ctx.checkpoint()
    open_days.send(ctx, ready)


def _ready_to_create(ctx: RunContext, snapshot: Snapshot, above: int) -> Ready:
    record = _record(snapshot)

    def build(seq: int) -> Built:
        dated = replace(record, posted_on=open_days.posting_day(snapshot.row_id, record.date))
        return build_credit_note(dated, ctx.choices, snapshot.ref, seq, ctx.currencies)

    return sending.ready(snapshot, Act.CREATE, build, above=above)


def take_back(ctx: RunContext, today: dt.date) -> None:
    """Rule 12: undo what a credit note lies on, then delete it, when it was voided or changed here; only undo, when it
    was taken off an invoice here. What is refused stops its chain with a problem."""
    ids = candidates(ctx, Kind.CREDIT_NOTE, there=True)
    snapshots = _take(ctx, ids, Next.DELETE, Next.UNAPPLY)
    if not snapshots:
        return
    there = looking.adjustments_by_key(ctx, [snapshot.key for snapshot in snapshots])
    uses = uses_of(ctx, there)
    unknown = elsewhere.unknown_here(
        ctx, snapshots, {key: {invoice for use in found for invoice in use.amounts} for key, found in uses.items()}
    )
    chains = [
        chain
        for snapshot in snapshots
        if (chain := _judge(ctx, snapshot, there.get(snapshot.key), uses, unknown)) is not None
    ]
    ctx.checkpoint()
    undone = _undo(ctx, chains, today)
    sending.send_all(ctx, [_ready_to_delete(snapshot) for snapshot in undone if snapshot.decision.next == Next.DELETE])


def _judge(
    ctx: RunContext, snapshot: Snapshot, there: There | None, uses: dict[str, list[Use]], unknown: elsewhere.Unknown
) -> Chain | None:
    row = db.session.get_one(SyncRow, snapshot.row_id)
    if there is None and not snapshot.want:
        links.unlink(row)
        ctx.remember(row)
        ledger.close(row, ctx.by)
        ctx.item("unlinked", "Intacct did not have it any more.", row_id=row.id)
        return None
    if there is None:
        gone.tell(ctx, row)
        return None
    found = uses.get(snapshot.key, [])
    if snapshot.decision.next == Next.UNAPPLY:
        off = _taken_off(snapshot)
        found = [use for use in found if off & use.amounts.keys()]
        _forget_what_is_off(snapshot, found)
    if mixed := next((use for use in found if use.holds_other_money), None):
        judging.problem(
            ctx, row, "changed_here",
            f"Credit note {snapshot.number} was {_what_happened(snapshot)} here, but in Intacct"
            f" {show(sum(mixed.amounts.values(), Decimal(0)), _record(snapshot).currency)} of it was applied together"
            f" with other money, by record {mixed.key}. Nothing was undone there. Take it off in Intacct, then retry.",
            there=there.seen(),
        )  # fmt: skip
        return None
    if lies := _lying_on(found, unknown.get(snapshot.key, {})):
        elsewhere.tell(ctx, snapshot, _what_happened(snapshot), there, lies)
        return None
    return Chain(snapshot, found)


def _lying_on(uses: Sequence[Use], numbers: Mapping[str, str]) -> dict[str, Decimal]:
    """What these uses put on the invoices of these keys, by number."""
    lies: dict[str, Decimal] = {}
    for use in uses:
        for key in use.amounts.keys() & numbers.keys():
            lies[numbers[key]] = lies.get(numbers[key], Decimal(0)) + use.amounts[key]
    return lies


def _taken_off(snapshot: Snapshot) -> set[str]:
    """The keys of the invoices on which less lies here than there."""
    here, there = snapshot.applied_here or {}, snapshot.applied_there or {}
    less = [row_id for row_id, amount in there.items() if here.get(row_id, Decimal(0)) < amount]
    return set(db.session.scalars(select(SyncRow.key).where(SyncRow.id.in_(less), SyncRow.key != "")))


def _forget_what_is_off(snapshot: Snapshot, found: Sequence[Use]) -> None:
    """What was taken off in Intacct meanwhile, or lies on an invoice that is linked no more, is not there any more."""
    lying = {key for use in found for key in use.amounts}
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == snapshot.row_id)):
        if pair.applied_there > pair.applied_here and pair.invoice.key not in lying:
            pair.applied_there = Decimal(0)


def _what_happened(snapshot: Snapshot) -> str:
    if snapshot.decision.next == Next.UNAPPLY:
        return "taken off an invoice"
    return "changed" if snapshot.want else "voided"


def _undo(ctx: RunContext, chains: Sequence[Chain], today: dt.date) -> list[Snapshot]:
    """Undo the uses of each chain in turn; the credit notes of which all was undone. A refusal ends a chain."""
    going = list(chains)
    undone = [chain.snapshot for chain in chains if not chain.uses]
    while going := [chain for chain in going if chain.uses]:
        turn = [(chain, chain.uses.pop(0)) for chain in going]
        ready = [_ready_to_undo(ctx, chain.snapshot, use, today) for chain, use in turn]
        ctx.commit()
        sending.send_all(ctx, ready)
        going = [chain for chain, use in turn if ctx.pretence is not None or _was_undone(chain.snapshot.row_id, use)]
        ctx.commit()
        undone += [chain.snapshot for chain in going if not chain.uses]
    return undone


def _was_undone(row_id: int, use: Use) -> bool:
    last = db.session.scalar(select(Posting).where(Posting.sync_row_id == row_id).order_by(Posting.seq.desc()).limit(1))
    return last is not None and last.state == PostingState.POSTED and last.facts.get("key") == use.key


def _ready_to_undo(ctx: RunContext, snapshot: Snapshot, use: Use, today: dt.date) -> Ready:
    rows = linked(ctx.book_id, "ARINVOICE", use.amounts)
    pairs = {row.id: use.amounts[key] for key, row in rows.items()}
    day = max(today, _record(snapshot).date, use.day or today)
    return sending.ready(
        snapshot, Act.REVERSE,
        lambda seq: build_undo(use.key, pairs, day, snapshot.ref, seq, snapshot.number),
        hash_=snapshot.have,
    )  # fmt: skip


def _ready_to_delete(snapshot: Snapshot) -> Ready:
    return sending.ready(snapshot, Act.DELETE, lambda seq: build_delete(snapshot.key, snapshot.number), hash_="")


def _record(snapshot: Snapshot) -> CreditNoteRecord:
    assert isinstance(snapshot.record, CreditNoteRecord)
    return snapshot.record
