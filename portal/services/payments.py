"""Payments: record, edit, apply, un-apply, void."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.payment import Payment, PaymentMethod
from portal.models.types import utcnow
from portal.money import ZERO
from portal.services import audit, wanted
from portal.services.allowed import require
from portal.services.applying import (
    add_each,
    apply,
    apply_one,
    find_invoices,
    refuse_moved_money,
    set_applied,
    take_off_all,
    unapply,
)
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.invoice_checks import find_customer
from portal.services.numbers import check_number, next_number, saving
from portal.services.records import hold, hold_customers, refuse_stale
from portal.services.sums import move

__all__ = ["PaymentData", "apply", "apply_one", "edit", "is_same", "record", "set_applied", "unapply", "void"]


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
    invoices = find_invoices(company.id, data.applications)
    hold_customers([data.customer_id])  # before the series of numbers, as whoever records several does
    values["number"] = values["number"] or next_number(company.id, Payment)
    payment = Payment(company_id=company.id, origin=origin, applied=ZERO, **values)
    # All or nothing: a caller that catches the refusal of one application and commits must not keep the payment.
    with db.session.begin_nested():
        with move(payment), saving(Payment, payment.number):
            db.session.add(payment)
        audit.record(company.id, actor, "payment", payment.id, "created", after=_snapshot(payment))
        wanted.note_payment(payment)
        add_each(payment, list(zip(invoices, (amount for _, amount in data.applications), strict=True)), actor)
    return payment


def edit(payment: Payment, data: PaymentData, *, actor: Actor, expected_version: int | None = None) -> Payment:
    """Replace the payment's own facts by `data`; what is applied stays as it is.

    Raises InvalidInput with every fault; NotAllowedNow when it is voided or `expected_version` is not its own.
    """
    hold(payment, also_customer=data.customer_id)
    refuse_stale(payment, expected_version, f"payment {payment.number}")
    require(payment, "edit")
    values = _checked(payment.company_id, data, payment)
    values["number"] = values["number"] or payment.number
    _respect_money(payment, values)
    before = _snapshot(payment)
    with move(payment), saving(Payment, values["number"]):
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


def void(payment: Payment, *, reason: str = "", actor: Actor) -> Payment:
    """Take the payment back; its invoices are due again. One that came from Intacct is voided by the sync only."""
    hold(payment)
    require(payment, "void", by_sync=actor.is_sync)
    faults = Faults()
    reason = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    take_off_all(payment, actor=actor)
    with move(payment):
        payment.voided_at = utcnow()
        payment.void_reason = reason
    _raise_version(payment)
    audit.record(payment.company_id, actor, "payment", payment.id, "voided", text=reason)
    wanted.note_payment(payment)
    return payment


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
    faults = Faults()
    refuse_moved_money(faults, payment, values, values["amount"], "amount")
    faults.end()


def _raise_version(payment: Payment) -> None:
    payment.version += 1
    db.session.flush()


def _snapshot(payment: Payment) -> JsonDict:
    return {name: getattr(payment, name) for name in _FIELDS} | {"metadata": dict(payment.extra)}
