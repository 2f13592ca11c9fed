"""Noting what Intacct's gateway was asked for, by company, day and purpose.

What Intacct charges for, as far as its partners say it (Sage publishes no list; Performance Tier 1 holds 100,000
"API transactions" a month, and what goes beyond is billed, not refused): each query, read or readMore counts one,
whatever it brings, and each object that is written counts one. The portal sends one object a function, so a function is
one transaction. A sign-in (`getAPISession`) is named nowhere; it is a function and is counted, so that the forecast is
rather too high than too low.

The sums are added to in the database, so any number of processes may. What a worker asked for and was killed before its
next checkpoint is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from portal.extensions import db
from portal.intacct.tally import Cost, Tally
from portal.models.company import Company

_ADD = text(
    "INSERT INTO gateway_usage (company_id, day, purpose, requests, functions, milliseconds)"
    " VALUES (:company_id, :day, :purpose, :requests, :functions, :milliseconds)"
    " ON CONFLICT (company_id, day, purpose) DO UPDATE SET requests = gateway_usage.requests + excluded.requests,"
    " functions = gateway_usage.functions + excluded.functions,"
    " milliseconds = gateway_usage.milliseconds + excluded.milliseconds"
)
_ADD_FAILURES = text(
    "INSERT INTO gateway_failure (company_id, day, error, requests) VALUES (:company_id, :day, :error, :requests)"
    " ON CONFLICT (company_id, day, error) DO UPDATE SET requests = gateway_failure.requests + excluded.requests"
)


class Meter:
    """Carries what a tally counts into the company's sums, each request once."""

    def __init__(self, company_id: int, purpose: str, tally: Tally) -> None:
        self._company_id, self._purpose, self._tally = company_id, purpose, tally
        self._noted = Cost()

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Add what came since the last time; the block commits. It counts as noted when the block ended well, and is
        added by the next one otherwise."""
        cost = self._tally.cost
        if more := cost - self._noted:
            add(self._company_id, self._purpose, more)
        yield
        self._noted = cost


def add(company_id: int, purpose: str, cost: Cost) -> None:
    """Add to the sums of the company's day, which is its own and not UTC's: its month is what the allowance is for."""
    day = db.session.get_one(Company, company_id).today().isoformat()
    at = {"company_id": company_id, "day": day}
    figures = {"requests": cost.requests, "functions": cost.functions, "milliseconds": cost.milliseconds}
    db.session.execute(_ADD, {**at, "purpose": purpose, **figures})
    for error, requests in sorted(cost.failures.items()):
        db.session.execute(_ADD_FAILURES, {**at, "error": error, "requests": requests})
