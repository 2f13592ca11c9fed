"""How both books stood when they were last compared: for the first page and the page of the sync."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.blueprints.days_chart import Chart, chart_of
from portal.models.company import Company
from portal.models.tie_out import TieOut, TieOutDay
from portal.queries import runs
from portal.queries import tie_out as queries
from portal.queries.sync_overview import Standing


@dataclass(frozen=True)
class LastTieOut:
    """The newest comparison as of now. `day` has its sums in the company's own currency, or in the one that differs
    most, and is None when nothing was open on either side; `unexplained` the rest without a cause, by currency.
    `synced_since` is when a sync that did something ended after it: the figures may have moved from then on."""

    read_at: datetime
    day: TieOutDay | None
    unexplained: list[tuple[str, Decimal]]
    synced_since: datetime | None


def last_tie_out(company: Company, standing: Standing) -> LastTieOut | None:
    """None before the first comparison of the book."""
    found = queries.newest(company) if standing.book else None
    if found is None:
        return None
    sums = queries.sums_of(found)
    return LastTieOut(
        read_at=found.read_at,
        day=next((one for one in sums if one.currency == company.base_currency), sums[0] if sums else None),
        unexplained=[(one.currency, one.unexplained) for one in sums if one.unexplained],
        synced_since=synced_since(found, standing),
    )


def synced_since(tie_out: TieOut, standing: Standing) -> datetime | None:
    """When the last sync or import ended that did something, if that was after the comparison; None for one as of a day
    in the past."""
    if tie_out.as_of is not None or standing.book is None:
        return None
    moved = runs.last_that_moved(standing.book, tie_out.read_at)
    return moved.ended_at if moved else None


def days_before(day: TieOutDay) -> Chart | None:
    """The day and those before it as a picture."""
    return chart_of(queries.days(day.book_id, day.currency, 30))
