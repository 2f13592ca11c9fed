"""Keyset pages: the keys that fit a filter, kept from one page to the next while no record changes.

Without this each page of `RECORDNO > last` would look at every row that is still to come, and reading a table would
take time with the square of its size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .filters import Compare, Condition, Every, Not, Some

_MOST_KEPT = 16


class KeptKeys:
    """The last few answers: sorted keys by what was asked, each good for one version of the records."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[int, list[Any]]] = OrderedDict()

    def get(self, question: Any, version: int, answer: Callable[[], list[Any]]) -> list[Any]:
        """The keys for a question, found anew by `answer` when a record has changed since."""
        kept = self._kept.get(question)
        if kept is None or kept[0] != version:
            kept = self._kept[question] = (version, answer())
        self._kept.move_to_end(question)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept[1]


def split(condition: Condition | None) -> tuple[int | None, Condition | None]:
    """The lower bound on RECORDNO that a filter sets (exclusive; None without one), and the rest of the filter."""
    if _bounds(condition):
        assert isinstance(condition, Compare)
        return condition.values[0], None
    if isinstance(condition, Every):
        bounds = [part for part in condition.parts if _bounds(part)]
        rest = tuple(part for part in condition.parts if not _bounds(part))
        if bounds:
            low = max(part.values[0] for part in bounds if isinstance(part, Compare))
            return low, Every(rest) if len(rest) > 1 else rest[0] if rest else None
    return None, condition


def _bounds(condition: Condition | None) -> bool:
    return isinstance(condition, Compare) and condition.column.own == "RECORDNO" and condition.op == ">"


def question(condition: Condition | None) -> Any:
    """What a condition asks, as something that can be compared between requests."""
    if condition is None:
        return None
    if isinstance(condition, Compare):
        return (condition.column.name, condition.op, condition.values, condition.folded)
    if isinstance(condition, Not):
        return ("not", question(condition.part))
    word = "and" if isinstance(condition, Every) else "or"
    assert isinstance(condition, Every | Some)
    return (word, *(question(part) for part in condition.parts))


def above(keys: list[Any], bound: int | None) -> int:
    """Where the keys greater than `bound` begin."""
    return 0 if bound is None else bisect_right(keys, bound)
