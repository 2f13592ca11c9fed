"""What the gateway was asked for, as the page shows it: figures, a bar for each day, and what each purpose cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from portal.blueprints.run_words import KINDS
from portal.models.company import Company
from portal.models.run import Run, RunKind
from portal.models.usage import CHECK, LISTS
from portal.queries.gateway_usage import Asked, Month
from portal.services.gateway_outlook import Outlook, outlook

WIDTH, HEIGHT, GAP = 620, 120, 4
"""Of the picture's own units; the template writes a row of days under the bars."""

_PURPOSES = {CHECK: "Connection checks", LISTS: "Lists for the settings"}


@dataclass(frozen=True)
class Bar:
    """One day: where its bar stands, how high it is, and whether it is today."""

    day: dt.date
    asked: Asked
    left: int
    top: int
    width: int
    height: int
    is_today: bool


@dataclass(frozen=True)
class UsageShown:
    """The month with its picture. `a_day` is where the allowance's even share of a day stands, if it is in sight."""

    outlook: Outlook
    bars: list[Bar]
    highest: int
    a_day: int | None
    purposes: list[tuple[str, Asked]]
    last_run: Run | None

    @property
    def month(self) -> Month:
        """The month shown."""
        return self.outlook.month

    @property
    def used(self) -> list[Bar]:
        """The days on which something was asked."""
        return [bar for bar in self.bars if bar.asked.requests]

    @property
    def today(self) -> Asked:
        """What was asked today."""
        return self.month.days[self.month.today]


def usage_shown(company: Company, last_run: Run | None) -> UsageShown:
    """The company's present month; `last_run` is the newest run, whose own figures stand beside it."""
    found = outlook(company)
    month = found.month
    share = found.allowance / len(month.days) if found.allowance else 0.0
    highest = max(asked.functions for asked in month.days.values())
    scale = max(highest, share if share <= 3 * highest else 0, 1)
    a_day = _top(share, scale) if 0 < share <= scale else None
    purposes = [(_PURPOSES.get(purpose) or KINDS[RunKind(purpose)], asked) for purpose, asked in month.purposes.items()]
    return UsageShown(found, _bars(month, scale), highest, a_day, purposes, last_run)


def _bars(month: Month, scale: float) -> list[Bar]:
    step = WIDTH / len(month.days)
    return [
        Bar(day, asked, round(place * step + GAP / 2), top := _top(asked.functions, scale), round(step - GAP),
            HEIGHT - top, day == month.today)
        for place, (day, asked) in enumerate(month.days.items())
    ]  # fmt: skip


def _top(functions: float, scale: float) -> int:
    """Where a bar begins; whatever was asked at all is to be seen."""
    height = (HEIGHT - GAP) * functions / scale
    return HEIGHT - max(round(height), 2 if functions else 0)
