"""Whose a record of Intacct's is: which payment or credit note here a source of money stands for."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import PortalError
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import FormerKey, Kind, SyncRow
from portal.problems import ledger
from portal.sync import judging, links, write_invoices
from portal.sync.context import RunContext
from portal.sync.mapping import reference_in
from portal.sync.money import Source
from portal.sync.picture import Header, Picture, Successor
from portal.sync.rows import has_open_posting

NOUNS = {Kind.PAYMENT: "payment", Kind.CREDIT_NOTE: "credit note"}
_CARRY_REFERENCES = {"ARPYMT": Kind.PAYMENT, "ARADJUSTMENT": Kind.CREDIT_NOTE}


def row_of(ctx: RunContext, source: Source, invoice: Invoice, picture: Picture) -> SyncRow | None:
    """The row of what this source is here for the invoice's customer: a credit note of ours, or a payment; a record
    there that carries the reference of one of ours is linked to it and never becomes a second document."""
    own = links.linked_row(ctx.book_id, source.object, source.key)
    if own is not None and own.kind == Kind.CREDIT_NOTE:
        return own
    query = (
        select(SyncRow)
        .join(Payment, Payment.id == SyncRow.record_id)
        .where(SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.PAYMENT, SyncRow.object == source.object)
        .where(SyncRow.key == source.key, Payment.customer_id == invoice.customer_id)
    )
    row = db.session.scalar(query)
    header = picture.headers.get(source)
    if row is not None or header is None or source.object not in _CARRY_REFERENCES:
        return row
    return _by_reference(ctx, source, header, picture)


def _by_reference(ctx: RunContext, source: Source, header: Header, picture: Picture) -> SyncRow | None:
    carried = reference_in(header.there.description)
    if carried is None:
        return None
    kind = _CARRY_REFERENCES[source.object]
    query = select(SyncRow).where(SyncRow.book_id == ctx.book_id, SyncRow.ref == carried[0], SyncRow.kind == kind)
    row = db.session.scalar(query)
    if row is None or header.voided or was_ours(ctx.book_id, source):
        return None
    if row.key == source.key:
        return None  # it is this very payment, applied to another customer's invoice: that customer's part of it
    if row.key:
        raise PortalError(
            f"it carries the reference of a {NOUNS[kind]} that is in Intacct as record {row.key} already. Take one of"
            " them back in Intacct."
        )
    if has_open_posting(row.id):
        return row
    there = header.there
    links.link_without_posting(row, there.key, there.number, there.seen(), there.entity)
    there_on = {key: amount for (from_, key), amount in picture.sums.items() if from_ == source}
    links.take_over_applied(row, there_on)
    ledger.close(row, ctx.by)
    ctx.count(f"linked.{kind.value}s")
    ctx.item("linked", f"It was in Intacct already, as record {there.key}.", row_id=row.id)
    return row


def was_ours(book_id: int, source: Source) -> bool:
    """A key that was ours and was taken back: what it still says there is not new money."""
    query = select(FormerKey.id).where(
        FormerKey.book_id == book_id, FormerKey.object == source.object, FormerKey.key == source.key
    )
    return db.session.scalar(query) is not None


def follow(ctx: RunContext, source: Source, successor: Successor, picture: Picture) -> None:
    """Our payment was taken back there and made anew, which this database does not remember: it is the one that is
    alive. What of it differs from what we last sent is a problem; nothing there is overwritten."""
    row = links.linked_row(ctx.book_id, source.object, source.key, part="")
    there = successor.there
    if row is None or has_open_posting(row.id, answered_since=picture.taken_at):
        return  # read again as soon as its outcome is known
    if links.linked_row(ctx.book_id, "ARPYMT", there.key) is not None:
        return
    sent, had, same = {**row.seen_there, "seq": there.seq}, row.have_hash, row.want_hash == row.have_hash
    links.unlink(row)
    links.link_without_posting(row, there.key, there.number, there.seen(), there.entity)
    links.take_over_applied(row, successor.applied)
    ctx.remember(row)
    ctx.count("linked.payments")
    ctx.item("linked", f"It is in Intacct as record {there.key} now: record {source.key} was made anew.", row_id=row.id)
    if not same:
        row.have_hash = had  # edited or voided here since: that is still to be sent
    elif changes := write_invoices.differences(sent, there):
        row.seen_there = sent
        number = db.session.get_one(Payment, row.record_id).number
        judging.changed_there(ctx, row, f"Payment {number}", changes, there)
