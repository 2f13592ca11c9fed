"""A link: our record and Intacct's are the same thing. Making and ending it, and what lies there of each payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.database import in_parts
from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import fold
from portal.models.payment import Payment
from portal.models.run import Reread
from portal.models.sync import BY_HAND, FormerKey, IntacctCustomer, Kind, Pair, SyncRow
from portal.models.types import utcnow
from portal.services import wanted

OBJECTS = {
    Kind.CUSTOMER: "CUSTOMER",
    Kind.INVOICE: "ARINVOICE",
    Kind.PAYMENT: "ARPYMT",
    Kind.CREDIT_NOTE: "ARADJUSTMENT",
}

Pairs = dict[tuple[int, int], Pair]
"""Pairs by the row of their source and that of their invoice."""


def link(row: SyncRow, key: str, number_there: str, seen: Mapping[str, Any], entity: str) -> None:
    """Say that `row` is the record `key` there, as `seen`. What is wanted and had is the caller's to say. Flushes."""
    mark(row, key, number_there, seen, entity)
    db.session.flush()


def mark(row: SyncRow, key: str, number_there: str, seen: Mapping[str, Any], entity: str) -> None:
    """As `link`, for a caller that flushes many at once."""
    row.object, row.key = OBJECTS[Kind(row.kind)], key
    row.number_there, row.entity = number_there, entity
    row.seen_there = dict(seen)
    row.waiting_for = ""
    row.linked_at = row.linked_at or utcnow()
    row.synced_at = utcnow()


def link_without_posting(row: SyncRow, key: str, number_there: str, seen: Mapping[str, Any], entity: str) -> None:
    """Link to what is there already: by name, by hand, by our reference in a look. What Intacct has is never
    overwritten just because it was linked."""
    link(row, key, number_there, seen, entity)
    if row.origin == Origin.INTACCT:
        wanted.want_as_is(row)
    row.have_hash = row.want_hash
    if row.kind == Kind.INVOICE:
        read_again(row.book_id, "ARPYMTDETAIL", "RECORDKEY", key, "history of a new link")
    db.session.flush()


def unlink(row: SyncRow) -> None:
    """End the link after a posted reverse or delete: the key becomes a former one, which voids nothing here."""
    if row.key and not _is_former(row.book_id, row.object, row.key):
        db.session.add(FormerKey(book_id=row.book_id, sync_row_id=row.id, object=row.object, key=row.key))
    row.object, row.key, row.have_hash = "", "", ""
    if row.origin == Origin.INTACCT:
        row.want_hash = ""
    row.seen_there = {"seq": row.seen_there["seq"]} if row.seen_there.get("seq") else {}
    row.synced_at = utcnow()
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == row.id)):
        pair.applied_there = Decimal(0)
        if pair.hold == BY_HAND and not pair.applied_here:
            pair.hold = ""  # what is sent anew leaves nothing of it out
    db.session.flush()


def _is_former(book_id: int, object_: str, key: str) -> bool:
    query = select(FormerKey.id).where(FormerKey.book_id == book_id, FormerKey.object == object_, FormerKey.key == key)
    return db.session.scalar(query) is not None


def pairs_of(source_row_ids: Sequence[int]) -> Pairs:
    """The pairs of these sources."""
    query = select(Pair).where(Pair.source_row_id.in_(source_row_ids))
    found = db.session.scalars(query) if source_row_ids else ()
    return {(pair.source_row_id, pair.invoice_row_id): pair for pair in found}


def raise_applied(pairs: Pairs, source_row_id: int, amounts: Mapping[str, str]) -> None:
    """Add what a posting put on invoices: invoice row id -> amount, both as text of a posting's facts. A pair that is
    not among `pairs` is made."""
    for invoice_row_id, amount in amounts.items():
        _pair_among(pairs, source_row_id, int(invoice_row_id)).applied_there += Decimal(amount)


def lower_applied(pairs: Pairs, source_row_id: int, amounts: Mapping[str, str]) -> None:
    """Take off what a posting undid: invoice row id -> amount, both as text of a posting's facts."""
    for invoice_row_id, amount in amounts.items():
        pair = _pair_among(pairs, source_row_id, int(invoice_row_id))
        pair.applied_there = max(pair.applied_there - Decimal(amount), Decimal(0))


def _pair_among(pairs: Pairs, source_row_id: int, invoice_row_id: int) -> Pair:
    key = source_row_id, invoice_row_id
    if key not in pairs:
        pairs[key] = _new_pair(*key)
    return pairs[key]


def take_over_applied(source: SyncRow, amounts: Mapping[str, Decimal]) -> None:
    """Begin the pairs of a payment that was found there: invoice key -> what lies there.

    What lies on both sides is one thing. More here is the next thing to send; more there is somebody's work, which
    reading carries into our book (its invoices are read again).
    """
    pairs = {
        pair.invoice_row_id: pair for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == source.id))
    }
    for key, amount in amounts.items():
        read_again(source.book_id, "ARPYMTDETAIL", "RECORDKEY", key, "history of a payment that was found")
        invoice = linked_row(source.book_id, OBJECTS[Kind.INVOICE], key)
        if invoice is not None and invoice.id in pairs:
            pairs[invoice.id].applied_there = min(amount, pairs[invoice.id].applied_here)
    db.session.flush()


def _new_pair(source_row_id: int, invoice_row_id: int) -> Pair:
    pair = Pair(
        source_row_id=source_row_id, invoice_row_id=invoice_row_id, applied_here=Decimal(0), applied_there=Decimal(0)
    )
    db.session.add(pair)
    return pair


def pair_of(source_row_id: int, invoice_row_id: int) -> Pair:
    """The pair of a source and an invoice, made if there is none yet."""
    return find_pair(source_row_id, invoice_row_id) or _new_pair(source_row_id, invoice_row_id)


def find_pair(source_row_id: int, invoice_row_id: int) -> Pair | None:
    """The pair of a source and an invoice."""
    return db.session.scalar(
        select(Pair).where(Pair.source_row_id == source_row_id, Pair.invoice_row_id == invoice_row_id)
    )


def record_of(source: SyncRow) -> Payment | CreditNote:
    """The payment or credit note of a source's row."""
    if source.kind == Kind.CREDIT_NOTE:
        return db.session.get_one(CreditNote, source.record_id)
    return db.session.get_one(Payment, source.record_id)


def linked_row(book_id: int, object_: str, key: str, part: str | None = None) -> SyncRow | None:
    """The row that is linked to this record there."""
    query = select(SyncRow).where(SyncRow.book_id == book_id, SyncRow.object == object_, SyncRow.key == key)
    if part is not None:
        query = query.where(SyncRow.part == part)
    return db.session.scalar(query.order_by(SyncRow.id).limit(1))


def read_again(book_id: int, object_: str, field: str, value: str, reason: str) -> None:
    """Queue a record there to be read by key, however far the cursor has moved. Asking twice changes nothing."""
    insert = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    values = {"book_id": book_id, "object": object_, "field": field, "value": value, "reason": reason}
    db.session.execute(insert(Reread).values(**values, tries=0, not_before=utcnow()).on_conflict_do_nothing())


def remember_customer(
    book_id: int, recordno: int, customer_id: str, name: str, *, active: bool = True, entity: str = ""
) -> None:
    """Keep Intacct's customer in the directory against which names are matched."""
    remember_customers(book_id, [Known(recordno, customer_id, name, active, entity)])


@dataclass(frozen=True)
class Known:
    """A customer of Intacct's as the directory keeps it."""

    recordno: int
    customer_id: str
    name: str
    active: bool = True
    entity: str = ""


def remember_customers(book_id: int, found: Sequence[Known]) -> None:
    """Keep these customers in the directory; those that it has as they are cost nothing more. Flushes."""
    query = select(IntacctCustomer).where(IntacctCustomer.book_id == book_id)
    for some in in_parts(found):
        numbers = [known.recordno for known in some]
        entries = {
            entry.recordno: entry for entry in db.session.scalars(query.where(IntacctCustomer.recordno.in_(numbers)))
        }
        for known in some:
            entry = entries.setdefault(known.recordno, IntacctCustomer(book_id=book_id, recordno=known.recordno))
            entry.customer_id, entry.name, entry.name_key = known.customer_id, known.name, fold(known.name)
            entry.active, entry.entity = known.active, known.entity
        db.session.add_all(entries.values())
        db.session.flush()
