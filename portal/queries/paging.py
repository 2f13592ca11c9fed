"""Keyset paging: a page is found by the last row of the one before, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, tuple_

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment

PAGE_SIZE = 50
MAX_PAGE_SIZE = 2000

Row = TypeVar("Row")
Dated = TypeVar("Dated", Invoice, Payment)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `next_after` is what to ask for next; empty on the last page."""

    items: list[Row]
    next_after: str = ""


def newest_first(query: Select[Dated], model: type[Dated], after: str, limit: int) -> Page[Dated]:
    """A page of documents, newest date first. Raises InvalidInput (field `after`) for a malformed token."""
    if after:
        query = query.where(tuple_(model.date, model.id) < tuple_(*_read_token(after)))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(model.date.desc(), model.id.desc()).limit(limit + 1)))
    items = rows[:limit]
    return Page(items, f"{items[-1].date.isoformat()}.{items[-1].id}" if len(rows) > limit else "")


def page_size(limit: int) -> int:
    """A sensible number of rows for what was asked."""
    return max(1, min(limit, MAX_PAGE_SIZE))


def no_such_page() -> InvalidInput:
    """What a token that no page gave is answered with."""
    return InvalidInput("That page does not exist. Start from the first one.", field="after")


def _read_token(token: str) -> tuple[dt.date, int]:
    date, _, row_id = token.partition(".")
    try:
        return dt.date.fromisoformat(date), int(row_id)
    except ValueError as error:
        raise no_such_page() from error
