"""The dashboard's figures, each by currency, from the same queries as the lists that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.models.company import Company
from portal.models.invoice import InvoiceStatus
from portal.money import ZERO
from portal.queries.invoices import InvoiceFilter, invoice_sums
from portal.queries.payments import PaymentFilter, payment_sums
from portal.queries.words import PaymentStatus

_OWED = (InvoiceStatus.OPEN, InvoiceStatus.PARTIALLY_PAID, InvoiceStatus.PAST_DUE)
_KEPT = (PaymentStatus.APPLIED, PaymentStatus.PARTIALLY_APPLIED, PaymentStatus.UNAPPLIED)
_WITH_REST = (PaymentStatus.PARTIALLY_APPLIED, PaymentStatus.UNAPPLIED)


@dataclass(frozen=True)
class Figure:
    """One figure: in the company's currency, in the others, and how many documents it is made of."""

    amount: Decimal
    others: list[tuple[str, Decimal]]
    count: int


@dataclass(frozen=True)
class Figures:
    """What is owed, what of it is late, what came in this month, what of all payments lies on no invoice yet."""

    outstanding: Figure
    past_due: Figure
    collected: Figure
    unapplied: Figure


def figures(company: Company, today: date) -> Figures:
    """The figures of `today` (the company's date)."""
    month = today.replace(day=1)
    return Figures(
        outstanding=_figure(company, [_owed(company, status) for status in _OWED]),
        past_due=_figure(company, [_owed(company, InvoiceStatus.PAST_DUE)]),
        collected=_figure(company, [_received(company, status, month, today) for status in _KEPT]),
        unapplied=_figure(company, [_left(company, status) for status in _WITH_REST]),
    )


_Part = list[tuple[str, int, Decimal]]


def _owed(company: Company, status: str) -> _Part:
    return [(row.currency, row.count, row.balance) for row in invoice_sums(company, InvoiceFilter(status=status))]


def _received(company: Company, status: str, first: date, last: date) -> _Part:
    wanted = PaymentFilter(status=status, date_from=first, date_to=last)
    return [(row.currency, row.count, row.total) for row in payment_sums(company, wanted)]


def _left(company: Company, status: str) -> _Part:
    return [(row.currency, row.count, row.balance) for row in payment_sums(company, PaymentFilter(status=status))]


def _figure(company: Company, parts: list[_Part]) -> Figure:
    sums: dict[str, Decimal] = {}
    count = 0
    for currency, documents, amount in (row for part in parts for row in part):
        sums[currency] = sums.get(currency, ZERO) + amount
        count += documents
    main = sums.pop(company.base_currency, ZERO)
    return Figure(main, sorted(sums.items()), count)
