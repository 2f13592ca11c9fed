"""Reads of payments. The company comes first; another company's payment is not found."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.payment import Application, Payment
from portal.queries.filters import DocumentFilter, conditions, matching, orders
from portal.queries.paging import PAGE_SIZE, Page, list_page
from portal.queries.totals import Sums, counted_totals, kept_totals
from portal.queries.words import WITH_REST, PaymentStatus
from portal.queries.worth import NOTHING, balance


@dataclass(frozen=True)
class PaymentFilter(DocumentFilter):
    """What a list of payments shows. `text` searches numbers, references and customers' names; the status may also be
    WITH_REST."""

    method: str = ""


_ORDERS = orders(Payment)
SORTS = tuple(_ORDERS)


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
    company: Company,
    wanted: PaymentFilter = PaymentFilter(),
    *,
    sort: str = "-date",
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Payment]:
    """A page of payments with their customers, sorted by one of SORTS (a minus in front turns it round).

    Raises InvalidInput for a malformed sort or token.
    """
    query = filtered(company, wanted).options(joinedload(Payment.customer))
    return list_page(query, _ORDERS, sort, after=after, limit=limit)


def payment_sums(company: Company, wanted: PaymentFilter = PaymentFilter(), *, whole: bool = False) -> list[Sums]:
    """Count, amount and rest of what the filter leaves, by currency; a voided payment has no rest.

    Exact up to 100,000 payments, and beyond that for no filter or where `whole` asks for it.
    """
    if wanted == PaymentFilter():
        return kept_totals(company, Payment)
    return counted_totals(filtered(company, wanted), Payment, whole=whole)


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


def filtered(company: Company, wanted: PaymentFilter) -> Select[Payment]:
    """The payments that the filter leaves, in no order."""
    query = select(Payment).where(*conditions(company, Payment, wanted))
    if wanted.method:
        query = query.where(Payment.method == wanted.method)
    if wanted.text.strip():
        query = query.where(matching(company, Payment, Payment.reference, wanted))
    return query.where(has_status(wanted.status)) if wanted.status else query


def has_status(status: str) -> ColumnElement[bool]:
    """`words.payment_status`, or WITH_REST, as the database computes it; an unknown word matches nothing."""
    kept = Payment.voided_at.is_(None)
    conditions: dict[str, ColumnElement[bool]] = {
        PaymentStatus.VOIDED: Payment.voided_at.is_not(None),
        PaymentStatus.APPLIED: and_(kept, Payment.applied == Payment.amount),
        PaymentStatus.PARTIALLY_APPLIED: and_(kept, Payment.applied > 0, Payment.applied < Payment.amount),
        PaymentStatus.UNAPPLIED: and_(kept, Payment.applied == 0),
        WITH_REST: balance(Payment) > NOTHING,
    }
    return conditions.get(status, Payment.id < 0)
