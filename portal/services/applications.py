"""Money put on invoices: the only place that moves an invoice's balance or a payment's applied sum.

Callers hold both records (`records.hold`) before they call.
"""

from __future__ import annotations

from decimal import Decimal

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.money import ZERO
from portal.services import audit, wanted
from portal.services.audit import Actor
from portal.services.checks import Faults, show

NOTHING = ZERO


def applied_to(payment: Payment, invoice: Invoice) -> Decimal:
    """How much of `payment` lies on `invoice`."""
    row = _row(payment, invoice)
    return row.amount if row is not None else NOTHING


def put(payment: Payment, invoice: Invoice, amount: Decimal, *, actor: Actor, field: str = "amount") -> None:
    """Make what lies of `payment` on `invoice` be `amount`; nothing takes it off.

    Raises InvalidInput for a negative or inexact amount and for documents of two customers or currencies;
    NotAllowedNow for voided documents, drafts, and more than is due or left. Both name `field`.
    """
    amount = _exact(amount, payment.currency, field)
    before = applied_to(payment, invoice)
    change = amount - before
    if not change:
        return
    if change > 0:
        _refuse_strangers(payment, invoice, field)
        _refuse_state(payment, invoice, field)
        _refuse_excess(payment, invoice, change, field)
    _store(payment, invoice, amount)
    payment.applied += change
    invoice.balance -= change
    db.session.flush()
    _tell(payment, invoice, before, amount, actor)


def _exact(amount: Decimal, currency: str, field: str) -> Decimal:
    faults = Faults()
    cleaned = faults.amount(field, "The amount", amount, currency)
    faults.end()
    return cleaned


def _row(payment: Payment, invoice: Invoice) -> Application | None:
    return next((row for row in payment.applications if row.invoice_id == invoice.id), None)


def _refuse_strangers(payment: Payment, invoice: Invoice, field: str) -> None:
    at = field.removesuffix("amount") + "invoice"
    if payment.company_id != invoice.company_id or payment.customer_id != invoice.customer_id:
        raise InvalidInput(f"{invoice.number} belongs to another customer than {payment.number}.", field=at)
    if payment.currency != invoice.currency:
        raise InvalidInput(
            f"{invoice.number} is in {invoice.currency}, {payment.number} in {payment.currency}."
            " Money can be applied within one currency only.",
            field=at,
            code="currency",
        )


def _refuse_state(payment: Payment, invoice: Invoice, field: str) -> None:
    at = field.removesuffix("amount") + "invoice"
    if payment.voided:
        raise NotAllowedNow(f"{payment.number} is voided and cannot be applied.")
    if invoice.voided:
        raise NotAllowedNow(f"{invoice.number} is voided and takes no money.", field=at)
    if invoice.draft:
        raise NotAllowedNow(f"{invoice.number} is a draft and takes no money. Issue it first.", field=at)


def _refuse_excess(payment: Payment, invoice: Invoice, change: Decimal, field: str) -> None:
    asked = show(change, payment.currency)
    if change > payment.balance:
        left = show(payment.balance, payment.currency)
        raise NotAllowedNow(
            f"{asked} is more than is left of {payment.number}: {left}. Nothing was applied.",
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


def _store(payment: Payment, invoice: Invoice, amount: Decimal) -> None:
    row = _row(payment, invoice)
    if row is None:
        payment.applications.append(
            Application(
                company_id=payment.company_id,
                customer_id=payment.customer_id,
                currency=payment.currency,
                invoice_id=invoice.id,
                amount=amount,
            )
        )
    elif amount:
        row.amount = amount
    else:
        payment.applications.remove(row)


def _tell(payment: Payment, invoice: Invoice, before: Decimal, after: Decimal, actor: Actor) -> None:
    action = "applied" if after > before else "unapplied"
    moved = show(abs(after - before), payment.currency)
    text = f"{moved} {'on' if after > before else 'off'} {invoice.number}"
    audit.record(
        payment.company_id, actor, "payment", payment.id, action,
        text=text, before={"amount": before}, after={"amount": after, "invoice_id": invoice.id},
    )  # fmt: skip
    audit.record(
        invoice.company_id, actor, "invoice", invoice.id, action,
        text=f"{moved} of {payment.number}", before={"balance": invoice.balance + after - before},
        after={"balance": invoice.balance, "payment_id": payment.id},
    )  # fmt: skip
    wanted.note_payment(payment)
    wanted.note_invoice(invoice)
