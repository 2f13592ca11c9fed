"""Lists as the API asks for them: by page number, sorted and filtered by the names of the bodies' fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company

MOST_PER_PAGE = 100
_LARGEST_ID = 2**31 - 1

Row = TypeVar("Row")
Filter = Callable[[Company, str], ColumnElement[bool]]
"""The condition for a value as the address gives it. Raises ValueError, with what is expected, for one it cannot be."""


@dataclass(frozen=True)
class Listing:
    """What can be listed: the company's rows, what they may be sorted by and filtered by, and when they changed.

    `unless_filtered` are filters that hold while the address names no other value for them.
    """

    rows: Callable[[Company], Select[Any]]
    id: InstrumentedAttribute[int]
    changed: Any
    sorts: Mapping[str, Any]
    filters: Mapping[str, Filter]
    unless_filtered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A page of a list. `sort` is a field's name, with " desc" behind it for the other way round."""

    page: int = 1
    per_page: int = MOST_PER_PAGE
    sort: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    updated_after: dt.datetime | None = None


@dataclass(frozen=True)
class Found(Generic[Row]):
    """The rows of a page, and how many the whole list has."""

    rows: list[Row]
    total: int
    page: int
    per_page: int


def find(listing: Listing, company: Company, wanted: Wanted) -> Found[Any]:
    """A page of the list. Raises InvalidInput for a sort or filter that it does not have."""
    query = listing.rows(company).where(*_conditions(listing, company, wanted))
    order = _order(listing, wanted.sort)
    total = db.session.scalar(select(func.count()).select_from(query.with_only_columns(listing.id).subquery())) or 0
    offset = (wanted.page - 1) * wanted.per_page
    page = query.order_by(*order).limit(wanted.per_page).offset(offset)
    rows = list(db.session.scalars(page)) if offset < total else []
    return Found(rows, total, wanted.page, wanted.per_page)


def _conditions(listing: Listing, company: Company, wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = {**listing.unless_filtered, **wanted.filters}
    conditions = [_condition(listing, company, name, value) for name, value in filters.items()]
    if wanted.updated_after is not None:
        conditions.append(listing.changed >= wanted.updated_after)
    return conditions


def _condition(listing: Listing, company: Company, name: str, value: str) -> ColumnElement[bool]:
    at = f"filter[{name[:60]}]"
    if name not in listing.filters:
        known = ", ".join(sorted(listing.filters))
        raise InvalidInput(f"This list cannot be filtered by {name[:60]!r}. It can by: {known}.", field=at)
    try:
        return listing.filters[name](company, value)
    except ValueError as error:
        raise InvalidInput(f"{at} must be {error}.", field=at) from error


def _order(listing: Listing, sort: str) -> list[Any]:
    """By the wanted fields, then by id, so that no row stands on two pages."""
    order = []
    for part in filter(None, (part.strip() for part in sort.split(","))):
        name, _, way = part.partition(" ")
        if name not in listing.sorts or way.strip().lower() not in ("", "asc", "desc"):
            known = ", ".join(sorted(listing.sorts))
            raise InvalidInput(
                f"This list cannot be sorted by {part[:60]!r}. It can by: {known}; add desc for the other way round.",
                field="sort",
            )
        column = listing.sorts[name]
        order.append(column.desc() if way.strip().lower() == "desc" else column.asc())
    return [*order, listing.id]


def exactly(column: InstrumentedAttribute[Any]) -> Filter:
    """The text as it is."""
    return lambda _company, value: column == value


def in_any_case(column: InstrumentedAttribute[Any]) -> Filter:
    """The text in any case, for columns that keep it folded."""
    return lambda _company, value: column == value.strip().casefold()


def in_capitals(column: InstrumentedAttribute[Any]) -> Filter:
    """A code that is kept in capitals."""
    return lambda _company, value: column == value.strip().upper()


def yes_no(condition: ColumnElement[bool]) -> Filter:
    """true or false."""

    def narrow(_company: Company, value: str) -> ColumnElement[bool]:
        word = value.strip().lower()
        if word in ("true", "1"):
            return condition
        if word in ("false", "0"):
            return ~condition
        raise ValueError("true or false")

    return narrow


def whole(column: InstrumentedAttribute[Any]) -> Filter:
    """An id."""

    def narrow(_company: Company, value: str) -> ColumnElement[bool]:
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) <= _LARGEST_ID):
            raise ValueError("an id")
        return column == int(text)

    return narrow


def day(column: InstrumentedAttribute[Any]) -> Filter:
    """A date in UNIX seconds."""

    def narrow(_company: Company, value: str) -> ColumnElement[bool]:
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise ValueError("a date in UNIX seconds, such as 1767225600")
        return column == dt.datetime.fromtimestamp(int(text), dt.UTC).date()

    return narrow


def word(words: type[Any], condition: Callable[[Company, str], ColumnElement[bool]]) -> Filter:
    """One of the words of an enumeration."""

    def narrow(company: Company, value: str) -> ColumnElement[bool]:
        known = [str(item.value) for item in words]
        if value.strip().lower() not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return condition(company, value.strip().lower())

    return narrow
