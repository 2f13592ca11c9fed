"""Searching in text columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute


def contains(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether `words`, as they are written and in any case, stand in one of `columns`."""
    return or_(*(column.icontains(words.strip(), autoescape=True) for column in columns))
