"""Writing invoices: created after a look, updated while they are there as we last sent them, reversed when voided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from portal.extensions import db
from portal.intacct.queries import Query, one_of
from portal.models.base import Origin
from portal.models.sync import Act, Kind, SyncRow
from portal.money import round_amount
from portal.problems import ledger
from portal.services.checks import show
from portal.sync import judging, links, looking, open_days, required, sending
from portal.sync.candidates import candidates
from portal.sync.context import RunContext
from portal.sync.decide import Next
from portal.sync.looking import There
from portal.sync.mapping import InvoiceRecord, build_invoice, build_invoice_update, build_reverse
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot, take


def write(ctx: RunContext) -> None:
    """Create and update the invoices that should be in Intacct."""
    ids = candidates(ctx, Kind.INVOICE)
    if not ctx.begin_if("invoices", len(ids)):
        return
    for start in range(0, len(ids), looking.LOOK_AT_ONCE):
        snapshots = take(ctx, Kind.INVOICE, ids[start : start + looking.LOOK_AT_ONCE])
        ctx.commit()
        _create(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.CREATE])
        _update(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.UPDATE])
        ctx.checkpoint(position=min(start + looking.LOOK_AT_ONCE, len(ids)))


def take_back(ctx: RunContext, today: dt.date) -> None:
    """Reverse in Intacct the invoices that were voided here."""
    ids = candidates(ctx, Kind.INVOICE, there=True)
    snapshots = [item for item in take(ctx, Kind.INVOICE, ids) if item.decision.next == Next.REVERSE]
    ctx.commit()
    if not snapshots:
        return
    there = looking.invoices_by_key(ctx, [snapshot.key for snapshot in snapshots])
    ready = [item for snapshot in snapshots if (item := _judge_reverse(ctx, snapshot, there.get(snapshot.key), today))]
    ctx.checkpoint()
    sending.send_all(ctx, ready)


def _create(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    sendable = judging.not_waiting(ctx, snapshots, "create")
    ctx.checkpoint()
    if not sendable:
        return
    looks = looking.at_invoices(ctx, sendable)
    lacking = required.lacking(ctx, sendable)
    ready = []
    for snapshot in sendable:
        if judging.settled_by_look(ctx, snapshot, looks[snapshot.row_id]):
            continue
        if snapshot.row_id in lacking:
            row = db.session.get_one(SyncRow, snapshot.row_id)
            judging.problem(ctx, row, required.CODE, lacking[snapshot.row_id])
        else:
            ready.append(_ready_to_create(ctx, snapshot, looks[snapshot.row_id].above))
    ctx.checkpoint()
    open_days.send(ctx, ready)


def _ready_to_create(ctx: RunContext, snapshot: Snapshot, above: int) -> Ready:
    return sending.ready(
        snapshot,
        Act.CREATE,
        lambda seq: build_invoice(_dated(snapshot), ctx.choices, snapshot.ref, seq, ctx.currencies),
        above=above,
    )


def _update(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    """Rule 4: an invoice changed here is updated there while it is unchanged there and nothing is applied."""
    if not snapshots:
        return
    keys = [snapshot.key for snapshot in snapshots]
    there = looking.invoices_by_key(ctx, keys)
    lines = _line_amounts(ctx, list(there))
    lacking = required.lacking(ctx, snapshots)
    ready = []
    for snapshot in snapshots:
        found = there.get(snapshot.key)
        if snapshot.row_id in lacking:
            row = db.session.get_one(SyncRow, snapshot.row_id)
            judging.problem(ctx, row, required.CODE, lacking[snapshot.row_id])
        elif item := _judge_update(ctx, snapshot, found, lines.get(snapshot.key, [])):
            ready.append(item)
    ctx.checkpoint()
    open_days.send(ctx, ready)


def _judge_update(ctx: RunContext, snapshot: Snapshot, there: There | None, lines: list[Decimal]) -> Ready | None:
    row = db.session.get_one(SyncRow, snapshot.row_id)
    number = snapshot.number
    if there is None:
        gone(ctx, row, number, snapshot.key)
    elif there.gone_back:
        reversed_there(ctx, row, number)
    elif there.unreadable:
        judging.unreadable(ctx, row, number, there.unreadable)
    elif changes := differences(snapshot.seen, there, lines):
        judging.problem(
            ctx, row, "changed_here",
            f"Invoice {number} was changed here and in Intacct ({changes}). The change made here was not sent."
            " Make both the same, then retry, or leave them as they are.",
            here=_plain(_record(snapshot)), there=there.seen(),
        )  # fmt: skip
    elif Decimal(there.paid):
        judging.problem(
            ctx, row, "changed_here",
            f"Invoice {number} was changed here, but in Intacct {show(Decimal(there.paid), _record(snapshot).currency)}"
            " is applied to it, so it may not be changed there any more. Nothing was sent.",
            here=_plain(_record(snapshot)), there=there.seen(),
        )  # fmt: skip
    else:
        return _ready_to_update(ctx, snapshot, len(lines))
    return None


def _ready_to_update(ctx: RunContext, snapshot: Snapshot, lines_there: int) -> Ready:
    return sending.ready(
        snapshot,
        Act.UPDATE,
        lambda seq: build_invoice_update(
            snapshot.key, lines_there, _dated(snapshot), ctx.choices, snapshot.ref, seq, ctx.currencies
        ),
    )


def differences(seen: dict[str, str], there: There, lines: Sequence[Decimal] | None = None) -> str:
    """In what `there` reads otherwise than when it was last seen or sent, in words; "" when it reads the same."""
    changes = [
        f"{name} {seen[field]} is now {value or 'empty'}"
        for field, name, value in (
            ("number", "number", there.number), ("date", "date", there.date), ("due_date", "due date", there.due_date)
        )
        if field in seen and seen[field] != value
    ]  # fmt: skip
    if "total" in seen and Decimal(str(seen["total"])) != Decimal(there.total):
        changes.append(f"total {_money(seen['total'])} is now {_money(there.total)}")
    sent = seen.get("lines")
    if lines is not None and sent and [Decimal(amount) for amount in sent] != list(lines):
        changes.append("its line amounts are not the ones sent")
    return "; ".join(changes)


def _money(text: object) -> str:
    """An amount without the zeros that columns add, and with cents."""
    amount = Decimal(str(text)).normalize()
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"


def _line_amounts(ctx: RunContext, keys: Sequence[str]) -> dict[str, list[Decimal]]:
    fields = ("RECORDNO", "RECORDKEY", "LINE_NO", "TRX_AMOUNT")
    found: dict[str, list[tuple[int, Decimal]]] = {}
    if keys:
        for row in ctx.rows(Query("ARINVOICEITEM", fields, one_of("RECORDKEY", keys), show_private=not ctx.entity)):
            found.setdefault(row["RECORDKEY"], []).append((int(row["LINE_NO"] or 0), Decimal(row["TRX_AMOUNT"] or 0)))
    return {key: [amount for _, amount in sorted(lines)] for key, lines in found.items()}


def _judge_reverse(ctx: RunContext, snapshot: Snapshot, there: There | None, today: dt.date) -> Ready | None:
    row = db.session.get_one(SyncRow, snapshot.row_id)
    record = _record(snapshot)
    if there is None or there.gone_back:
        links.unlink(row)
        ctx.remember(row)
        ledger.close(row, ctx.by)
        ctx.item("unlinked", "Intacct had taken it back already.", row_id=row.id)
        return None
    if there.unreadable:
        judging.unreadable(ctx, row, snapshot.number, there.unreadable)
        return None
    if Decimal(there.paid):
        judging.problem(
            ctx, row, "changed_here",
            f"Invoice {snapshot.number} was voided here, but in Intacct {show(Decimal(there.paid), record.currency)}"
            " is applied to it. It was not reversed there. Take that money off it in Intacct, then retry.",
            here=_plain(record) | {"state": "voided"}, there=there.seen(),
        )  # fmt: skip
        return None
    day = max(today, record.date)
    build = lambda seq: build_reverse("invoice", snapshot.key, day, snapshot.ref, seq, snapshot.number)  # noqa: E731
    return sending.ready(snapshot, Act.REVERSE, build, hash_="")


def reversed_there(ctx: RunContext, row: SyncRow, number: str) -> None:
    """Rule 4: an invoice of ours that was reversed in Intacct."""
    judging.problem(
        ctx, row, "reversed_there",
        f"Invoice {number} was reversed in Intacct. Nothing was changed here."
        " Void it here too, post it again under a new number, or leave it.",
    )  # fmt: skip


def gone(ctx: RunContext, row: SyncRow, number: str, key: str) -> None:
    """An invoice that Intacct no longer has. One that came from Order Entry may have got a new A/R record by an edit
    there (rule 5): its document is read again, and tells."""
    if row.docid and row.origin == Origin.INTACCT:
        links.read_again(ctx.book_id, "SODOCUMENT", "DOCID", row.docid, "its A/R record is gone")
        return
    judging.problem(
        ctx, row, "gone_there",
        f"Intacct invoice with recordno = {key}, does not exist any more ({number}). Nothing was changed here."
        " Void it here too, post it again under a new number, or leave it.",
    )  # fmt: skip


def _dated(snapshot: Snapshot) -> InvoiceRecord:
    """The invoice with the posting date that it is to have there. Asked when it is built."""
    record = _record(snapshot)
    return replace(record, posted_on=open_days.posting_day(snapshot.row_id, record.date))


def _record(snapshot: Snapshot) -> InvoiceRecord:
    assert isinstance(snapshot.record, InvoiceRecord)
    return snapshot.record


def _plain(record: InvoiceRecord) -> dict[str, str]:
    return {
        "number": record.number, "date": record.date.isoformat(), "due_date": record.due_date.isoformat(),
        "total": str(round_amount(record.total, record.currency)),
    }  # fmt: skip
