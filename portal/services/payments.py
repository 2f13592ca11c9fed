"""Payments: record, edit, apply, un-apply, void."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment, PaymentMethod
from portal.models.types import utcnow
from portal.money import ZERO
from portal.services import applications, audit, wanted
from portal.services.audit import Actor
from portal.services.checks import Faults, show
from portal.services.invoice_checks import find_customer
from portal.services.numbers import check_number, next_number, saving
from portal.services.records import hold, refuse_stale


@dataclass(frozen=True)
class PaymentData:
    """A payment as somebody writes it, with (invoice id, amount) for each invoice that it pays.

    Absent: the number is generated, the currency is the customer's.
    """

    customer_id: int
    date: dt.date
    amount: Decimal
    currency: str = ""
    number: str = ""
    method: str = PaymentMethod.OTHER
    reference: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    applications: tuple[tuple[int, Decimal], ...] = ()


_FIELDS = ("customer_id", "number", "date", "currency", "amount", "method", "reference")


def record(company: Company, data: PaymentData, *, actor: Actor, origin: Origin = Origin.PORTAL) -> Payment:
    """Add a payment and put it on its invoices; what is not put anywhere stays as its rest.

    Raises InvalidInput with every fault, NotAllowedNow when an invoice takes no money or less. Fields of
    applications are named `applied_to.N.amount`.
    """
    values = _checked(company.id, data)
    invoices = _invoices(company.id, data)
    values["number"] = values["number"] or next_number(company.id, Payment)
    payment = Payment(company_id=company.id, origin=origin, applied=ZERO, **values)
    # All or nothing: a caller that catches the refusal of one application and commits must not keep the payment.
    with db.session.begin_nested():
        with saving(Payment, payment.number):
            db.session.add(payment)
        audit.record(company.id, actor, "payment", payment.id, "created", after=_snapshot(payment))
        wanted.note_payment(payment)
        _add(payment, list(zip(invoices, (amount for _, amount in data.applications), strict=True)), actor)
    return payment


def edit(payment: Payment, data: PaymentData, *, actor: Actor, expected_version: int | None = None) -> Payment:
    """Replace the payment's own facts by `data`; what is applied stays as it is.

    Raises InvalidInput with every fault; NotAllowedNow when it is voided or `expected_version` is not its own.
    """
    hold(payment, also_customer=data.customer_id)
    refuse_stale(payment, expected_version, f"payment {payment.number}")
    _refuse_voided(payment)
    values = _checked(payment.company_id, data, payment)
    values["number"] = values["number"] or payment.number
    _respect_money(payment, values)
    before = _snapshot(payment)
    with saving(Payment, values["number"]):
        for name, value in values.items():
            setattr(payment, name, value)
    db.session.expire(payment, ["customer"])  # a view of the column above, which may name another one now
    if audit.record_change(payment.company_id, actor, "payment", payment.id, "edited", before, _snapshot(payment)):
        _raise_version(payment)
    wanted.note_payment(payment)
    return payment


def is_same(payment: Payment, data: PaymentData, applied: Sequence[tuple[int, Decimal]]) -> bool:
    """Whether `data` says nothing else than the payment as it is, and all of `applied` lies on those invoices.

    Raises InvalidInput as `edit` does.
    """
    values = _checked(payment.company_id, data, payment)
    present = {row.invoice_id: row.amount for row in payment.applications}
    return (
        not payment.voided
        and {name: getattr(payment, name) for name in values} == values
        and all(present.get(invoice_id) == amount for invoice_id, amount in applied)
    )


def set_applied(payment: Payment, invoice: Invoice, amount: Decimal, *, actor: Actor) -> Payment:
    """Make what lies of the payment on `invoice` be `amount`; 0 takes it off. Errors as in `apply`."""
    hold(payment, invoice)
    applications.put(payment, invoice, amount, actor=actor)
    return payment


def apply(payment: Payment, items: Sequence[tuple[Invoice, Decimal]], *, actor: Actor) -> Payment:
    """Put more of the payment on invoices: (invoice, amount) each; all of them or none.

    Raises InvalidInput or NotAllowedNow at `applied_to.N.amount` (or `.invoice`): more than is left or due, another
    customer or currency, a draft, a voided document.
    """
    with db.session.begin_nested():
        _add(payment, items, actor)
    return payment


def apply_one(payment: Payment, invoice: Invoice, amount: Decimal, *, actor: Actor) -> Payment:
    """Put `amount` more of the payment on one invoice. Errors as in `apply`, at `amount` or `invoice`."""
    hold(payment, invoice)
    _refuse_nothing(amount, "amount")
    applications.put(payment, invoice, applications.applied_to(payment, invoice) + amount, actor=actor)
    return payment


def unapply(payment: Payment, invoice: Invoice, *, actor: Actor, amount: Decimal | None = None) -> Payment:
    """Take `amount` (default: all) of the payment off `invoice`; it becomes the payment's rest."""
    hold(payment, invoice)
    present = applications.applied_to(payment, invoice)
    if not present:
        raise NotAllowedNow(f"Nothing of {payment.number} lies on {invoice.number}.", field="invoice")
    amount = present if amount is None else amount
    _refuse_nothing(amount, "amount")
    if amount > present:
        raise NotAllowedNow(
            f"Only {show(present, payment.currency)} of {payment.number} lies on {invoice.number}."
            " Nothing was un-applied.",
            field="amount",
            code="more_than_applied",
        )
    applications.put(payment, invoice, present - amount, actor=actor)
    return payment


def void(payment: Payment, *, reason: str = "", actor: Actor) -> Payment:
    """Take the payment back; its invoices are due again. One that came from Intacct is voided by the sync only."""
    hold(payment)
    _refuse_voided(payment)
    if payment.origin == Origin.INTACCT and not actor.is_sync:
        raise NotAllowedNow(
            f"{payment.number} came from Intacct. Reverse it in Intacct; the next sync voids it here.",
            code="made_in_intacct",
        )
    faults = Faults()
    reason = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    for invoice in sorted((row.invoice for row in payment.applications), key=lambda invoice: invoice.id):
        hold(invoice)
        applications.put(payment, invoice, ZERO, actor=actor)
    payment.voided_at = utcnow()
    payment.void_reason = reason
    _raise_version(payment)
    audit.record(payment.company_id, actor, "payment", payment.id, "voided", text=reason)
    wanted.note_payment(payment)
    return payment


def _add(payment: Payment, items: Sequence[tuple[Invoice, Decimal]], actor: Actor) -> None:
    hold(payment, *{invoice.id: invoice for invoice, _ in items}.values())
    for index, (invoice, amount) in enumerate(items):
        at = f"applied_to.{index}.amount"
        _refuse_nothing(amount, at)
        applications.put(payment, invoice, applications.applied_to(payment, invoice) + amount, actor=actor, field=at)


def _refuse_nothing(amount: Decimal, field: str) -> None:
    if not amount.is_finite():
        raise InvalidInput("The amount is not a number.", field=field, code="not_a_number")
    if amount <= 0:
        raise InvalidInput("The amount must be above zero.", field=field, code="negative" if amount < 0 else "zero")


def _invoices(company_id: int, data: PaymentData) -> list[Invoice]:
    """The invoices that `data` pays, in its order. Raises InvalidInput at those that the company does not have."""
    faults = Faults()
    found = []
    for index, (invoice_id, _) in enumerate(data.applications):
        invoice = db.session.get(Invoice, invoice_id)
        if invoice is None or invoice.company_id != company_id:
            faults.add(f"applied_to.{index}.invoice", "There is no such invoice.", "unknown_invoice")
        else:
            found.append(invoice)
    faults.end()
    return found


def _checked(company_id: int, data: PaymentData, current: Payment | None = None) -> JsonDict:
    faults = Faults()
    customer = find_customer(faults, company_id, data.customer_id)
    default = current.currency if current is not None else customer.currency if customer is not None else "USD"
    currency = faults.currency("currency", data.currency or default)
    values: JsonDict = {
        "customer_id": data.customer_id,
        "number": check_number(faults, company_id, Payment, data.number, current.id if current else None),
        "date": faults.date("date", "The date", data.date),
        "currency": currency,
        "amount": faults.amount("amount", "The amount", data.amount, currency or default, above_zero=True),
        "method": str(data.method).strip().lower() or PaymentMethod.OTHER.value,
        "reference": faults.text("reference", "The reference", data.reference),
        "extra": faults.metadata("metadata", data.metadata),
    }
    if values["method"] not in list(PaymentMethod):
        faults.add("method", f"A method is one of {', '.join(PaymentMethod)}.", "method")
    faults.end()
    return values


def _respect_money(payment: Payment, values: JsonDict) -> None:
    """Refuse what the applications of the payment forbid."""
    if not payment.applied:
        return
    faults = Faults()
    applied = show(payment.applied, payment.currency)
    if values["customer_id"] != payment.customer_id:
        faults.add("customer", f"{applied} of {payment.number} is applied. Un-apply it before you change the customer.")
    if values["currency"] != payment.currency:
        faults.add("currency", f"{applied} of {payment.number} is applied. Un-apply it before you change the currency.")
    elif values["amount"] < payment.applied:
        faults.add(
            "amount", f"{applied} of {payment.number} is applied. Un-apply the difference first.", "below_applied"
        )
    faults.end()


def _refuse_voided(payment: Payment) -> None:
    if payment.voided:
        raise NotAllowedNow(f"{payment.number} is voided and cannot be changed any more.")


def _raise_version(payment: Payment) -> None:
    payment.version += 1
    db.session.flush()


def _snapshot(payment: Payment) -> JsonDict:
    return {name: getattr(payment, name) for name in _FIELDS} | {"metadata": dict(payment.extra)}
