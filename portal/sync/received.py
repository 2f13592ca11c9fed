"""What came from Intacct: each source of money or credit is one payment here for each customer whose linked invoices it
pays, of the sum that lies on them. A credit is a payment of method `other` (rule 9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from portal.errors import PortalError
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import FormerKey, Kind, Pair, SyncRow
from portal.problems import ledger
from portal.services import facts, payments, wanted
from portal.services.checks import show
from portal.services.payments import PaymentData
from portal.sync import both_sides, links
from portal.sync.context import RunContext
from portal.sync.mapping import method_in
from portal.sync.money import Source
from portal.sync.picture import Header, Picture

ZERO = Decimal(0)


def receive(
    ctx: RunContext, invoice: Invoice, invoice_row: SyncRow, source: Source, amount: Decimal, picture: Picture
) -> None:
    """A source of Intacct's that is new here: its own portal payment for this customer. Raises PortalError when it
    cannot be stored."""
    header = picture.headers.get(source)
    if header is None:
        raise PortalError("the record behind it could not be read.")
    if header.voided:
        return
    fits = min(amount, invoice.balance)
    data = PaymentData(
        customer_id=invoice.customer_id,
        date=_day(source, header, picture.days.get((source, invoice_row.key))) or invoice.date,
        amount=amount,
        currency=invoice.currency,
        method=method_in(header.method),
        reference=header.there.number,
        applications=((invoice.id, fits),) if fits > 0 else (),
    )
    company = db.session.get_one(Company, ctx.company_id)
    payment = payments.record(company, data, actor=ctx.actor, origin=Origin.INTACCT)
    row = _link(ctx, payment, source, header)
    links.pair_of(row.id, invoice_row.id).applied_there = amount
    ctx.count("read.payments_received" if source.is_money else "read.credits_received")
    ctx.item("received", f"{_what(source, header)}{show(amount, invoice.currency)} on {invoice.number}.", row_id=row.id)
    if fits < amount:
        both_sides.report(ctx, row, payment, invoice, amount - fits)
    db.session.flush()


def _day(source: Source, header: Header, applied_on: date | None) -> date | None:
    """Money has the day on which it came, a credit the one on which it was put on the invoice."""
    return header.date if source.is_money else applied_on or header.date


_CREDIT_WORDS = {
    "ARADJUSTMENT": "Credit",
    "NEGATIVEINVOICE": "Negative invoice",
    "INLINECREDIT": "Credit of invoice",
    "DISCOUNT": "Discount with payment",
}


def _what(source: Source, header: Header) -> str:
    word = _CREDIT_WORDS.get(source.object)
    return f"{word} {header.there.number or source.key}: " if word else ""


def _link(ctx: RunContext, payment: Payment, source: Source, header: Header) -> SyncRow:
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    row = wanted.sync_row(book, Kind.PAYMENT, payment)
    row.part = "" if links.linked_row(ctx.book_id, source.object, source.key) is None else str(payment.customer_id)
    there = header.there
    links.link(row, source.key, there.number, there.seen(), there.entity)
    row.object = source.object
    row.want_hash = row.have_hash = facts.payment_hash(payment)
    return row


def resize(ctx: RunContext, payment: Payment, row: SyncRow) -> None:
    """Intacct's payment is worth here what lies of it on invoices that are linked; nothing left means it is void."""
    amount = db.session.scalar(select(db.func.sum(Pair.applied_there)).where(Pair.source_row_id == row.id)) or ZERO
    if amount <= 0:
        payments.void(payment, reason="Nothing of it lies on an invoice in Intacct any more.", actor=ctx.actor)
        ledger.close(row, ctx.by)
        links.unlink(row)
        _forget_former(row)
        return
    data = PaymentData(
        customer_id=payment.customer_id, date=payment.date, amount=max(amount, payment.applied),
        currency=payment.currency, number=payment.number, method=payment.method, reference=payment.reference,
        metadata=payment.extra,
    )  # fmt: skip
    payments.edit(payment, data, actor=ctx.actor)


def _forget_former(row: SyncRow) -> None:
    """A payment of Intacct's that was un-applied there may be applied again: its key is not a thing of the past."""
    db.session.execute(db.delete(FormerKey).where(FormerKey.sync_row_id == row.id))
