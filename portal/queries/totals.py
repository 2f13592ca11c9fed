"""Count and sums of what a list shows, by currency: kept ones for a whole list, counted ones for a filter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select

from portal.extensions import db
from portal.models.company import Company
from portal.money import ZERO
from portal.queries.kept_sums import Share, kept
from portal.queries.worth import Documents, balance, total

EXACT_UP_TO = 100_000


@dataclass(frozen=True)
class Sums:
    """Count and sums of documents in one currency. Where not `exact` there is more than this, in any currency."""

    currency: str
    count: int
    total: Decimal
    balance: Decimal
    exact: bool = True


def kept_totals(company: Company, model: Documents) -> list[Sums]:
    """Of all the company's documents of a kind; voided ones count but have no balance."""
    by_currency: dict[str, Share] = {}
    for key, share in kept(company, model.__tablename__).items():
        by_currency[key.currency] = by_currency.get(key.currency, Share(0, ZERO, ZERO)).plus(share)
    return [Sums(currency, *share) for currency, share in sorted(by_currency.items())]


def counted_totals(query: Select[Any], model: Documents, *, whole: bool = False) -> list[Sums]:
    """Of the documents that `query` finds: exact up to 100,000 of them, and beyond that where `whole` asks for it."""
    found = query.with_only_columns(model.currency, total(model).label("total"), balance(model).label("balance"))
    rows = (found if whole else found.limit(EXACT_UP_TO + 1)).subquery()
    columns = (rows.c.currency, func.count(), func.sum(rows.c.total), func.sum(rows.c.balance))
    groups = db.session.execute(select(*columns).group_by(rows.c.currency).order_by(rows.c.currency)).all()
    exact = whole or sum(count for _, count, _, _ in groups) <= EXACT_UP_TO
    return [Sums(currency, count, worth, left, exact) for currency, count, worth, left in groups]
