"""Holding records while they change, so that two people never work on the same state."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.database import in_parts
from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment

Record = Customer | Invoice | Payment | CreditNote
STALE = "stale"
_RAISING = ("edited", "issued", "renumbered", "voided", "activated", "deactivated", "merged")
_TOLD_CHANGES = 5
_LONGEST_TOLD = 300


def hold(*records: Record, also_customer: int | None = None) -> None:
    """Lock `records` for this transaction and read them anew.

    Money moves only between documents of one customer, so the customer's row is locked first: whoever works on the
    same money waits there, and no two transactions wait for each other. SQLite ignores the locks; its transactions
    never overlap.
    """
    owners = {_customer_id(record) for record in records}
    hold_customers(owners | ({also_customer} if also_customer is not None else set()))
    for record in sorted(records, key=lambda record: (type(record).__name__, record.id)):
        db.session.refresh(record, with_for_update={"key_share": True})
    if not {_customer_id(record) for record in records} <= owners:
        raise NotAllowedNow("Somebody else moved this to another customer meanwhile. Load it again.", code=STALE)


def hold_customers(ids: Iterable[int]) -> None:
    """Lock these customers for this transaction, in the order in which everybody does. Whoever works on documents of
    several in one transaction holds all of them before the first document."""
    for part in in_parts(sorted(set(ids))):
        # Without touching the key: an invoice added for the same customer at this moment need not wait.
        query = select(Customer.id).where(Customer.id.in_(part)).order_by(Customer.id)
        db.session.execute(query.with_for_update(key_share=True)).all()


def refuse_stale(record: Record, expected_version: int | None, what: str) -> None:
    """Raise NotAllowedNow when somebody saved `record` since the caller read `expected_version` of it.

    The text says who changed what since: each change raised the version by one and left an entry in the history.
    """
    if expected_version is None or expected_version == record.version:
        return
    raise NotAllowedNow(
        f"Somebody else saved {what} meanwhile{_since(record, record.version - expected_version)}."
        " Nothing of yours was saved. Load it again and repeat your change.",
        field="version",
        code=STALE,
    )


def _since(record: Record, changes: int) -> str:
    """What the newest `changes` entries of the record's history changed, in words; nothing where it is not known."""
    if not 0 < changes <= _TOLD_CHANGES:
        return ""
    query = (
        select(AuditEntry)
        .where(AuditEntry.company_id == record.company_id, AuditEntry.subject == record.__tablename__)
        .where(AuditEntry.subject_id == record.id, AuditEntry.action.in_(_RAISING))
        .order_by(AuditEntry.id.desc())
        .limit(changes)
    )
    return "".join(f": {entry.actor} {_told(entry)}" for entry in reversed(db.session.scalars(query).all()))


def _told(entry: AuditEntry) -> str:
    if entry.action != "edited":
        return entry.action
    parts = []
    for name, after in entry.after.items():
        before, words = entry.before.get(name), name.removesuffix("_id").replace("_", " ")
        plain = not isinstance(after, dict | list) and not name.endswith("_id")
        parts.append(f"{words} from {before or 'nothing'} to {after or 'nothing'}" if plain else words)
    return f"changed {', '.join(parts)}"[:_LONGEST_TOLD]


def _customer_id(record: Record) -> int:
    return record.id if isinstance(record, Customer) else record.customer_id
