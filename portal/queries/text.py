"""Searching in text columns: anywhere in them, or at their start, where an index helps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

_LAST = chr(0x10FFFF)  # sorts behind every character that a text may hold


def contains(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether `words`, as they are written and in any case, stand in one of `columns`."""
    return or_(*(column.icontains(words.strip(), autoescape=True) for column in columns))


def starts_with(words: str, column: Any, *, folded: bool = False) -> ColumnElement[bool]:
    """Whether `column` begins with `words`, in any case. A `folded` column is kept case-folded, others are lowered."""
    start = words.strip().casefold() if folded else words.strip().lower()
    pattern = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in start) + "%"
    return _StartsWith(column if folded else func.lower(column), pattern, start, start + _LAST)


class _StartsWith(FunctionElement[bool]):
    """(column, pattern, first text, last text): LIKE for PostgreSQL's pattern index, a range for SQLite's."""

    type = Boolean()
    inherit_cache = True


@compiles(_StartsWith, "postgresql")
def _like(element: _StartsWith, compiler: Any, **kw: Any) -> str:
    column, pattern, _, _ = element.clauses
    return f"{compiler.process(column, **kw)} LIKE {compiler.process(pattern, **kw)}"


@compiles(_StartsWith, "sqlite")
def _between(element: _StartsWith, compiler: Any, **kw: Any) -> str:
    column, _, first, last = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} >= {first} AND {column} < {last})"
