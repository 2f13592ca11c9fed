"""How both books stood when they were last compared, on the first page."""

from __future__ import annotations

from dataclasses import dataclass

from portal.blueprints.days_chart import Chart, chart_of
from portal.models.tie_out import TieOutDay
from portal.queries import tie_out as queries


@dataclass(frozen=True)
class TieOutShown:
    """The last day of a currency, and the days before as a picture."""

    day: TieOutDay
    chart: Chart | None


def tie_out_shown(book_id: int, base_currency: str) -> TieOutShown | None:
    """The company's own currency, or the one that differs most; None before the first comparison."""
    last = queries.last_day(book_id)
    day = next((one for one in last if one.currency == base_currency), last[0] if last else None)
    if day is None:
        return None
    return TieOutShown(day, chart_of(queries.days(book_id, day.currency, 30)))
