"""What a company asked of Intacct's gateway in a month of its own calendar, by day and by purpose."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.usage import GatewayUsage

PACE_DAYS = 7
"""A whole week: working days and weekends differ."""

ONCE = frozenset((RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES))
"""Purposes that no pace goes on with: an import is made once."""


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
    counted_since: dt.date | None
    """The day of the company's first request; None before it."""
    pace: float | None
    """Functions a day over the last whole days (a week at most), imports left out; None before the first whole day."""
    today_at_pace: int = 0
    """Today's functions, imports left out."""

    @property
    def last(self) -> dt.date:
        """The month's last day."""
        return max(self.days)

    @property
    def total(self) -> Asked:
        """All of the month so far."""
        return sum(self.days.values(), Asked())

    @property
    def is_over(self) -> bool:
        """Whether the month lies in the past."""
        return self.today > self.last

    @property
    def has_imports(self) -> bool:
        """Whether something was asked in it that the forecast does not go on with."""
        return any(purpose in ONCE for purpose in self.purposes)

    @property
    def forecast(self) -> int | None:
        """The functions by the month's end, if the days left go at the pace of the last ones; None while that is
        unknown. Of a past month what there was."""
        if self.is_over:
            return self.total.functions
        if self.pace is None or self.today not in self.days:
            return None
        left = (self.last - self.today).days
        return round(self.total.functions + max(self.pace - self.today_at_pace, 0) + self.pace * left)


def month_of(company: Company, month: dt.date | None = None) -> Month:
    """The month that this day lies in; without one the present month."""
    today = company.today()
    first = (month or today).replace(day=1)
    days = {first.replace(day=day): Asked() for day in range(1, monthrange(first.year, first.month)[1] + 1)}
    purposes: dict[str, Asked] = {}
    today_at_pace = 0
    for row in _rows(company, first, max(days)):
        asked = Asked(row.requests, row.functions)
        days[row.day] += asked
        purposes[row.purpose] = purposes.get(row.purpose, Asked()) + asked
        if row.day == today and row.purpose not in ONCE:
            today_at_pace += row.functions
    dearest = dict(sorted(purposes.items(), key=lambda item: item[1].functions, reverse=True))
    since = db.session.scalar(select(func.min(GatewayUsage.day)).where(GatewayUsage.company_id == company.id))
    return Month(first, today, days, dearest, since, _pace(company, since, today), today_at_pace)


def looks_of_syncs(company: Company, month: Month) -> Asked:
    """What the month's syncs asked whatever had changed: how many syncs there were (as requests), and the functions of
    the cheapest of them, times their number."""
    zone = ZoneInfo(company.timezone)
    began, ended = (
        dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)
        for day in (month.first, month.last + dt.timedelta(days=1))
    )
    took = Run.counts["gateway_functions"].as_integer()
    query = (
        select(func.count(), func.min(took))
        .join(Book, Book.id == Run.book_id)
        .where(Book.company_id == company.id, Run.kind == RunKind.SYNC, took > 0)
        .where(Run.state.in_((RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)))
        .where(Run.created_at >= began, Run.created_at < ended)
    )
    ((syncs, least),) = db.session.execute(query).all()
    return Asked(syncs, syncs * (least or 0))


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


def _pace(company: Company, counted_since: dt.date | None, today: dt.date) -> float | None:
    # The first day was counted from some hour on, so the day after it is the first whole one.
    whole_days = min((today - counted_since).days - 1, PACE_DAYS) if counted_since else 0
    if whole_days < 1:
        return None
    since = today - dt.timedelta(days=whole_days)
    used = select(func.sum(GatewayUsage.functions)).where(
        GatewayUsage.company_id == company.id, GatewayUsage.day >= since, GatewayUsage.day < today,
        GatewayUsage.purpose.not_in(ONCE),
    )  # fmt: skip
    return int(db.session.scalar(used) or 0) / whole_days
