"""What narrows a list of invoices, payments or credit notes; all three are narrowed in the same ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, union_all

from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.sums import BookSum
from portal.models.sync import Kind
from portal.queries.paging import Order, by_amount, by_date, by_id, by_text
from portal.queries.sync_filter import has_sync_state
from portal.queries.text import contains, starts_with
from portal.queries.worth import Documents, balance, total

SEARCHED_WHOLE_UP_TO = 100_000
"""Documents of a kind in a company up to which a search looks inside texts; beyond, at their start unless asked."""


@dataclass(frozen=True)
class DocumentFilter:
    """What a list of documents shows; an absent value does not narrow it.

    `text` searches numbers, references and customers' names: in small books anywhere in them, in large ones at the
    start of numbers and references unless `anywhere` says otherwise. Amounts are those of totals.
    """

    number: str = ""
    text: str = ""
    status: str = ""
    customer_id: int | None = None
    currency: str = ""
    origin: str = ""
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    sync_state: str = ""
    anywhere: bool | None = None
    ids: Collection[int] | None = None


def conditions(company: Company, model: Any, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    """The company's documents, narrowed in the ways that all kinds share; their own words follow elsewhere."""
    given: list[tuple[object, Any]] = [
        (wanted.number, lambda: model.number_key == wanted.number.strip().casefold()),
        (wanted.customer_id, lambda: model.customer_id == wanted.customer_id),
        (wanted.currency, lambda: model.currency == wanted.currency.upper()),
        (wanted.origin, lambda: model.origin == wanted.origin),
        (wanted.date_from, lambda: model.date >= wanted.date_from),
        (wanted.date_to, lambda: model.date <= wanted.date_to),
        (wanted.amount_from is not None, lambda: total(model) >= wanted.amount_from),
        (wanted.amount_to is not None, lambda: total(model) <= wanted.amount_to),
        (wanted.ids is not None, lambda: model.id.in_(wanted.ids)),
        (wanted.sync_state, lambda: has_sync_state(company, Kind(model.__tablename__), wanted.sync_state)),
    ]
    return [model.company_id == company.id, *(condition() for value, condition in given if value)]


def matching(company: Company, model: Any, reference: Any, wanted: DocumentFilter) -> ColumnElement[bool]:
    """Whether the filter's text stands in number, reference (None: the kind has none) or the customer's name."""
    named = select(Customer.id).where(
        Customer.company_id == company.id, contains(wanted.text, Customer.name, Customer.number)
    )
    searched = [model.number] if reference is None else [model.number, reference]
    if _anywhere(company, model, wanted):
        return or_(contains(wanted.text, *searched), model.customer_id.in_(named))
    mine = select(model.id).where(model.company_id == company.id)
    parts = [
        mine.where(starts_with(wanted.text, model.number_key, folded=True)),
        mine.where(model.customer_id.in_(named)),
    ]
    if reference is not None:
        parts.append(mine.where(starts_with(wanted.text, reference)))
    found: ColumnElement[bool] = model.id.in_(union_all(*parts))
    return found


def orders(model: Documents) -> dict[str, Order]:
    """The orders that every list of documents has."""
    key = by_id(model.id)
    return {
        "number": Order((by_text(model.number_key, "number_key"),)),
        "date": Order((by_date(model.date, "date"), key)),
        "total": Order((by_amount(total(model), "amount" if model.__tablename__ == "payment" else "total"), key)),
        "balance": Order((by_amount(balance(model), "balance"), key)),
        "customer": Order(
            (
                by_text(Customer.name_key, "customer.name_key"),
                by_id(Customer.id, "customer_id"),
                by_date(model.date, "date"),
                key,
            ),
            lambda query: _with_customer(query, model),
        ),
    }


def _with_customer(query: Select[Any], model: Documents) -> Select[Any]:
    """Joined on both columns, so that the customers' own index of names can lead."""
    return query.join(Customer, (Customer.company_id == model.company_id) & (Customer.id == model.customer_id))


def _anywhere(company: Company, model: Any, wanted: DocumentFilter) -> bool:
    if wanted.anywhere is not None:
        return wanted.anywhere
    counts = select(BookSum.count).where(BookSum.company_id == company.id, BookSum.kind == model.__tablename__)
    return sum(db.session.scalars(counts)) <= SEARCHED_WHOLE_UP_TO
