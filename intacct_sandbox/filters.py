"""Conditions on records: a small tree, the predicate it compiles to, and the rows worth looking at.

Comparisons follow SQL: against a null every comparison is neither true nor false, and only true rows are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .columns import Column
from .store import Record, Store

Predicate = Callable[[Record], bool | None]


@dataclass(frozen=True)
class Compare:
    """`column op values`; op is one of = != < <= > >= like in between null."""

    column: Column
    op: str
    values: tuple[Any, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Every:
    """All of the conditions hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    """At least one of the conditions holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The condition is false."""

    part: Condition


Condition = Compare | Every | Some | Not


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def pattern(text: str) -> re.Pattern[str]:
    """A `like` pattern: `%` is any run of characters, `_` any one."""
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in text), re.DOTALL)


_INSIDE = re.compile("%+[^%_]+%+")
"""A `like` pattern that asks only whether a text is somewhere inside."""

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def compile_condition(condition: Condition) -> Predicate:
    """A function of a record that is True, False, or None where a null leaves it open."""
    if isinstance(condition, Compare):
        return _compile_compare(condition)
    if isinstance(condition, Not):
        inner = compile_condition(condition.part)
        return lambda row: None if (answer := inner(row)) is None else not answer
    if isinstance(condition, Every):
        return _every([compile_condition(part) for part in condition.parts])
    return _some([compile_condition(part) for part in _together(condition.parts)])


def _together(parts: tuple[Condition, ...]) -> list[Condition]:
    """The alternatives, with those that look for text inside one column made into one: asked a hundred of them, a walk
    over all rows tries each row once."""
    inside: dict[tuple[str, bool], list[Compare]] = {}
    found: list[Condition] = []
    for part in parts:
        if isinstance(part, Compare) and part.op == "like" and _INSIDE.fullmatch(str(part.values[0])):
            inside.setdefault((part.column.name, part.folded), []).append(part)
        else:
            found.append(part)
    return [*found, *(replace(first, values=_values([first, *more])) for first, *more in inside.values())]


def _values(parts: list[Compare]) -> tuple[Any, ...]:
    return tuple(value for part in parts for value in part.values)


def _every(parts: list[Predicate]) -> Predicate:
    def check(row: Record) -> bool | None:
        open_ = False
        for part in parts:
            answer = part(row)
            if answer is False:
                return False
            open_ = open_ or answer is None
        return None if open_ else True

    return check


def _some(parts: list[Predicate]) -> Predicate:
    def check(row: Record) -> bool | None:
        open_ = False
        for part in parts:
            answer = part(row)
            if answer:
                return True
            open_ = open_ or answer is None
        return None if open_ else False

    return check


def _compile_compare(compare: Compare) -> Predicate:
    get = compare.column.compared
    if compare.op == "null":
        return lambda row: get(row) is None or get(row) == ""
    test = _test(compare)

    def check(row: Record) -> bool | None:
        value = get(row)
        return None if value is None else test(value)

    return check


def _test(compare: Compare) -> Callable[[Any], bool]:
    fold = _fold if compare.folded else (lambda value: value)
    values = tuple(fold(value) for value in compare.values)
    if compare.op == "in":
        wanted = frozenset(values)
        return lambda value: fold(value) in wanted
    if compare.op == "like":
        if all(_INSIDE.fullmatch(str(value)) for value in values):
            fits = re.compile("|".join(re.escape(str(value).strip("%")) for value in values)).search
        else:
            fits = pattern(str(values[0])).fullmatch
        return lambda value: fits(str(fold(value))) is not None
    if compare.op == "between":
        low, high = values
        return lambda value: bool(low <= fold(value) <= high)
    test, right = _ORDERED[compare.op], values[0]
    return lambda value: test(fold(value), right)


def candidates(store: Store, name: str, condition: Condition | None) -> set[Any] | list[Any] | None:
    """Keys that may fit (every fitting row is among them), or None when only a walk over all rows can tell."""
    if isinstance(condition, Every):
        found = [keys for part in condition.parts if (keys := candidates(store, name, part)) is not None]
        return min(found, key=len) if found else None
    if isinstance(condition, Some):
        each = [candidates(store, name, part) for part in condition.parts]
        if any(keys is None for keys in each):
            return None
        return set().union(*(keys for keys in each if keys is not None))
    if isinstance(condition, Compare) and not condition.folded:
        return _indexed(store, name, condition)
    return None


def _indexed(store: Store, name: str, compare: Compare) -> set[Any] | list[Any] | None:
    table, field = store.table(name), compare.column.own
    if not field:
        return None
    if compare.op in ("=", "in"):
        if field == "RECORDNO":
            return {value for value in compare.values if value in table.rows}
        if field in table.indexes:
            return {key for value in compare.values for key in table.indexes[field].get(value, ())}
        return None
    if compare.op in (">", ">=", "between"):
        low = compare.values[0]
        if field == "RECORDNO":
            return table.ordered(above=low if compare.op == ">" else low - 1)
        if field in table.stamps and isinstance(low, datetime):
            return table.since(field, low)
    return None


def select(store: Store, name: str, condition: Condition | None) -> list[Record]:
    """The rows that fit, by ascending key."""
    table = store.table(name)
    keys = candidates(store, name, condition)
    ordered = table.ordered() if keys is None else keys if isinstance(keys, list) else sorted(keys)
    rows = table.rows
    found = [rows[key] for key in ordered if key in rows]
    if condition is None or _covered(condition):
        return found
    fits = compile_condition(condition)
    return [row for row in found if fits(row)]


def _covered(condition: Condition) -> bool:
    """Whether the candidates of a condition are already its exact answer."""
    return isinstance(condition, Compare) and condition.column.own == "RECORDNO" and condition.op in (">", ">=", "=")
