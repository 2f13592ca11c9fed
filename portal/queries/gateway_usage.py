"""What a company asked of Intacct's gateway in a month of its own calendar, by day and by purpose."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.usage import GatewayUsage

PACE_DAYS = 7
"""A whole week: working days and weekends differ."""


@dataclass(frozen=True)
class Asked:
    """Requests, and the functions in them, which are what Intacct counts."""

    requests: int = 0
    functions: int = 0

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.requests + other.requests, self.functions + other.functions)


@dataclass(frozen=True)
class Month:
    """A month: every day of it, what each purpose cost (the dearest first), and at what pace the last days went."""

    first: dt.date
    today: dt.date
    days: dict[dt.date, Asked]
    purposes: dict[str, Asked]
    pace: float | None
    """Functions a day over the last whole days (a week at most, none before counting began); None before the first
    whole day."""

    @property
    def total(self) -> Asked:
        """All of the month so far."""
        return sum(self.days.values(), Asked())

    @property
    def is_over(self) -> bool:
        """Whether the month lies in the past."""
        return self.today > max(self.days)

    @property
    def forecast(self) -> int | None:
        """The functions by the month's end, if the days left go at the pace of the last ones; None while that is
        unknown. Of a past month what there was."""
        if self.is_over:
            return self.total.functions
        if self.pace is None or self.today not in self.days:
            return None
        left = (max(self.days) - self.today).days
        today = self.days[self.today].functions
        return round(self.total.functions + max(self.pace - today, 0) + self.pace * left)


def month_of(company: Company, month: dt.date | None = None) -> Month:
    """The month that this day lies in; without one the present month."""
    today = company.today()
    first = (month or today).replace(day=1)
    days = {first.replace(day=day): Asked() for day in range(1, monthrange(first.year, first.month)[1] + 1)}
    purposes: dict[str, Asked] = {}
    for row in _rows(company, first, max(days)):
        asked = Asked(row.requests, row.functions)
        days[row.day] += asked
        purposes[row.purpose] = purposes.get(row.purpose, Asked()) + asked
    dearest = dict(sorted(purposes.items(), key=lambda item: item[1].functions, reverse=True))
    return Month(first, today, days, dearest, _pace(company, today))


def parse_month(text: str) -> dt.date | None:
    """The first day of 2026-11; None for no text. Raises InvalidInput."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise InvalidInput("A month is written as 2026-11.", field="month") from None


def _rows(company: Company, first: dt.date, last: dt.date) -> list[GatewayUsage]:
    query = select(GatewayUsage).where(GatewayUsage.company_id == company.id, GatewayUsage.day.between(first, last))
    return list(db.session.scalars(query))


def _pace(company: Company, today: dt.date) -> float | None:
    counted_since = db.session.scalar(select(func.min(GatewayUsage.day)).where(GatewayUsage.company_id == company.id))
    whole_days = min((today - counted_since).days, PACE_DAYS) if counted_since else 0
    if whole_days < 1:
        return None
    since = today - dt.timedelta(days=whole_days)
    used = select(func.sum(GatewayUsage.functions)).where(
        GatewayUsage.company_id == company.id, GatewayUsage.day >= since, GatewayUsage.day < today
    )
    return int(db.session.scalar(used) or 0) / whole_days
