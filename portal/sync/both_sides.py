"""Money that was put on one invoice here and in Intacct at once."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind, Pair, SyncRow
from portal.problems import ledger
from portal.services import applying, wanted
from portal.services.checks import show
from portal.services.records import hold_customers
from portal.sync import judging, links, owners
from portal.sync.context import RunContext

BOTH_SIDES = ledger.PAID_BOTH_SIDES


def report(ctx: RunContext, row: SyncRow, source: Payment | CreditNote, invoice: Invoice, excess: Decimal) -> None:
    """Say that more lies there than finds room here: what does not fit stays unapplied until there is room."""
    invoice_row = wanted.find_row(ctx.book_id, Kind.INVOICE, invoice.id)
    pair = links.find_pair(row.id, invoice_row.id) if invoice_row is not None else None
    if pair is not None:
        pair.hold = BOTH_SIDES
    judging.problem(
        ctx, row, "paid_both_sides",
        f"Invoice {invoice.number} was paid on both sides: {show(excess, source.currency)} of {source.number} finds"
        " nothing left to pay and stays unapplied. Void your own, reverse the other one in Intacct, or"
        " leave both.",
        invoice=invoice.number, amount=str(excess),
    )  # fmt: skip


def try_again(ctx: RunContext) -> None:
    """Money that found nothing left to pay is applied as soon as there is room: ours was voided, theirs reversed."""
    query = (
        select(Pair)
        .join(SyncRow, SyncRow.id == Pair.source_row_id)
        .where(SyncRow.book_id == ctx.book_id, Pair.hold == BOTH_SIDES)
    )
    pairs = db.session.scalars(query).all()
    hold_customers(owners.of_rows(ctx.book_id, [pair.invoice_row_id for pair in pairs]))
    for pair in pairs:
        source = links.record_of(pair.source)
        invoice = db.session.get_one(Invoice, pair.invoice.record_id)
        fits = min(pair.applied_there - pair.applied_here, invoice.balance, source.balance)
        if fits > 0 and not invoice.voided:
            applying.apply(source, [(invoice, fits)], actor=ctx.actor)
            ctx.item(
                "changed", f"{show(fits, invoice.currency)} on {invoice.number}, as in Intacct.", row_id=pair.source.id
            )
        if pair.applied_here == pair.applied_there:
            pair.hold = ""
            ledger.close_if(pair.source, ("paid_both_sides",), ctx.by)
        elif not pair.source.hold and ledger.open_problem(pair.source.id) is None:
            report(ctx, pair.source, source, invoice, pair.applied_there - pair.applied_here)
    db.session.flush()
