"""The tie-out day by day as a picture: the points of its lines. The numbers themselves stand beside it as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.models.tie_out import TieOutDay
from portal.money import ZERO

WIDTH, HEIGHT, EDGE = 600, 120, 8


@dataclass(frozen=True)
class Chart:
    """Days as a picture: the points of the difference's line and of the unexplained rest's, and where zero is."""

    difference: str
    unexplained: str
    zero: int
    largest: Decimal
    days: list[TieOutDay]

    @property
    def width(self) -> int:
        """Of the picture's own units."""
        return WIDTH

    @property
    def height(self) -> int:
        """Of the picture's own units."""
        return HEIGHT


def chart_of(days: Sequence[TieOutDay]) -> Chart | None:
    """The picture of these days, oldest first; None before there are two."""
    if len(days) < 2:
        return None
    low = min(ZERO, *(min(day.difference, day.unexplained) for day in days))
    high = max(ZERO, *(max(day.difference, day.unexplained) for day in days))
    span = high - low or Decimal(1)

    def height(value: Decimal) -> int:
        return int(HEIGHT - EDGE - (value - low) * (HEIGHT - 2 * EDGE) / span)

    def line(name: str) -> str:
        step = Decimal(WIDTH - 2 * EDGE) / (len(days) - 1)
        return " ".join(f"{int(EDGE + step * at)},{height(getattr(day, name))}" for at, day in enumerate(days))

    return Chart(line("difference"), line("unexplained"), height(ZERO), max(abs(low), abs(high)), list(days))
