"""What lies on invoices in Intacct at one moment, and the records that it came from: asked for, not stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.queries import Query, one_of
from portal.intacct.records import AdjustmentRow, InvoiceRow, PaymentDetailRow, PaymentRow
from portal.models.base import Origin
from portal.models.sync import Pair, SyncRow
from portal.models.types import utcnow
from portal.sync import looking, money
from portal.sync.context import RunContext
from portal.sync.looking import There
from portal.sync.money import OPENING, Source
from portal.sync.rows import linked, linked_all


@dataclass(frozen=True)
class Header:
    """The record that money or credit comes from. `method` is Intacct's word, empty for a credit."""

    there: There
    date: dt.date | None
    method: str = ""

    @property
    def voided(self) -> bool:
        """Whether it was taken back there."""
        return self.there.gone_back


@dataclass(frozen=True)
class Successor:
    """A payment that is alive there and carries the reference of one of ours, and what lies of it on which invoices."""

    there: There
    applied: dict[str, Decimal]


@dataclass
class Picture:
    """What lies on some invoices there, and the headers of what it came from; keys of `sums` are
    (source, invoice key)."""

    invoice_keys: frozenset[str] = frozenset()
    sums: dict[tuple[Source, str], Decimal] = field(default_factory=dict)
    headers: dict[Source, Header] = field(default_factory=dict)
    days: dict[tuple[Source, str], dt.date] = field(default_factory=dict)
    """When a credit was put on an invoice, the last time."""
    gone: frozenset[Source] = frozenset()
    """Linked sources that lay on these invoices and that a look by their key does not find any more."""
    successors: dict[Source, Successor] = field(default_factory=dict)
    """By a payment of ours that reads as voided or is gone: the one that is alive and has our reference, if any."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """RECORDNO of a row that could not be read -> its invoice's key; the invoice is left as it is."""
    paid: dict[str, Decimal] = field(default_factory=dict)
    """What Intacct counts as paid on an invoice, where an opening payment stands for a part of it."""
    taken_at: datetime = field(default_factory=utcnow)


def reads_money(ctx: RunContext) -> bool:
    """Whether anything on invoices is read: payments, credits, or what somebody did with credit notes of ours."""
    chosen = ctx.choices
    return chosen.read_payments or chosen.read_credits or chosen.write_credit_notes


def look(ctx: RunContext, invoice_keys: Iterable[str]) -> Picture:
    """Ask Intacct for all that lies on these invoices. Network only."""
    keys = sorted(set(invoice_keys))
    if not keys or not reads_money(ctx):
        return Picture()
    taken_at = utcnow()
    details: list[PaymentDetailRow] = []
    unreadable: dict[str, str] = {}
    for start in range(0, len(keys), 500):
        where = one_of("RECORDKEY", keys[start : start + 500])
        rows = ctx.rows(Query("ARPYMTDETAIL", looking.DETAIL_FIELDS, where, show_private=not ctx.entity))
        for row in rows:
            if (detail := looking.read_detail(row, ctx.offset)) is not None:
                details.append(detail)
            else:
                unreadable[row["RECORDNO"]] = row["RECORDKEY"]
    known = _known_sources(ctx, keys)
    sources = {source for source, _ in money.sums(details)} | _parents(details) | known
    headers: dict[Source, Header] = {}
    missing: set[Source] = set()
    for object_ in sorted({source.object for source in sources} & _READ_AS.keys()):
        found, not_found = _headers(ctx, object_, sources)
        headers |= found
        missing |= not_found
    voided = {source.key for source, header in headers.items() if source.object == "ARPYMT" and header.voided}
    details = money.standing(details, voided)
    sums = money.sums(details)
    gone = frozenset(missing & known - {source for source, _ in sums})
    successors = _successors(ctx, [*(source for source, header in headers.items() if header.voided), *gone])
    return Picture(
        invoice_keys=frozenset(keys), sums=sums, headers=headers, days=money.days(details), gone=gone,
        successors=successors, unreadable=unreadable, paid=_paid(ctx, keys), taken_at=taken_at,
    )  # fmt: skip


def _parents(details: Iterable[PaymentDetailRow]) -> set[Source]:
    """The records that put credits and rests on invoices: their headers tell whether that was taken back."""
    return {Source("ARPYMT", str(row.parent_key)) for row in details if row.parent_key is not None}


def _paid(ctx: RunContext, invoice_keys: list[str]) -> dict[str, Decimal]:
    rows = linked(ctx.book_id, "ARINVOICE", invoice_keys)
    opened = (
        select(Pair.invoice_row_id)
        .join(SyncRow, SyncRow.id == Pair.source_row_id)
        .where(SyncRow.book_id == ctx.book_id, SyncRow.object == OPENING, Pair.applied_there > 0)
    )
    with_opening = set(db.session.scalars(opened)) if rows else set()
    keys = [key for key, row in rows.items() if row.id in with_opening]
    ctx.commit()
    there = looking.invoices_by_key(ctx, keys)
    return {key: Decimal(one.total) - Decimal(one.due) for key, one in there.items() if not one.unreadable}


def _successors(ctx: RunContext, voided: Iterable[Source]) -> dict[Source, Successor]:
    """A database that was restored knows a payment of ours by the key that it had before it was taken back and made
    anew; the one that is alive there carries the same reference."""
    refs = _references(ctx, voided)
    if not refs:
        return {}
    alive = looking.payments_by_reference(ctx, refs.values())
    applied = looking.applied_of(ctx, [there.key for there in alive.values()])
    return {
        source: Successor(alive[ref], applied.get(alive[ref].key, {})) for source, ref in refs.items() if ref in alive
    }


def _references(ctx: RunContext, sources: Iterable[Source]) -> dict[Source, str]:
    keys = [source.key for source in sources if source.object == "ARPYMT"]
    rows = [row for row in linked_all(ctx.book_id, "ARPYMT", keys) if row.origin == Origin.PORTAL]
    found = {Source("ARPYMT", row.key): row.ref for row in rows}
    ctx.commit()
    return found


def _known_sources(ctx: RunContext, invoice_keys: list[str]) -> set[Source]:
    """The linked payments that lie on these invoices as far as we know: their headers tell of voids."""
    rows = [row.id for row in linked(ctx.book_id, "ARINVOICE", invoice_keys).values()]
    query = (
        select(SyncRow.object, SyncRow.key)
        .join(Pair, Pair.source_row_id == SyncRow.id)
        .where(Pair.invoice_row_id.in_(rows), Pair.applied_there != 0, SyncRow.key != "", SyncRow.object != OPENING)
    )
    found = {Source(object_, key) for object_, key in db.session.execute(query)}
    ctx.commit()
    return found


def _headers(ctx: RunContext, object_: str, sources: Iterable[Source]) -> tuple[dict[Source, Header], set[Source]]:
    """The headers of the sources of one object, and which of these sources Intacct does not have."""
    asked, fields, read = _READ_AS[object_]
    keys = sorted(source.key for source in sources if source.object == object_)
    found: dict[Source, Header] = {}
    missing: set[Source] = set()
    for start in range(0, len(keys), 1000):
        chunk = keys[start : start + 1000]
        rows = _rows_or_none(ctx, Query(asked, fields, one_of("RECORDNO", chunk), show_private=not ctx.entity))
        if rows is None:
            continue
        missing |= {Source(object_, key) for key in set(chunk) - {row["RECORDNO"] for row in rows}}
        for row in rows:
            try:
                found[Source(object_, row["RECORDNO"])] = read(row, ctx.offset)
            except ValueError:
                continue  # as good as not seen: its money becomes a problem and is read again
    return found, missing


def _payment(row: Mapping[str, str], offset: timedelta) -> Header:
    payment = PaymentRow.from_row(row, offset)
    return Header(looking.payment_there(payment), payment.receipt_date or payment.paid_on, payment.method)


def _discount(row: Mapping[str, str], offset: timedelta) -> Header:
    return replace(_payment(row, offset), method="")


def _adjustment(row: Mapping[str, str], offset: timedelta) -> Header:
    adjustment = AdjustmentRow.from_row(row, offset)
    return Header(looking.adjustment_there(adjustment), adjustment.date)


def _invoice(row: Mapping[str, str], offset: timedelta) -> Header:
    invoice = InvoiceRow.from_row(row, offset)
    return Header(looking.invoice_there(invoice), invoice.invoice_date)


_READ_AS: dict[str, tuple[str, tuple[str, ...], Callable[[Mapping[str, str], timedelta], Header]]] = {
    "ARPYMT": ("ARPYMT", looking.PAYMENT_FIELDS, _payment),
    "ARADVANCE": ("ARADVANCE", looking.ADVANCE_FIELDS, _payment),
    "ARADJUSTMENT": ("ARADJUSTMENT", looking.ADJUSTMENT_FIELDS, _adjustment),
    "NEGATIVEINVOICE": ("ARINVOICE", looking.INVOICE_FIELDS, _invoice),
    "INLINECREDIT": ("ARINVOICE", looking.INVOICE_FIELDS, _invoice),
    "DISCOUNT": ("ARPYMT", looking.PAYMENT_FIELDS, _discount),
}
"""By a source's object: what to ask for, and how its rows are read."""


def _rows_or_none(ctx: RunContext, query: Query) -> list[dict[str, str]] | None:
    """Advances are an object of their own, which a company need not have or let us read; payments must be readable."""
    try:
        return ctx.rows(query)
    except IntacctError as error:
        if query.object == "ARPYMT" or error.executed != "refused":
            raise
        return None
