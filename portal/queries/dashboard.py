"""What the first page says: what is owed and how late, what came in, what is not applied, who did what lately.

What is owed and what is left come from the kept sums; lateness from an index of just the invoices that owe.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import case, func, select

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.queries.kept_sums import kept
from portal.queries.totals import Sums
from portal.queries.worth import NOTHING

BOOK_SUBJECTS = ("customer", "invoice", "payment", "credit_note")


class Age(StrEnum):
    """How many days what is owed is late."""

    CURRENT = "current"
    UP_TO_30 = "1-30"
    UP_TO_60 = "31-60"
    UP_TO_90 = "61-90"
    OVER_90 = "over 90"


@dataclass(frozen=True)
class Owed:
    """How many invoices owe how much."""

    count: int = 0
    balance: Decimal = ZERO


Aging = dict[Age, Owed]
"""Every age, those in which nothing is owed too."""


def outstanding(company: Company) -> list[Sums]:
    """What is due on issued invoices, by currency; `count` and `total` are those of all issued ones, paid too."""
    return _live(company, "invoice")


def not_yet_applied(company: Company) -> dict[str, list[Sums]]:
    """What is left of payments ("payment") and of issued credit notes ("credit_note"), by currency."""
    return {kind: _live(company, kind) for kind in ("payment", "credit_note")}


def aging(company: Company, today: dt.date) -> dict[str, Aging]:
    """What is due on `today` by currency and age; currencies in which nothing is owed are left out."""
    age = case(
        (Invoice.due_date >= today, Age.CURRENT.value),
        (Invoice.due_date >= today - dt.timedelta(days=30), Age.UP_TO_30.value),
        (Invoice.due_date >= today - dt.timedelta(days=60), Age.UP_TO_60.value),
        (Invoice.due_date >= today - dt.timedelta(days=90), Age.UP_TO_90.value),
        else_=Age.OVER_90.value,
    )
    query = (
        select(Invoice.currency, age, func.count(), func.sum(Invoice.balance))
        .where(Invoice.company_id == company.id, Invoice.balance > NOTHING, ~Invoice.draft)
        .group_by(Invoice.currency, age)
        .order_by(Invoice.currency)
    )
    found: dict[str, Aging] = {}
    for currency, word, count, balance in db.session.execute(query):
        found.setdefault(currency, {one: Owed() for one in Age})[Age(word)] = Owed(count, balance)
    return found


def overdue(ages: dict[str, Aging]) -> dict[str, Owed]:
    """What is late at all, by currency, of what `aging` found."""
    late = {}
    for currency, buckets in ages.items():
        parts = [owed for age, owed in buckets.items() if age != Age.CURRENT and owed.count]
        if parts:
            late[currency] = Owed(sum(part.count for part in parts), sum((part.balance for part in parts), ZERO))
    return late


def collected(company: Company, today: dt.date) -> dict[str, Owed]:
    """What came in by payments dated in the month of `today` up to then, by currency; voided ones did not."""
    query = (
        select(Payment.currency, func.count(), func.sum(Payment.amount))
        .where(Payment.company_id == company.id, Payment.date >= today.replace(day=1), Payment.date <= today)
        .where(Payment.voided_at.is_(None))
        .group_by(Payment.currency)
        .order_by(Payment.currency)
    )
    return {currency: Owed(count, amount) for currency, count, amount in db.session.execute(query)}


def recent_activity(company: Company, *, limit: int = 10, subjects: Sequence[str] = BOOK_SUBJECTS) -> list[AuditEntry]:
    """The newest changes of the book, newest first. Applying is told once, by the payment or credit note."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.company_id == company.id, AuditEntry.subject.in_(subjects))
        .where((AuditEntry.subject != "invoice") | AuditEntry.action.not_in(("applied", "unapplied")))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _live(company: Company, kind: str) -> list[Sums]:
    return [Sums(key.currency, *share) for key, share in kept(company, kind).items() if key.bucket == "live"]
