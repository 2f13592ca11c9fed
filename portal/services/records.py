"""Holding records while they change, so that two people never work on the same state."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment

Record = Customer | Invoice | Payment | CreditNote
STALE = "stale"


def hold(*records: Record, also_customer: int | None = None) -> None:
    """Lock `records` for this transaction and read them anew.

    Money moves only between documents of one customer, so the customer's row is locked first: whoever works on the
    same money waits there, and no two transactions wait for each other. SQLite ignores the locks; its transactions
    never overlap.
    """
    owners = {_customer_id(record) for record in records}
    _lock_customers(owners | ({also_customer} if also_customer is not None else set()))
    for record in sorted(records, key=lambda record: (type(record).__name__, record.id)):
        db.session.refresh(record, with_for_update={"key_share": True})
    if not {_customer_id(record) for record in records} <= owners:
        raise NotAllowedNow("Somebody else moved this to another customer meanwhile. Load it again.", code=STALE)


def refuse_stale(record: Record, expected_version: int | None, what: str) -> None:
    """Raise NotAllowedNow when somebody saved `record` since the caller read `expected_version` of it."""
    if expected_version is not None and expected_version != record.version:
        raise NotAllowedNow(
            f"Somebody else saved {what} meanwhile. Nothing of yours was saved. Load it again and repeat your change.",
            field="version",
            code=STALE,
        )


def _customer_id(record: Record) -> int:
    return record.id if isinstance(record, Customer) else record.customer_id


def _lock_customers(ids: set[int]) -> None:
    # Without touching the key: an invoice added for the same customer at this moment need not wait.
    db.session.execute(
        select(Customer.id).where(Customer.id.in_(ids)).order_by(Customer.id).with_for_update(key_share=True)
    ).all()
