"""Searching in text columns: anywhere in them, or at their start, where an index helps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db

_LAST = chr(0x10FFFF)  # sorts behind every character that a text may hold


def contains(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether `words`, as they are written and in any case, stand in one of `columns`."""
    return or_(*(column.icontains(words.strip(), autoescape=True) for column in columns))


def starts_with(words: str, column: Any, *, folded: bool = False) -> ColumnElement[bool]:
    """Whether `column` begins with `words`, in any case. A `folded` column is kept case-folded, others are lowered.

    LIKE is what PostgreSQL's pattern indexes answer, a range is what SQLite's plain ones do.
    """
    start = words.strip().casefold() if folded else words.strip().lower()
    text = column if folded else func.lower(column)
    if db.session.get_bind().dialect.name == "sqlite":
        return and_(text >= start, text < start + _LAST)
    found: ColumnElement[bool] = text.startswith(start, autoescape=True)
    return found
