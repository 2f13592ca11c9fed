"""Reads of invoices. The company comes first; another company's invoice is not found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceStatus
from portal.models.payment import Application
from portal.queries.paging import PAGE_SIZE, Page, newest_first
from portal.queries.text import contains


@dataclass(frozen=True)
class InvoiceFilter:
    """What a list of invoices shows; an absent value does not narrow it. `text` searches numbers and names."""

    number: str = ""
    text: str = ""
    status: str = ""
    customer_id: int | None = None
    currency: str = ""
    origin: str = ""
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    ids: Collection[int] | None = None


@dataclass(frozen=True)
class Sums:
    """Count and sums of documents in one currency."""

    currency: str
    count: int
    total: Decimal
    balance: Decimal


def get_invoice(company: Company, invoice_id: int) -> Invoice:
    """The company's invoice. Raises NotFound."""
    invoice = db.session.get(Invoice, invoice_id)
    if invoice is None or invoice.company_id != company.id:
        raise NotFound("There is no such invoice.", field="invoice")
    return invoice


def get_invoice_by_number(company: Company, number: str) -> Invoice:
    """The company's invoice of this number, in any case. Raises NotFound."""
    key = number.strip().casefold()
    invoice = db.session.scalar(select(Invoice).where(Invoice.company_id == company.id, Invoice.number_key == key))
    if invoice is None:
        raise NotFound(f"There is no invoice with the number {number.strip()[:100]}.", field="invoice")
    return invoice


def list_invoices(
    company: Company, wanted: InvoiceFilter = InvoiceFilter(), *, after: str = "", limit: int = PAGE_SIZE
) -> Page[Invoice]:
    """A page of invoices with their customers, newest first. Raises InvalidInput for a malformed filter or token."""
    query = _filtered(select(Invoice), company, wanted).options(joinedload(Invoice.customer))
    return newest_first(query, Invoice, after, limit)


def invoice_sums(company: Company, wanted: InvoiceFilter = InvoiceFilter()) -> list[Sums]:
    """Count, total and balance of what the filter leaves, by currency; voided ones count but owe nothing."""
    columns = (Invoice.currency, func.count(Invoice.id), func.sum(Invoice.total), func.sum(Invoice.balance))
    query = _filtered(select(Invoice), company, wanted).with_only_columns(*columns)
    rows = db.session.execute(query.group_by(Invoice.currency).order_by(Invoice.currency))
    return [Sums(currency, count, total, balance) for currency, count, total, balance in rows]


def owing(company: Company, customer_id: int, currency: str = "") -> list[Invoice]:
    """The customer's invoices on which something is due, oldest due first: what a payment can go on."""
    query = select(Invoice).where(
        Invoice.company_id == company.id, Invoice.customer_id == customer_id, ~Invoice.draft, Invoice.balance > 0
    )
    if currency:
        query = query.where(Invoice.currency == currency.upper())
    return list(db.session.scalars(query.order_by(Invoice.due_date, Invoice.id)))


def applications_on(invoice: Invoice) -> list[Application]:
    """The money on an invoice with its payments, oldest first."""
    query = select(Application).where(
        Application.company_id == invoice.company_id, Application.invoice_id == invoice.id
    )
    return list(db.session.scalars(query.options(joinedload(Application.payment)).order_by(Application.id)))


def with_lines(invoices: list[Invoice]) -> list[Invoice]:
    """The same invoices with all their lines read at once."""
    ids = [invoice.id for invoice in invoices]
    db.session.scalars(select(Invoice).where(Invoice.id.in_(ids)).options(selectinload(Invoice.lines))).all()
    return invoices


def _filtered(query: Select[Invoice], company: Company, wanted: InvoiceFilter) -> Select[Invoice]:
    query = query.where(Invoice.company_id == company.id, *_plain_conditions(wanted))
    if wanted.text.strip():
        query = query.join(Customer, Customer.id == Invoice.customer_id).where(
            contains(wanted.text, Invoice.number, Invoice.purchase_order, Customer.name)
        )
    return query.where(has_status(wanted.status, company.today())) if wanted.status else query


def _plain_conditions(wanted: InvoiceFilter) -> list[ColumnElement[bool]]:
    given: list[tuple[object, ColumnElement[bool]]] = [
        (wanted.number, Invoice.number_key == wanted.number.strip().casefold()),
        (wanted.customer_id, Invoice.customer_id == wanted.customer_id),
        (wanted.currency, Invoice.currency == wanted.currency.upper()),
        (wanted.origin, Invoice.origin == wanted.origin),
        (wanted.date_from, Invoice.date >= (wanted.date_from or dt.date.min)),
        (wanted.date_to, Invoice.date <= (wanted.date_to or dt.date.max)),
    ]
    conditions = [condition for value, condition in given if value]
    return [*conditions, Invoice.id.in_(wanted.ids)] if wanted.ids is not None else conditions


def has_status(status: str, today: dt.date) -> ColumnElement[bool]:
    """`Invoice.status(today)` as the database computes it; an unknown word matches nothing."""
    issued = and_(Invoice.voided_at.is_(None), ~Invoice.draft)
    owes = and_(issued, Invoice.balance > 0)
    conditions: dict[str, ColumnElement[bool]] = {
        InvoiceStatus.VOIDED: Invoice.voided_at.is_not(None),
        InvoiceStatus.DRAFT: and_(Invoice.voided_at.is_(None), Invoice.draft),
        InvoiceStatus.PAID: and_(issued, Invoice.balance == 0),
        InvoiceStatus.PAST_DUE: and_(owes, Invoice.due_date < today),
        InvoiceStatus.PARTIALLY_PAID: and_(owes, Invoice.due_date >= today, Invoice.balance < Invoice.total),
        InvoiceStatus.OPEN: and_(owes, Invoice.due_date >= today, Invoice.balance == Invoice.total),
    }
    return conditions.get(status, Invoice.id < 0)
