"""Reads of customers. The company comes first; another company's customer is not found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.sync import Kind
from portal.queries.paging import PAGE_SIZE, Order, Page, by_id, by_text, list_page
from portal.queries.sync_filter import has_sync_state
from portal.queries.text import contains
from portal.queries.worth import NOTHING


@dataclass(frozen=True)
class CustomerFilter:
    """What a list of customers shows; an absent value does not narrow it."""

    number: str = ""
    text: str = ""
    active: bool | None = None
    currency: str = ""
    origin: str = ""
    sync_state: str = ""
    owing: bool | None = None
    ids: Collection[int] | None = None


_ORDERS = {
    "name": Order((by_text(Customer.name_key, "name_key"), by_id(Customer.id))),
    "number": Order((by_text(Customer.number_key, "number_key"),)),
}
SORTS = tuple(_ORDERS)


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
    company: Company,
    wanted: CustomerFilter = CustomerFilter(),
    *,
    sort: str = "name",
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Customer]:
    """A page of customers, sorted by one of SORTS. Raises InvalidInput for a malformed sort or token."""
    return list_page(filtered(company, wanted), _ORDERS, sort, after=after, limit=limit)


def count_customers(company: Company, wanted: CustomerFilter = CustomerFilter()) -> int:
    """How many customers the filter leaves."""
    return db.session.scalar(filtered(company, wanted).with_only_columns(func.count(Customer.id))) or 0


def choices(company: Company) -> list[Customer]:
    """The active customers by name, for a form to choose from."""
    query = select(Customer).where(Customer.company_id == company.id, Customer.active)
    return list(db.session.scalars(query.order_by(Customer.name_key, Customer.id)))


def open_balances(company: Company, customer: Customer) -> dict[str, Decimal]:
    """What the customer owes on issued invoices, by currency; currencies in which nothing is due are left out."""
    return open_balances_of(company, [customer.id])[customer.id]


def open_balances_of(company: Company, customer_ids: Collection[int]) -> dict[int, dict[str, Decimal]]:
    """What each of the customers owes, by their ids, as `open_balances` says it; read at once."""
    query = (
        select(Invoice.customer_id, Invoice.currency, func.sum(Invoice.balance))
        .where(Invoice.company_id == company.id, Invoice.customer_id.in_(customer_ids))
        .where(~Invoice.draft, Invoice.balance > NOTHING)
        .group_by(Invoice.customer_id, Invoice.currency)
        .order_by(Invoice.currency)
    )
    found: dict[int, dict[str, Decimal]] = {customer_id: {} for customer_id in customer_ids}
    for customer_id, currency, balance in db.session.execute(query):
        found[customer_id][currency] = balance
    return found


def filtered(company: Company, wanted: CustomerFilter) -> Select[Customer]:
    """The customers that the filter leaves, in no order."""
    given: list[tuple[object, Any]] = [
        (wanted.number, lambda: Customer.number_key == wanted.number.strip().casefold()),
        (wanted.text.strip(), lambda: contains(wanted.text, Customer.number, Customer.name, Customer.email)),
        (wanted.active is not None, lambda: Customer.active == wanted.active),
        (wanted.currency, lambda: Customer.currency == wanted.currency.upper()),
        (wanted.origin, lambda: Customer.origin == wanted.origin),
        (wanted.sync_state, lambda: has_sync_state(company, Kind.CUSTOMER, wanted.sync_state)),
        (wanted.owing is not None, lambda: _owes(company) if wanted.owing else ~_owes(company)),
        (wanted.ids is not None, lambda: Customer.id.in_(wanted.ids or ())),
    ]
    return select(Customer).where(Customer.company_id == company.id, *(make() for value, make in given if value))


def _owes(company: Company) -> ColumnElement[bool]:
    return exists().where(
        Invoice.company_id == company.id, Invoice.customer_id == Customer.id, ~Invoice.draft, Invoice.balance > NOTHING
    )
