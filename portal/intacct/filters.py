"""Filters of the `query` function, small and composable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from .values import checked, plain_amount, slashed_date

# What Intacct takes in one `in`.
MOST_VALUES = 1000

Value = str | int | Decimal | date


@dataclass(frozen=True)
class Comparison:
    """One operator on one field."""

    operator: str
    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """`and` or `or` of two or more filters."""

    operator: str
    parts: tuple[Filter, ...]


Filter = Comparison | Group


def equal(field: str, value: Value) -> Filter:
    """Enumerations take the text that people see (STATE "Paid")."""
    return _compare("equalto", field, value)


def not_equal(field: str, value: Value) -> Filter:
    """The field holds something else."""
    return _compare("notequalto", field, value)


def greater(field: str, value: Value) -> Filter:
    """Above `value`."""
    return _compare("greaterthan", field, value)


def at_least(field: str, value: Value) -> Filter:
    """`value` or above. A stamp is text in the user's offset (`records.format_stamp`)."""
    return _compare("greaterthanorequalto", field, value)


def less(field: str, value: Value) -> Filter:
    """Below `value`."""
    return _compare("lessthan", field, value)


def at_most(field: str, value: Value) -> Filter:
    """`value` or below."""
    return _compare("lessthanorequalto", field, value)


def like(field: str, pattern: str) -> Filter:
    """`%` stands for any text, `_` for one character."""
    return _compare("like", field, pattern)


def between(field: str, low: Value, high: Value) -> Filter:
    """From `low` to `high`, both included."""
    return _compare("between", field, low, high)


def is_null(field: str) -> Filter:
    """The field is empty."""
    return _compare("isnull", field)


def not_null(field: str) -> Filter:
    """The field is filled."""
    return _compare("isnotnull", field)


def one_of(field: str, values: Iterable[Value]) -> Filter:
    """Any of `values` (at least one); more than Intacct takes at once become several, joined by `or`."""
    distinct = list(dict.fromkeys(values))
    if not distinct:
        raise ValueError(f"one_of {field} needs a value")
    slices = [distinct[start : start + MOST_VALUES] for start in range(0, len(distinct), MOST_VALUES)]
    return any_of(*(_compare("in", field, *part) for part in slices))


def all_of(*filters: Filter) -> Filter:
    """Each of `filters`; of one, that one."""
    return _group("and", filters)


def any_of(*filters: Filter) -> Filter:
    """At least one of `filters`; of one, that one."""
    return _group("or", filters)


def element(where: Filter) -> etree._Element:
    """The filter as the gateway reads it."""
    node = etree.Element(where.operator)
    if isinstance(where, Group):
        node.extend(element(part) for part in where.parts)
        return node
    etree.SubElement(node, "field").text = where.field
    for value in where.values:
        etree.SubElement(node, "value").text = value
    return node


def _compare(operator: str, field: str, *values: Value) -> Filter:
    return Comparison(operator, checked("field", field), tuple(_text(field, value) for value in values))


def _group(operator: str, filters: tuple[Filter, ...]) -> Filter:
    if not filters:
        raise ValueError(f"{operator} needs a filter")
    return filters[0] if len(filters) == 1 else Group(operator, filters)


def _text(field: str, value: Value) -> str:
    if isinstance(value, datetime):
        raise TypeError(f"{field}: a moment must be written in the user's offset first")
    if isinstance(value, date):
        return slashed_date(field, value)
    if isinstance(value, Decimal):
        return plain_amount(field, value)
    return checked(field, str(value))
