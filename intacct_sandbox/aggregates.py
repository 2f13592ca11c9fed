"""count, sum, min, max and avg in `query`: plain fields beside them are what rows are grouped by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from . import model
from .columns import Column
from .errors import business
from .store import Record
from .values import ZERO, cents

NAMES = ("count", "avg", "min", "max", "sum")
_NUMBERS = {"int", "money"}


@dataclass(frozen=True)
class Aggregate:
    """One asked-for figure of a column; it comes back as `<SUM.TOTALDUE>`."""

    function: str
    column: Column

    @property
    def name(self) -> str:
        """The element that carries it."""
        return f"{self.function.upper()}.{self.column.name}"

    def check(self) -> None:
        """FunctionRefusal for a sum or average of what is no number."""
        if self.function in ("sum", "avg") and self.column.kind not in _NUMBERS:
            raise business(f"The function {self.function} cannot be used with the field {self.column.name}.")

    def text(self, rows: list[Record], offset: timedelta) -> str:
        """The figure over the rows, nulls left out; empty when there is nothing to take it of."""
        values = [value for row in rows if (value := self.column.value(row)) is not None]
        if self.function == "count":
            return str(len(values))
        if not values:
            return ""
        return model.show(self.column.kind, _FIGURES[self.function](values), offset)


def _average(values: list[Any]) -> Any:
    return cents(sum((Decimal(value) for value in values), ZERO) / len(values))


_FIGURES: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "avg": _average, "min": min, "max": max}


def grouped(rows: list[Record], selected: list[Column | Aggregate], offset: timedelta) -> list[list[str]]:
    """One row of texts for each combination of the plain fields, in the order in which they first appear."""
    plain = [column for column in selected if isinstance(column, Column)]
    groups: dict[tuple[str, ...], list[Record]] = {} if plain else {(): []}
    for row in rows:
        groups.setdefault(tuple(column.show(row) for column in plain), []).append(row)
    made = []
    for key, members in groups.items():
        texts = iter(key)
        made.append([next(texts) if isinstance(item, Column) else item.text(members, offset) for item in selected])
    return made
