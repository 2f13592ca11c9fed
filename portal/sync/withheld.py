"""Rule 8, from Intacct to here: a credit that settles a whole invoice there is not carried over, and the invoice says
so, unless the company chose otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.sync import SETTLED_BY_CREDIT, Pair, SyncRow
from portal.services import full_credits
from portal.services.checks import show
from portal.sync.context import RunContext
from portal.sync.money import Source
from portal.sync.picture import Picture


def judge(ctx: RunContext, row: SyncRow, on_it: Mapping[Source, Decimal], picture: Picture) -> frozenset[Source]:
    """The sources on an invoice that are not carried over: all its credits, where they settle it in full. Flushes."""
    invoice = db.session.get_one(Invoice, row.record_id)
    credits_ = {source: amount for source, amount in on_it.items() if amount and not source.is_money}
    left = frozenset(credits_) if credits_ and _settles(ctx, row, invoice, on_it, credits_) else frozenset()
    _mark(ctx, row, invoice, {source: credits_[source] for source in left}, picture)
    return left


def is_marked(row: SyncRow) -> bool:
    """Whether the invoice says that credits settle it in Intacct."""
    return bool(row.seen_there.get(SETTLED_BY_CREDIT))


def _settles(
    ctx: RunContext, row: SyncRow, invoice: Invoice, on_it: Mapping[Source, Decimal], credits_: Mapping[Source, Decimal]
) -> bool:
    if ctx.choices.sync_full_credits or any(amount for source, amount in on_it.items() if source.is_money):
        return False
    query = select(Pair, SyncRow).join(SyncRow, SyncRow.id == Pair.source_row_id).where(Pair.invoice_row_id == row.id)
    for pair, source in db.session.execute(query):
        if full_credits.is_credit(source) and pair.applied_there:
            return False  # a part was carried over: the rest is too
        if not full_credits.is_credit(source) and pair.applied_here:
            return False
    return sum(credits_.values(), Decimal(0)) == invoice.total


def _mark(ctx: RunContext, row: SyncRow, invoice: Invoice, left: Mapping[Source, Decimal], picture: Picture) -> None:
    """Let the invoice say what settles it in Intacct; told once on a run's page."""
    said = str(row.seen_there.get(SETTLED_BY_CREDIT) or "")
    named = sorted(left.items(), key=lambda item: (item[0].object, item[0].key))
    now = ", ".join(f"{_name(source, picture)} ({show(amount, invoice.currency)})" for source, amount in named)
    if now == said:
        return
    row.seen_there = {key: value for key, value in row.seen_there.items() if key != SETTLED_BY_CREDIT}
    if now:
        row.seen_there = {**row.seen_there, SETTLED_BY_CREDIT: now}
        ctx.count("read.full_credits_left")
        ctx.item(
            "left",
            f"Settled in full in Intacct by {now}. A credit that settles a whole invoice is not carried over.",
            row_id=row.id,
        )
    db.session.flush()


def _name(source: Source, picture: Picture) -> str:
    header = picture.headers.get(source)
    return f"credit {header.there.number if header and header.there.number else source.key}"
