"""What was paid on an imported invoice before anything of it could be read: one payment that says so.

It is what Intacct counts as paid less the money that is known here, worked out anew each time, so it shrinks by itself
as the money behind it becomes readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy import select

from portal.database import in_parts
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment, PaymentMethod
from portal.models.sync import Kind, Pair, SyncRow
from portal.services import applications, payments, wanted
from portal.services.applications import sources_on
from portal.services.checks import show
from portal.services.invoice_checks import InvoiceData, product
from portal.services.payments import PaymentData
from portal.services.records import hold, hold_customers
from portal.sync import gone, judging, links, owners, picture
from portal.sync.context import RunContext
from portal.sync.looking import There
from portal.sync.money import OPENING

REFERENCE = "Paid in Intacct before it was read"
ZERO = Decimal(0)


def settle(ctx: RunContext, row: SyncRow, there: There, *, may_grow: bool) -> None:
    """Make the opening payment of an imported invoice the rest of what Intacct shows as paid on it. Flushes.

    It grows only where an invoice gets its link or a person imports it: what is paid later comes as what it is, or
    stays in Intacct on purpose (rule 8).
    """
    if row.origin != Origin.INTACCT or there.gone_back:  # nothing is due on a reversed one, yet nobody paid it
        return
    amount = max(Decimal(there.total) - Decimal(there.due) - _known(row), ZERO)
    source = _of(row)
    if source is None and amount and may_grow:
        _begin(ctx, row, db.session.get_one(Invoice, row.record_id), amount)
    elif source is not None:
        source.key = row.key
        _resize(ctx, source, row, amount, may_grow=may_grow)


def _known(row: SyncRow) -> Decimal:
    """What lies on the invoice there of the money that is known here; ours that was deleted there does not, though it
    still lies on it here."""
    query = (
        select(SyncRow, Pair.applied_there)
        .join(Pair, Pair.source_row_id == SyncRow.id)
        .where(Pair.invoice_row_id == row.id, Pair.applied_there != 0, SyncRow.object != OPENING)
    )
    return sum((amount for source, amount in db.session.execute(query) if not gone.stands(source)), ZERO)


def shrink(ctx: RunContext, row: SyncRow, amount: Decimal) -> None:
    """Let the opening payment of the invoice be no more than `amount`. Flushes."""
    source = _of(row)
    if source is not None:
        _resize(ctx, source, row, max(amount, ZERO), may_grow=False)


def settle_all(ctx: RunContext, paid: Mapping[int, There]) -> None:
    """Judge the opening payments of these sync rows anew, without growing. Flushes.

    Where less is paid there than before, what lies there is read first: the money that was taken off may be another's.
    """
    with_one = _with_one(paid)
    hold_customers(owners.of_rows(ctx.book_id, with_one))
    for row_id in with_one:
        row = db.session.get_one(SyncRow, row_id)
        if picture.reads_money(ctx):
            links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", row.key, "what is paid on it changed")
        else:
            settle(ctx, row, paid[row_id], may_grow=False)


def _with_one(row_ids: Iterable[int]) -> list[int]:
    """Which of these invoices an opening payment lies on, in their order."""
    found: set[int] = set()
    wanted_ids = list(row_ids)
    for part in in_parts(wanted_ids):
        query = select(Pair.invoice_row_id).join(SyncRow, SyncRow.id == Pair.source_row_id)
        found.update(db.session.scalars(query.where(Pair.invoice_row_id.in_(part), SyncRow.object == OPENING)))
    return [row_id for row_id in wanted_ids if row_id in found]


def make_room(ctx: RunContext, invoice: Invoice, data: InvoiceData) -> None:
    """Rule 3: where the new total is less than what lies on the invoice, the newest money becomes rest. Flushes."""
    total = sum(
        (line.amount if line.amount is not None else product(line.quantity, line.unit_cost, data.currency or "USD")
         for line in data.lines), ZERO,
    ) - data.discount + data.tax  # fmt: skip
    for source in reversed(sources_on(invoice)):
        excess = (invoice.total - invoice.balance) - total
        if excess <= 0:
            return
        hold(source)
        lies = applications.applied_to(source, invoice)
        applications.put(source, invoice, max(lies - excess, ZERO), actor=ctx.actor)
        kind = Kind.PAYMENT if isinstance(source, Payment) else Kind.CREDIT_NOTE
        source_row = wanted.find_row(ctx.book_id, kind, source.id)
        if source_row is not None:
            judging.problem(
                ctx, source_row, "paid_both_sides",
                f"Invoice {invoice.number} is {show(total, invoice.currency)} in Intacct now, less than what lies on it"
                f" here: {show(min(lies, excess), invoice.currency)} of {source.number} was taken off it and stays"
                " unapplied. Void that payment, or leave it for another invoice.",
                invoice=invoice.number, amount=str(min(lies, excess)),
            )  # fmt: skip


def _of(row: SyncRow) -> SyncRow | None:
    """The opening payment that lies on the invoice, whatever A/R record it had then."""
    query = (
        select(SyncRow)
        .join(Pair, Pair.source_row_id == SyncRow.id)
        .where(Pair.invoice_row_id == row.id, SyncRow.object == OPENING)
    )
    return db.session.scalar(query)


def _begin(ctx: RunContext, row: SyncRow, invoice: Invoice, amount: Decimal) -> None:
    fits = min(amount, invoice.balance)
    data = PaymentData(
        customer_id=invoice.customer_id, date=invoice.date, amount=amount, currency=invoice.currency,
        method=PaymentMethod.OTHER, reference=REFERENCE,
        applications=((invoice.id, fits),) if fits > 0 else (),
    )  # fmt: skip
    company = db.session.get_one(Company, ctx.company_id)
    payment = payments.record(company, data, actor=ctx.actor, origin=Origin.INTACCT)
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    source = wanted.sync_row(book, Kind.PAYMENT, payment)
    source.object, source.key = OPENING, row.key
    links.pair_of(source.id, row.id).applied_there = amount
    ctx.count("opening.payments")
    ctx.item("received", f"{show(amount, invoice.currency)} paid on {invoice.number} before it was read.",
             row_id=source.id)  # fmt: skip
    db.session.flush()


def _resize(ctx: RunContext, source: SyncRow, row: SyncRow, amount: Decimal, *, may_grow: bool) -> None:
    payment, invoice = db.session.get_one(Payment, source.record_id), db.session.get_one(Invoice, row.record_id)
    pair = links.pair_of(source.id, row.id)
    if pair.applied_there == amount or payment.voided or (amount > pair.applied_there and not may_grow):
        return
    pair.applied_there = amount
    if not amount:
        payments.void(payment, reason="The payments behind it are known now.", actor=ctx.actor)
        links.unlink(source)  # what is paid later, again without being read, begins a new one
        return
    lies = next((item.amount for item in payment.applications if item.invoice_id == invoice.id), ZERO)
    if amount < lies:
        payments.set_applied(payment, invoice, amount, actor=ctx.actor)
    _set_amount(ctx, payment, amount)
    if amount > lies:
        payments.set_applied(payment, invoice, min(amount, lies + invoice.balance), actor=ctx.actor)


def _set_amount(ctx: RunContext, payment: Payment, amount: Decimal) -> None:
    data = PaymentData(
        customer_id=payment.customer_id, date=payment.date, amount=amount, currency=payment.currency,
        number=payment.number, method=payment.method, reference=payment.reference, metadata=payment.extra,
    )  # fmt: skip
    payments.edit(payment, data, actor=ctx.actor)
