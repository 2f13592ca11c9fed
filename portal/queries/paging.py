"""Keyset paging: a page is found by the last row of the one before, so page 1,000 costs what page 1 costs.

It works in every order of a list: an order's keys end with ones that tell any two rows apart, and all go one way.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, literal, tuple_

from portal.errors import InvalidInput
from portal.extensions import db
from portal.money import parse_decimal

PAGE_SIZE = 50
MAX_PAGE_SIZE = 2000
_LARGEST_ID = 2**63 - 1
_LARGEST_AMOUNT = Decimal(10) ** 14
_LONGEST_TEXT = 1000

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `next_after` is what to ask for next; empty on the last page."""

    items: list[Row]
    next_after: str = ""


@dataclass(frozen=True)
class Key:
    """One column of an order, where a row keeps it ("customer.name_key"), and what a token's text means."""

    column: Any
    path: str
    read: Callable[[str], Any]

    def of(self, row: Any) -> str:
        """The row's value as a token keeps it."""
        value = attrgetter(self.path)(row)
        return value.isoformat() if isinstance(value, dt.date) else str(value)


@dataclass(frozen=True)
class Order:
    """One order of a list: its keys, and how the query reaches tables that they stand in."""

    keys: tuple[Key, ...]
    reach: Callable[[Any], Any] = lambda query: query


def list_page(
    query: Select[Any], orders: Mapping[str, Order], sort: str, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[Any]:
    """A page in the order that `sort` names; a minus in front turns it round.

    Raises InvalidInput: field `sort` for an order that the list does not have, `after` for a malformed token.
    """
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name not in orders:
        known = ", ".join(sorted(orders))
        raise InvalidInput(f"This list cannot be sorted by {name[:60]!r}. It can by: {known}.", field="sort")
    order = orders[name]
    query = order.reach(query)
    if after:
        query = _behind(query, order, falling, _read_token(after, sort, order))
    limit = page_size(limit)
    columns = [key.column.desc() if falling else key.column.asc() for key in order.keys]
    rows = list(db.session.scalars(query.order_by(*columns).limit(limit + 1)))
    items = rows[:limit]
    return Page(items, _token(sort, order, items[-1]) if len(rows) > limit else "")


def page_size(limit: int) -> int:
    """A sensible number of rows for what was asked."""
    return max(1, min(limit, MAX_PAGE_SIZE))


def no_such_page() -> InvalidInput:
    """What a token that no page gave is answered with."""
    return InvalidInput("That page does not exist. Start from the first one.", field="after")


def by_id(column: Any, path: str = "id") -> Key:
    """An id."""
    return Key(column, path, _whole)


def by_date(column: Any, path: str) -> Key:
    """An accounting date."""
    return Key(column, path, dt.date.fromisoformat)


def by_amount(column: Any, path: str) -> Key:
    """An amount."""
    return Key(column, path, _amount)


def by_text(column: Any, path: str) -> Key:
    """Text, in the database's own order."""
    return Key(column, path, _text)


def _behind(query: Select[Any], order: Order, falling: bool, last: list[Any]) -> Select[Any]:
    whole, first = tuple_(*(key.column for key in order.keys)), order.keys[0].column
    there = [literal(value, key.column.type) for key, value in zip(order.keys, last, strict=True)]
    # The first key on its own as well: rows of several tables compared at once are of no use to an index.
    if falling:
        return query.where(whole < tuple_(*there), first <= there[0])
    return query.where(whole > tuple_(*there), first >= there[0])


def _token(sort: str, order: Order, row: Any) -> str:
    return json.dumps([sort, *(key.of(row) for key in order.keys)], separators=(",", ":"))


def _read_token(token: str, sort: str, order: Order) -> list[Any]:
    try:
        given, *texts = json.loads(token)
        if given != sort:
            raise no_such_page()
        return [key.read(text) for key, text in zip(order.keys, texts, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise no_such_page() from error


def _whole(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LARGEST_ID:
        raise ValueError("no id")
    return number


def _amount(text: str) -> Decimal:
    number = parse_decimal(text)
    if abs(number) > _LARGEST_AMOUNT or number.scaleb(4) % 1:
        raise ValueError("no amount")
    return number


def _text(text: str) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT or "\0" in text:
        raise ValueError("no text of a list")
    text.encode()
    return text
