"""Reading: what changed in Intacct since last time, for the records that are linked, and carrying it into our book.

The cursors only tell *which* linked invoices and payments were touched. What lies on a touched invoice is then read
whole and compared with what we knew, so that reading the same row twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from portal.database import in_parts
from portal.extensions import db
from portal.intacct.queries import Query, one_of
from portal.models.base import Origin
from portal.models.invoice import Invoice
from portal.models.run import Reread
from portal.models.sync import TOTAL_NOW, Kind, SyncRow
from portal.models.types import utcnow
from portal.problems import ledger
from portal.services.records import hold_customers
from portal.sync import (
    book_money,
    both_sides,
    cursors,
    gone,
    judging,
    links,
    looking,
    opening,
    orders_in,
    owners,
    picture,
    read_orders,
    scope,
    write_invoices,
)
from portal.sync.context import RunContext
from portal.sync.cursors import CursorPage, Spec
from portal.sync.looking import There
from portal.sync.picture import Picture
from portal.sync.rows import has_open_posting, linked, linked_all
from portal.sync.standing import opened

INVOICES = Spec("ARINVOICE", looking.INVOICE_FIELDS)
DETAILS = Spec("ARPYMTDETAIL", looking.DETAIL_FIELDS, created_field="WHENCREATED")
PAYMENTS = Spec("ARPYMT", looking.PAYMENT_FIELDS)
ADJUSTMENTS = Spec("ARADJUSTMENT", looking.ADJUSTMENT_FIELDS)

REREADS_AT_ONCE = 500
LONGEST_PAUSE = timedelta(hours=24)


def read(ctx: RunContext) -> None:
    """Read every change since the last sync, then what was asked to be read again."""
    ctx.begin("read")
    read_orders.read(ctx)
    paid: dict[int, There] = {}
    _follow_switches(ctx)
    for pages in cursors.rounds(ctx, _specs(ctx)):
        touched: set[str] = set()
        for page in pages:
            touched |= _HANDLERS[page.spec.object](ctx, page)
            paid |= _imported(ctx, page)
        ctx.commit()
        touched |= _taken_off(ctx, pages)
        _store(ctx, pages, picture.look(ctx, touched))
        ctx.checkpoint()
        if not all(page.is_last for page in pages):
            ctx.give_way()
    both_sides.try_again(ctx)
    ctx.save()  # each holds the customers that it touches, all at once
    opening.settle_all(ctx, paid)
    ctx.checkpoint()
    read_queued(ctx)


def _store(ctx: RunContext, pages: Sequence[CursorPage], pictured: Picture) -> None:
    """Carry the money of these pages into our book, and move their cursors with it."""

    def do() -> None:
        book_money.store(ctx, pictured)
        for page in pages:
            cursors.store(ctx, page)

    ctx.again_after_deadlock(do)


def read_queued(ctx: RunContext) -> None:
    """Read again by key what was asked to be, in parts."""
    ids = _queued(ctx)
    for part in in_parts(ids, REREADS_AT_ONCE):
        _read_again(ctx, part)


def _imported(ctx: RunContext, page: CursorPage) -> dict[int, There]:
    """The imported invoices on a page of invoices, by row id: what is paid on them is judged when all money is read."""
    if page.spec is not INVOICES:
        return {}
    there = {item.key: item for row in page.rows if not (item := looking.read_invoice(row, ctx.offset)).unreadable}
    rows = linked(ctx.book_id, "ARINVOICE", there)
    return {row.id: there[key] for key, row in rows.items() if row.origin == Origin.INTACCT}


def _specs(ctx: RunContext) -> list[Spec]:
    """What is read: always invoices; rows of money as soon as anything on invoices is wanted."""
    if not picture.reads_money(ctx):
        return [INVOICES]
    credits_ = [ADJUSTMENTS] if ctx.choices.read_credits or ctx.choices.write_credit_notes else []
    return [INVOICES, _details(ctx), PAYMENTS, *credits_]


def _details(ctx: RunContext) -> Spec:
    """Rows of money, by what of them is wanted: when that changes, they are read anew."""
    chosen = ctx.choices
    wants = (("payments", chosen.read_payments), ("credits", chosen.read_credits), ("full", chosen.sync_full_credits))
    return replace(DETAILS, wants=" ".join(name for name, is_wanted in wants if is_wanted))


def _follow_switches(ctx: RunContext) -> None:
    """With reading of payments and credits off, its cursors are forgotten; when more is to be read than before, the
    whole history of every invoice that is linked by then is."""
    if not picture.reads_money(ctx):
        cursors.forget(ctx.book_id, (DETAILS, PAYMENTS, ADJUSTMENTS))
    elif not cursors.begun(ctx, _details(ctx)):
        query = select(SyncRow.key).where(SyncRow.book_id == ctx.book_id, SyncRow.object == "ARINVOICE")
        for key in db.session.scalars(query).all():
            links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", key, "reading of money was switched")
    ctx.checkpoint()


def _take_invoices(ctx: RunContext, page: CursorPage) -> set[str]:
    """Compare linked invoices with how they were last seen; their money is told by the rows of payments."""
    there = [looking.read_invoice(row, ctx.offset) for row in page.rows]
    rows = linked(ctx.book_id, "ARINVOICE", [item.key for item in there])
    unknown, troubled = _standing(rows.values())
    for item in there:
        row = rows.get(item.key)
        if row is None:
            ctx.count("read.not_ours")
        elif row.id in unknown:
            links.read_again(ctx.book_id, "ARINVOICE", "RECORDNO", item.key, "met while it had an open posting")
        else:
            ctx.count("read.invoices")
            compare(ctx, row, item, troubled=row.id in troubled)
    return set()


def _standing(rows: Iterable[SyncRow]) -> tuple[frozenset[int], frozenset[int]]:
    """Which of these rows have an open posting, and which an open problem."""
    ids = [row.id for row in rows]
    unknown = frozenset(row_id for part in in_parts(ids) for row_id in opened(part))
    return unknown, frozenset(row_id for part in in_parts(ids) for row_id in ledger.troubled(part))


def compare(ctx: RunContext, row: SyncRow, there: There, *, troubled: bool = True) -> None:
    """Notice what somebody did in Intacct to an invoice of ours: reversed it, or changed what we sent. `troubled` may
    say that the row has no open problem, which spares asking."""
    if there.unreadable:
        judging.unreadable(ctx, row, _number(row), there.unreadable)
        links.read_again(ctx.book_id, "ARINVOICE", "RECORDNO", there.key, "could not be read")
        return
    if row.hold:
        pass  # a person decided to leave it as it is
    elif there.gone_back:
        write_invoices.reversed_there(ctx, row, _number(row))
    elif row.docid and row.origin == Origin.INTACCT:
        _follow_document(ctx, row, there)
    elif (changes := write_invoices.differences(row.seen_there, there)) and row.want_hash == row.have_hash:
        judging.changed_there(ctx, row, f"Invoice {_number(row)}", changes, there)
    elif troubled:
        ledger.close_if(row, ("changed_there", "reversed_there", "gone_there", "cannot_store"), ctx.by)
    kept = _with_total(row.seen_there | {"state": there.state, "due": there.due}, there)
    if kept != row.seen_there:
        row.seen_there = kept  # flushed with the page: a first pass may meet a hundred thousand


def _number(row: SyncRow) -> str:
    return db.session.get_one(Invoice, row.record_id).number


def _with_total(seen: dict[str, Any], there: There) -> dict[str, Any]:
    """What was seen, with what Intacct's total is now where it is not the one that was sent: pages show it."""
    sent = {name: value for name, value in seen.items() if name != TOTAL_NOW}
    changed = "total" in sent and Decimal(str(sent["total"])) != Decimal(there.total)
    return {**sent, TOTAL_NOW: there.total} if changed else sent


def _follow_document(ctx: RunContext, row: SyncRow, there: There) -> None:
    """Rule 3: an imported invoice that reads otherwise now is what its document says; it is read again."""
    if write_invoices.differences(row.seen_there, there):
        links.read_again(ctx.book_id, orders_in.OBJECT, "DOCID", row.docid, "changed in Intacct")


def _take_details(ctx: RunContext, page: CursorPage) -> set[str]:
    """The linked invoices that money was put on or taken off."""
    keys = {row["RECORDKEY"] for row in page.rows if row["RECORDKEY"]}
    ours = linked(ctx.book_id, "ARINVOICE", keys)
    ctx.count("read.not_ours", len(keys) - len(ours))
    return set(ours)


def _take_payments(ctx: RunContext, page: CursorPage) -> set[str]:
    """The invoices of linked payments whose header changed: a void may touch only the header."""
    rows = linked_all(ctx.book_id, "ARPYMT", [row["RECORDNO"] for row in page.rows])
    ctx.count("read.payments", len(rows))
    there = {row["RECORDNO"]: row for row in page.rows}
    unknown, troubled = _standing(rows)
    for row in rows:
        if row.origin == Origin.PORTAL and row.id not in unknown:
            read_there = looking.read_payment(there[row.key], ctx.offset)
            compare_source(ctx, row, "Payment", read_there, troubled=row.id in troubled)
    return book_money.invoices_of(rows)


def _taken_off(ctx: RunContext, pages: Sequence[CursorPage]) -> set[str]:
    """The linked invoices of payments, and of mere applications of credits and rests, that read as voided: the rows of
    one whose void touched only the header stay unchanged, and no cursor shows them. Network, then our links."""
    headers = [looking.read_payment(row, ctx.offset) for page in pages if page.spec is PAYMENTS for row in page.rows]
    voided = sorted({there.key for there in headers if there.gone_back})
    keys: set[str] = set()
    for part in in_parts(voided, REREADS_AT_ONCE):
        where = one_of("PARENTPAYMENTKEY", part)
        rows = ctx.rows(Query("ARPYMTDETAIL", looking.DETAIL_FIELDS, where, show_private=not ctx.entity))
        keys |= {row["RECORDKEY"] for row in rows if row["RECORDKEY"]}
    ours = set(linked(ctx.book_id, "ARINVOICE", keys))
    ctx.commit()
    return ours


def compare_source(ctx: RunContext, row: SyncRow, what: str, there: There, *, troubled: bool = True) -> None:
    """Notice what somebody changed in Intacct on a payment or credit note of ours; its voiding and its money are told
    elsewhere. `troubled` as for `compare`."""
    if there.gone_back or row.want_hash != row.have_hash:
        return
    if not there.unreadable:
        row.seen_there = _with_total(row.seen_there, there)
    if row.hold:
        return  # a person decided to leave it as it is
    if there.unreadable:
        judging.unreadable(ctx, row, links.record_of(row).number, there.unreadable)
    elif changes := write_invoices.differences(row.seen_there, there):
        judging.changed_there(ctx, row, f"{what} {links.record_of(row).number}", changes, there)
    elif troubled:
        gone.came_back(ctx, row)
        ledger.close_if(row, ("changed_there", "cannot_store"), ctx.by)


def _take_adjustments(ctx: RunContext, page: CursorPage) -> set[str]:
    """What somebody changed in Intacct on credit notes of ours; what they lie on is told by the rows of money."""
    there = {row["RECORDNO"]: row for row in page.rows}
    for row in linked_all(ctx.book_id, "ARADJUSTMENT", there):
        if row.kind == Kind.CREDIT_NOTE and not has_open_posting(row.id):
            compare_source(ctx, row, "Credit note", looking.read_adjustment(there[row.key], ctx.offset))
    return set()


_HANDLERS = {
    "ARINVOICE": _take_invoices,
    "ARPYMTDETAIL": _take_details,
    "ARPYMT": _take_payments,
    "ARADJUSTMENT": _take_adjustments,
}


def _queued(ctx: RunContext) -> list[int]:
    """What has to be read by key, however far the cursors have moved: what is due, and by hand everything. What is
    queued from here on waits for the next run."""
    query = select(Reread.id).where(Reread.book_id == ctx.book_id)
    if not picture.reads_money(ctx):
        query = query.where(Reread.object != "ARPYMTDETAIL")  # it waits until the reading of money is switched on
    if not ctx.by_hand:
        query = query.where(Reread.not_before <= utcnow())
    ids = list(db.session.scalars(query.order_by(Reread.id)))
    ctx.commit()
    return ids


def _read_again(ctx: RunContext, ids: Sequence[int]) -> None:
    """Read a part of the queue. What is stored leaves it in the same transaction."""
    rows = list(db.session.scalars(select(Reread).where(Reread.id.in_(ids))))
    money_of = {row.value for row in rows if row.object == "ARPYMTDETAIL"}
    headers = {row.value for row in rows if row.object == "ARINVOICE"}
    documents = sorted(row.value for row in rows if row.object == orders_in.OBJECT)
    _postpone(rows)
    ctx.checkpoint()
    there = looking.invoices_by_key(ctx, headers)
    pictured = picture.look(ctx, money_of)
    orders = read_orders.look(ctx, documents)

    def do() -> None:
        known = owners.of_invoices(ctx.book_id, {*headers, *money_of}, documents)
        hold_customers(known.union(*(orders_in.owners_of(ctx, portion) for portion in orders)))
        db.session.execute(delete(Reread).where(Reread.id.in_(ids)).execution_options(synchronize_session=False))
        _take_known(ctx, there, headers)
        read_orders.store(ctx, orders, documents)
        book_money.store(ctx, pictured)

    ctx.again_after_deadlock(do)
    ctx.checkpoint()


def _take_known(ctx: RunContext, there: dict[str, There], headers: set[str]) -> None:
    rows = linked(ctx.book_id, "ARINVOICE", headers)
    for key, row in rows.items():
        if has_open_posting(row.id):
            links.read_again(ctx.book_id, "ARINVOICE", "RECORDNO", key, "met while it had an open posting")
        elif key in there:
            compare(ctx, row, there[key])
        elif not scope.sees(ctx, row.entity):
            links.read_again(ctx.book_id, "ARINVOICE", "RECORDNO", key, "its entity is out of sight")
        else:
            write_invoices.gone(ctx, row, row.number_there, key)


def _postpone(rows: Sequence[Reread]) -> None:
    """What cannot be read this time is tried again after 1, 2, 4 ... hours, however the run ends."""
    for row in rows:
        row.tries += 1
        row.not_before = utcnow() + min(timedelta(hours=2 ** (row.tries - 1)), LONGEST_PAUSE)
