"""Money and credit put on invoices: the only place that moves an invoice's balance or a source's applied sum.

A source is a payment or a credit note. Callers hold both records (`records.hold`) before they call.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.money import ZERO
from portal.services import audit, wanted
from portal.services.allowed import gives_nothing, takes_no_money
from portal.services.audit import Actor
from portal.services.checks import Faults, show
from portal.services.sums import move

NOTHING = ZERO

Source = Payment | CreditNote


def applied_to(source: Source, invoice: Invoice) -> Decimal:
    """How much of `source` lies on `invoice`."""
    row = _row(source, invoice)
    return row.amount if row is not None else NOTHING


def sources_on(invoice: Invoice) -> list[Source]:
    """The payments and credit notes of which something lies on the invoice, payments first, oldest first."""
    rows = select(Application.payment_id, Application.credit_note_id).where(Application.invoice_id == invoice.id)
    found = db.session.execute(rows).all()
    payments = sorted(payment_id for payment_id, _ in found if payment_id is not None)
    credits_ = sorted(credit_note_id for _, credit_note_id in found if credit_note_id is not None)
    return [
        *(db.session.get_one(Payment, payment_id) for payment_id in payments),
        *(db.session.get_one(CreditNote, credit_note_id) for credit_note_id in credits_),
    ]


def put(source: Source, invoice: Invoice, amount: Decimal, *, actor: Actor, field: str = "amount") -> None:
    """Make what lies of `source` on `invoice` be `amount`; nothing takes it off.

    Raises InvalidInput for a negative or inexact amount and for documents of two customers or currencies;
    NotAllowedNow for voided documents, drafts, and more than is due or left. Both name `field`.
    """
    amount = _exact(amount, source.currency, field)
    before = applied_to(source, invoice)
    change = amount - before
    if not change:
        return
    if change > 0:
        _refuse_strangers(source, invoice, field)
        _refuse_state(source, invoice, field)
        _refuse_excess(source, invoice, change, field)
    with move(source, invoice):
        _store(source, invoice, amount)
        source.applied += change
        invoice.balance -= change
        db.session.flush()
    _tell(source, invoice, before, amount, actor)


def _exact(amount: Decimal, currency: str, field: str) -> Decimal:
    faults = Faults()
    cleaned = faults.amount(field, "The amount", amount, currency)
    faults.end()
    return cleaned


def _row(source: Source, invoice: Invoice) -> Application | None:
    return next((row for row in source.applications if row.invoice_id == invoice.id), None)


def _refuse_strangers(source: Source, invoice: Invoice, field: str) -> None:
    at = field.removesuffix("amount") + "invoice"
    if source.company_id != invoice.company_id or source.customer_id != invoice.customer_id:
        raise InvalidInput(f"{invoice.number} belongs to another customer than {source.number}.", field=at)
    if source.currency != invoice.currency:
        raise InvalidInput(
            f"{invoice.number} is in {invoice.currency}, {source.number} in {source.currency}."
            " Money can be applied within one currency only.",
            field=at,
            code="currency",
        )


def _refuse_state(source: Source, invoice: Invoice, field: str) -> None:
    at = field.removesuffix("amount") + "invoice"
    if reason := gives_nothing(source):
        raise NotAllowedNow(reason)
    if reason := takes_no_money(invoice):
        raise NotAllowedNow(reason, field=at)


def _refuse_excess(source: Source, invoice: Invoice, change: Decimal, field: str) -> None:
    asked = show(change, source.currency)
    if change > source.balance:
        left = show(source.balance, source.currency)
        raise NotAllowedNow(
            f"{asked} is more than is left of {source.number}: {left}. Nothing was applied.",
            field=field,
            code="more_than_left",
        )
    if change > invoice.balance:
        due = show(invoice.balance, invoice.currency)
        raise NotAllowedNow(
            f"{asked} is more than is due on {invoice.number}: {due}. Nothing was applied.",
            field=field,
            code="more_than_due",
        )


def _store(source: Source, invoice: Invoice, amount: Decimal) -> None:
    row = _row(source, invoice)
    if row is None:
        source.applications.append(
            Application(
                company_id=source.company_id,
                customer_id=source.customer_id,
                currency=source.currency,
                invoice_id=invoice.id,
                amount=amount,
            )
        )
    elif amount:
        row.amount = amount
    else:
        source.applications.remove(row)


def _tell(source: Source, invoice: Invoice, before: Decimal, after: Decimal, actor: Actor) -> None:
    action = "applied" if after > before else "unapplied"
    moved = show(abs(after - before), source.currency)
    text = f"{moved} {'on' if after > before else 'off'} {invoice.number}"
    word = source.__tablename__
    audit.record(
        source.company_id, actor, word, source.id, action,
        text=text, before={"amount": before}, after={"amount": after, "invoice_id": invoice.id},
    )  # fmt: skip
    audit.record(
        invoice.company_id, actor, "invoice", invoice.id, action,
        text=f"{moved} of {source.number}", before={"balance": invoice.balance + after - before},
        after={"balance": invoice.balance, f"{word}_id": source.id},
    )  # fmt: skip
    if isinstance(source, Payment):
        wanted.note_payment(source)
    else:
        wanted.note_credit_note(source)
    wanted.note_invoice(invoice)
