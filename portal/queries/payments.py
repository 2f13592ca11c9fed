"""Reads of payments. The company comes first; another company's payment is not found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.payment import Application, Payment
from portal.money import ZERO
from portal.queries.invoices import Sums
from portal.queries.paging import PAGE_SIZE, Page, newest_first
from portal.queries.text import contains
from portal.queries.words import PaymentStatus


@dataclass(frozen=True)
class PaymentFilter:
    """What a list of payments shows; an absent value does not narrow it. `text` searches numbers, references, names."""

    number: str = ""
    text: str = ""
    status: str = ""
    customer_id: int | None = None
    currency: str = ""
    origin: str = ""
    method: str = ""
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    ids: Collection[int] | None = None


def get_payment(company: Company, payment_id: int) -> Payment:
    """The company's payment. Raises NotFound."""
    payment = db.session.get(Payment, payment_id)
    if payment is None or payment.company_id != company.id:
        raise NotFound("There is no such payment.", field="payment")
    return payment


def get_payment_by_number(company: Company, number: str) -> Payment:
    """The company's payment of this number, in any case. Raises NotFound."""
    key = number.strip().casefold()
    payment = db.session.scalar(select(Payment).where(Payment.company_id == company.id, Payment.number_key == key))
    if payment is None:
        raise NotFound(f"There is no payment with the number {number.strip()[:100]}.", field="payment")
    return payment


def list_payments(
    company: Company, wanted: PaymentFilter = PaymentFilter(), *, after: str = "", limit: int = PAGE_SIZE
) -> Page[Payment]:
    """A page of payments with their customers, newest first. Raises InvalidInput for a malformed token."""
    query = _filtered(select(Payment), company, wanted).options(joinedload(Payment.customer))
    return newest_first(query, Payment, after, limit)


def payment_sums(company: Company, wanted: PaymentFilter = PaymentFilter()) -> list[Sums]:
    """Count, amount and rest of what the filter leaves, by currency; a voided payment has no rest."""
    kept = func.sum(Payment.amount).filter(Payment.voided_at.is_(None))
    columns = (Payment.currency, func.count(Payment.id), func.sum(Payment.amount), kept, func.sum(Payment.applied))
    query = _filtered(select(Payment), company, wanted).with_only_columns(*columns)
    rows = db.session.execute(query.group_by(Payment.currency).order_by(Payment.currency))
    return [
        Sums(currency, count, amount, (left or ZERO) - applied)  # nothing of a voided payment is applied
        for currency, count, amount, left, applied in rows
    ]


def with_rest(company: Company, customer_id: int, currency: str = "") -> list[Payment]:
    """The customer's payments of which something is left, oldest first."""
    query = select(Payment).where(
        Payment.company_id == company.id, Payment.customer_id == customer_id, Payment.amount > Payment.applied,
        Payment.voided_at.is_(None),
    )  # fmt: skip
    if currency:
        query = query.where(Payment.currency == currency.upper())
    return list(db.session.scalars(query.order_by(Payment.date, Payment.id)))


def with_applications(payments: list[Payment]) -> list[Payment]:
    """The same payments with all their applications and invoices read at once."""
    whole = selectinload(Payment.applications).joinedload(Application.invoice)
    db.session.scalars(select(Payment).where(Payment.id.in_([p.id for p in payments])).options(whole)).all()
    return payments


def _filtered(query: Select[Payment], company: Company, wanted: PaymentFilter) -> Select[Payment]:
    query = query.where(Payment.company_id == company.id, *_plain_conditions(wanted))
    if wanted.text.strip():
        query = query.join(Customer, Customer.id == Payment.customer_id).where(
            contains(wanted.text, Payment.number, Payment.reference, Customer.name)
        )
    return query.where(has_status(wanted.status)) if wanted.status else query


def _plain_conditions(wanted: PaymentFilter) -> list[ColumnElement[bool]]:
    given: list[tuple[object, ColumnElement[bool]]] = [
        (wanted.number, Payment.number_key == wanted.number.strip().casefold()),
        (wanted.customer_id, Payment.customer_id == wanted.customer_id),
        (wanted.currency, Payment.currency == wanted.currency.upper()),
        (wanted.origin, Payment.origin == wanted.origin),
        (wanted.method, Payment.method == wanted.method),
        (wanted.date_from, Payment.date >= (wanted.date_from or dt.date.min)),
        (wanted.date_to, Payment.date <= (wanted.date_to or dt.date.max)),
    ]
    conditions = [condition for value, condition in given if value]
    return [*conditions, Payment.id.in_(wanted.ids)] if wanted.ids is not None else conditions


def has_status(status: str) -> ColumnElement[bool]:
    """`words.payment_status` as the database computes it; an unknown word matches nothing."""
    kept = Payment.voided_at.is_(None)
    conditions: dict[str, ColumnElement[bool]] = {
        PaymentStatus.VOIDED: Payment.voided_at.is_not(None),
        PaymentStatus.APPLIED: and_(kept, Payment.applied == Payment.amount),
        PaymentStatus.PARTIALLY_APPLIED: and_(kept, Payment.applied > 0, Payment.applied < Payment.amount),
        PaymentStatus.UNAPPLIED: and_(kept, Payment.applied == 0),
    }
    return conditions.get(status, Payment.id < 0)
