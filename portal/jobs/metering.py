"""Counting what a page or a command asks of Intacct outside runs; runs count for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portal.database import writing
from portal.extensions import db
from portal.intacct.tally import Cost
from portal.services import gateway_usage, gateways


@contextmanager
def metered(company_id: int, purpose: str) -> Iterator[None]:
    """Add what the block asks of Intacct to the company's sums, also when it ends in an error.

    The block must not touch the database: what was noted before is committed, and so is the sum, in a transaction of
    its own.
    """
    db.session.commit()
    with gateways.counted() as tally:
        try:
            yield
        finally:
            _keep(company_id, purpose, tally.cost)


def _keep(company_id: int, purpose: str, cost: Cost) -> None:
    if not cost:
        return
    with writing():  # also where a page that is only looked at had to ask
        gateway_usage.add(company_id, purpose, cost)
        db.session.commit()
