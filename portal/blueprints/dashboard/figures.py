"""The dashboard's figures: each in the company's currency first, then in the others."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.models.company import Company
from portal.money import ZERO
from portal.queries import dashboard as queries
from portal.queries.credit_notes import CreditNoteFilter, credit_note_sums
from portal.queries.dashboard import Age, Aging, Owed
from portal.queries.payments import PaymentFilter, payment_sums
from portal.queries.totals import Sums
from portal.queries.words import WITH_REST


@dataclass(frozen=True)
class Figure:
    """One figure: in the company's currency, in the others, and how many documents it is made of."""

    amount: Decimal
    others: list[tuple[str, Decimal]]
    count: int


@dataclass(frozen=True)
class Figures:
    """What is owed, what of it is late, what came in this month (and by this day of the last one), and what of
    payments and credit notes lies on no invoice yet."""

    outstanding: Figure
    past_due: Figure
    collected: Figure
    collected_before: Figure
    before: date
    unapplied: Figure
    payments_left: int
    credit_notes_left: int

    @property
    def share_past_due(self) -> int | None:
        """How many percent of what is owed are late; None where nothing is owed."""
        return percent(self.past_due.amount, self.outstanding.amount)


@dataclass(frozen=True)
class AgeRow:
    """One row of the aging: what it is called, its share, its bar (of 300) and which invoices it counts."""

    name: str
    owed: Owed
    share: int
    bar: int
    due_from: date | None
    due_to: date | None


@dataclass(frozen=True)
class AgingShown:
    """The aging in one currency, with what the other currencies come to."""

    currency: str
    rows: list[AgeRow]
    count: int
    balance: Decimal
    others: list[tuple[str, Owed]]


_NAMES = {
    Age.CURRENT: "Not due",
    Age.UP_TO_30: "1 to 30",
    Age.UP_TO_60: "31 to 60",
    Age.UP_TO_90: "61 to 90",
    Age.OVER_90: "Over 90",
}
_DAYS: dict[Age, tuple[int | None, int | None]] = {
    Age.CURRENT: (0, None),
    Age.UP_TO_30: (-30, -1),
    Age.UP_TO_60: (-60, -31),
    Age.UP_TO_90: (-90, -61),
    Age.OVER_90: (None, -91),
}
"""First and last due date of each age, in days from today."""
_BAR = 300


def figures(company: Company, today: date, ages: Mapping[str, Aging]) -> Figures:
    """The figures of `today` (the company's date)."""
    before = _last_month(today)
    payments = payment_sums(company, PaymentFilter(status=WITH_REST))
    credit_notes = credit_note_sums(company, CreditNoteFilter(status=WITH_REST))
    return Figures(
        outstanding=_figure(company, {currency: total_of(aging) for currency, aging in ages.items()}),
        past_due=_figure(company, queries.overdue(dict(ages))),
        collected=_figure(company, queries.collected(company, today)),
        collected_before=_figure(company, queries.collected(company, before)),
        before=before,
        unapplied=_figure(company, _left([*payments, *credit_notes])),
        payments_left=sum(row.count for row in payments),
        credit_notes_left=sum(row.count for row in credit_notes),
    )


def aging_shown(company: Company, today: date, ages: Mapping[str, Aging], wanted: str) -> AgingShown | None:
    """The aging in the `wanted` currency if something is owed in it, else in the company's, else in any; None where
    nothing is owed."""
    currency = next((code for code in (wanted, company.base_currency, *ages) if code in ages), None)
    if currency is None:
        return None
    aging = ages[currency]
    whole = total_of(aging)
    largest = max(owed.balance for owed in aging.values())
    rows = [_row(age, aging[age], whole, largest, today) for age in Age]
    others = [(code, total_of(other)) for code, other in ages.items() if code != currency]
    return AgingShown(currency, rows, whole.count, whole.balance, others)


def total_of(aging: Aging) -> Owed:
    """All ages together."""
    return Owed(sum(owed.count for owed in aging.values()), sum((owed.balance for owed in aging.values()), ZERO))


def percent(part: Decimal, whole: Decimal) -> int | None:
    """`part` of `whole` in percent, rounded; None where there is no whole."""
    return round(part * 100 / whole) if whole else None


def _row(age: Age, owed: Owed, whole: Owed, largest: Decimal, today: date) -> AgeRow:
    first, last = _DAYS[age]
    bar = max(1, round(owed.balance * _BAR / largest)) if owed.balance else 0
    return AgeRow(
        name=_NAMES[age],
        owed=owed,
        share=percent(owed.balance, whole.balance) or 0,
        bar=bar,
        due_from=None if first is None else today + timedelta(days=first),
        due_to=None if last is None else today + timedelta(days=last),
    )


def _last_month(today: date) -> date:
    """The same day of the month before, or its last day."""
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=min(today.day, calendar.monthrange(end.year, end.month)[1]))


def _left(sums: list[Sums]) -> dict[str, Owed]:
    """What is left, by currency."""
    found: dict[str, Owed] = {}
    for row in sums:
        former = found.get(row.currency, Owed())
        found[row.currency] = Owed(former.count + row.count, former.balance + row.balance)
    return found


def _figure(company: Company, sums: Mapping[str, Owed]) -> Figure:
    others = sorted((currency, owed.balance) for currency, owed in sums.items() if currency != company.base_currency)
    main = sums.get(company.base_currency, Owed())
    return Figure(
        main.balance, [one for one in others if one[1]], sum(owed.count for owed in sums.values() if owed.balance)
    )
