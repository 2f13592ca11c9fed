"""Reads of customers. The company comes first; another company's customer is not found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select, tuple_

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.queries.paging import PAGE_SIZE, Page, no_such_page, page_size
from portal.queries.text import contains


@dataclass(frozen=True)
class CustomerFilter:
    """What a list of customers shows; an absent value does not narrow it."""

    number: str = ""
    text: str = ""
    active: bool | None = None
    currency: str = ""
    origin: str = ""


def get_customer(company: Company, customer_id: int) -> Customer:
    """The company's customer. Raises NotFound."""
    customer = db.session.get(Customer, customer_id)
    if customer is None or customer.company_id != company.id:
        raise NotFound("There is no such customer.", field="customer")
    return customer


def get_customer_by_number(company: Company, number: str) -> Customer:
    """The company's customer of this number, in any case. Raises NotFound."""
    key = number.strip().casefold()
    customer = db.session.scalar(select(Customer).where(Customer.company_id == company.id, Customer.number_key == key))
    if customer is None:
        raise NotFound(f"There is no customer with the number {number.strip()[:100]}.", field="customer")
    return customer


def list_customers(
    company: Company, wanted: CustomerFilter = CustomerFilter(), *, after: str = "", limit: int = PAGE_SIZE
) -> Page[Customer]:
    """A page of customers by name. Raises InvalidInput (field `after`) for a malformed token."""
    query = _filtered(select(Customer).where(Customer.company_id == company.id), wanted)
    if after:
        query = query.where(tuple_(Customer.name_key, Customer.id) > tuple_(*_read_token(after)))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(Customer.name_key, Customer.id).limit(limit + 1)))
    items = rows[:limit]
    return Page(items, json.dumps([items[-1].name_key, items[-1].id]) if len(rows) > limit else "")


def count_customers(company: Company, wanted: CustomerFilter = CustomerFilter()) -> int:
    """How many customers the filter leaves."""
    query = _filtered(select(Customer).where(Customer.company_id == company.id), wanted)
    return db.session.scalar(query.with_only_columns(func.count(Customer.id))) or 0


def choices(company: Company) -> list[Customer]:
    """The active customers by name, for a form to choose from."""
    query = select(Customer).where(Customer.company_id == company.id, Customer.active)
    return list(db.session.scalars(query.order_by(Customer.name_key, Customer.id)))


def open_balances(company: Company, customer: Customer) -> dict[str, Decimal]:
    """What the customer owes on issued invoices, by currency; currencies in which nothing is due are left out."""
    query = (
        select(Invoice.currency, func.sum(Invoice.balance))
        .where(Invoice.company_id == company.id, Invoice.customer_id == customer.id)
        .where(~Invoice.draft, Invoice.balance > 0)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    return dict(db.session.execute(query).all())


def _filtered(query: Select[Customer], wanted: CustomerFilter) -> Select[Customer]:
    if wanted.number:
        query = query.where(Customer.number_key == wanted.number.strip().casefold())
    if wanted.text.strip():
        query = query.where(contains(wanted.text, Customer.number, Customer.name, Customer.email))
    if wanted.active is not None:
        query = query.where(Customer.active == wanted.active)
    if wanted.currency:
        query = query.where(Customer.currency == wanted.currency.upper())
    return query.where(Customer.origin == wanted.origin) if wanted.origin else query


def _read_token(token: str) -> tuple[str, int]:
    try:
        name_key, row_id = json.loads(token)
        return str(name_key), int(row_id)
    except (ValueError, TypeError) as error:
        raise no_such_page() from error
