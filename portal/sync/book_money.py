"""Carrying Intacct's money and credits into our book: what lies there of each source on each linked invoice, whole.

Rows are not stored one by one. For each pair (source, invoice) we keep the sum that lies there; reading sets it and
carries only its change into our book, whoever owns the source. So nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import select

from portal.database import in_parts
from portal.errors import PortalError
from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind, Pair, SyncRow
from portal.problems import ledger
from portal.services import applying, payments
from portal.services.checks import show
from portal.services.records import hold_customers
from portal.sync import both_sides, gone, links, opening, owners, received, scope, whose, withheld
from portal.sync.context import RunContext
from portal.sync.money import OPENING, Source
from portal.sync.picture import Picture
from portal.sync.rows import has_open_posting, linked

ZERO = Decimal(0)


def store(ctx: RunContext, picture: Picture) -> None:
    """Carry what changed into our book. Flushes; what cannot be stored becomes a problem and is read again."""
    hold_customers(owners.of_invoices(ctx.book_id, picture.invoice_keys))
    failed_before = ledger.open_there(ctx.book_id)
    for source, successor in picture.successors.items():
        whose.follow(ctx, source, successor, picture)
    for recordno, invoice_key in picture.unreadable.items():
        _could_not_store(ctx, Source("ARPYMTDETAIL", recordno), invoice_key, PortalError("a value cannot be read."))
    readable = picture.invoice_keys - set(picture.unreadable.values())
    rows = linked(ctx.book_id, "ARINVOICE", readable)
    lies = _by_invoice(picture)
    lay = _lay_on_them(ctx, [row.id for row in rows.values()])
    for invoice_key, row in sorted(rows.items()):
        if not scope.sees(ctx, row.entity):
            links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_key, "its entity is out of sight")
        elif invoice_key in lies or row.id in lay or invoice_key in picture.paid or withheld.is_marked(row):
            _carry_all(ctx, row, lay.get(row.id, ()), lies.get(invoice_key, {}), picture, failed_before)


def _carry_all(
    ctx: RunContext,
    row: SyncRow,
    lay: Sequence[Source],
    lies: Mapping[Source, Decimal],
    picture: Picture,
    failed_before: set[tuple[str, str]],
) -> None:
    """`lay` on the invoice as far as we know, and `lies` there now."""
    invoice_key = row.key
    on_it = _money_on(lay, lies, picture)
    left = withheld.judge(ctx, row, on_it, picture)
    if invoice_key in picture.paid:
        # What is carried now may be what the opening payment stood for: that makes way first.
        named = sum((amount for source, amount in on_it.items() if source in left or _reads(ctx, source)), ZERO)
        opening.shrink(ctx, row, picture.paid[invoice_key] - named)
    for source, amount in on_it.items():
        if source in left:
            continue
        try:
            with db.session.begin_nested():
                _carry(ctx, row, source, amount, picture)
        except PortalError as error:
            _could_not_store(ctx, source, invoice_key, error)
        else:
            if (source.object, source.key) in failed_before:
                ledger.close_there(ctx.book_id, source.object, source.key, ctx.by)


def _by_invoice(picture: Picture) -> dict[str, dict[Source, Decimal]]:
    found: dict[str, dict[Source, Decimal]] = {}
    for (source, invoice_key), amount in picture.sums.items():
        found.setdefault(invoice_key, {})[source] = amount
    return found


def _lay_on_them(ctx: RunContext, invoice_row_ids: Sequence[int]) -> dict[int, list[Source]]:
    """By invoice's row: the sources of which something lies on it, as far as we know."""
    found: dict[int, list[Source]] = {}
    for part in in_parts(invoice_row_ids):
        known = (
            select(Pair.invoice_row_id, SyncRow.object, SyncRow.key)
            .join(SyncRow, SyncRow.id == Pair.source_row_id)
            .where(Pair.invoice_row_id.in_(part), Pair.applied_there != 0, *scope.seen(ctx.book_id, ctx.entity))
            .where(SyncRow.key != "", SyncRow.object != OPENING)
        )
        for row_id, object_, key in db.session.execute(known):
            found.setdefault(row_id, []).append(Source(object_, key))
    return found


def _money_on(lay: Sequence[Source], lies: Mapping[Source, Decimal], picture: Picture) -> dict[Source, Decimal]:
    """Each source with what lies of it on an invoice now; 0 for one that was there and is gone or voided."""
    found = {**dict.fromkeys(lay, ZERO), **lies}
    for source in found:
        header = picture.headers.get(source)
        if header is not None and header.voided:
            found[source] = ZERO
    return found


def _carry(ctx: RunContext, invoice_row: SyncRow, source: Source, amount: Decimal, picture: Picture) -> None:
    invoice = db.session.get_one(Invoice, invoice_row.record_id)
    row = whose.row_of(ctx, source, invoice, picture)
    if not _is_read(ctx, source, row):
        return
    if row is not None and has_open_posting(row.id, answered_since=picture.taken_at):
        links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_row.key, "met while it had an open posting")
        return
    if row is None:
        if amount and not whose.was_ours(ctx.book_id, source):
            received.receive(ctx, invoice, invoice_row, source, amount, picture)
        return
    if source in picture.gone and gone.is_ours(row):
        gone.tell(ctx, row)
        return
    if source in picture.headers:
        gone.came_back(ctx, row)
    pair = links.pair_of(row.id, invoice_row.id)
    change = amount - pair.applied_there
    pair.applied_there = amount
    if change:
        _change(ctx, row, invoice, change)
    header = picture.headers.get(source)
    if header is not None and header.voided and row.kind == Kind.PAYMENT and source.is_money:
        _voided_there(ctx, row)


def _reads(ctx: RunContext, source: Source) -> bool:
    return _is_read(ctx, source, links.linked_row(ctx.book_id, source.object, source.key))


def _is_read(ctx: RunContext, source: Source, row: SyncRow | None) -> bool:
    """Whether the company wants to know: of payments, of credits; what is done with credit notes of ours always."""
    if row is not None and row.kind == Kind.CREDIT_NOTE:
        return True
    return ctx.choices.read_payments if source.is_money else ctx.choices.read_credits


def _change(ctx: RunContext, row: SyncRow, invoice: Invoice, change: Decimal) -> None:
    """Carry a pair's change: a payment of Intacct's grows and shrinks with what lies there, ours only moves."""
    record = links.record_of(row)
    theirs = record if isinstance(record, Payment) and record.origin == Origin.INTACCT else None
    if change > 0:
        if theirs is not None:
            received.resize(ctx, theirs, row)
        _apply(ctx, row, record, invoice, change)
    else:
        lies = next((item.amount for item in record.applications if item.invoice_id == invoice.id), ZERO)
        applying.set_applied(record, invoice, lies - min(lies, -change), actor=ctx.actor)
        if theirs is not None:
            received.resize(ctx, theirs, row)
    ctx.count(f"read.{row.kind}s_changed")
    ctx.item("changed", f"{show(change, invoice.currency)} on {invoice.number}, as in Intacct.", row_id=row.id)


def _apply(ctx: RunContext, row: SyncRow, record: Payment | CreditNote, invoice: Invoice, change: Decimal) -> None:
    fits = max(min(change, invoice.balance, record.balance), ZERO)
    if fits:
        applying.apply(record, [(invoice, fits)], actor=ctx.actor)
    if fits < change:
        both_sides.report(ctx, row, record, invoice, change - fits)


def _voided_there(ctx: RunContext, row: SyncRow) -> None:
    """Rule 12: a linked payment that reads as voided in Intacct is voided here."""
    payment = db.session.get_one(Payment, row.record_id)
    if payment.voided:
        return
    payments.void(payment, reason="Voided in Intacct.", actor=ctx.actor)
    links.unlink(row)
    ledger.close(row, ctx.by)
    ctx.count("read.payments_voided")
    ctx.item("voided", "Voided in Intacct, therefore voided here.", row_id=row.id)


def _could_not_store(ctx: RunContext, source: Source, invoice_key: str, error: PortalError) -> None:
    word = "Payment" if source.is_money else "Credit"
    text = f"{word} {source.key} of Intacct could not be stored here: {error.message} It is read again."
    ledger.report_there(ctx.book_id, source.object, source.key, "cannot_store", text, invoice_key=invoice_key)
    links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_key, "could not be stored")
    ctx.count("problems")
    ctx.item("problem", text, object_=source.object, key=source.key)


def invoices_of(rows: Iterable[SyncRow]) -> set[str]:
    """The keys of the linked invoices on which these payments lie."""
    ids = [row.id for row in rows]
    query = (
        select(SyncRow.key)
        .join(Pair, Pair.invoice_row_id == SyncRow.id)
        .where(Pair.source_row_id.in_(ids), SyncRow.key != "")
    )
    return set(db.session.scalars(query))
