"""Looking at Intacct's book before anything is sent: is it there already, and is it ours?

By number and by reference, first sends included, in one request for up to 500 records. This is what makes a restored
database, a second install or a lost answer harmless, whatever the gateway does with repeated control ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from portal.database import in_parts
from portal.intacct.queries import Filter, Query, all_of, any_of, less, like, one_of
from portal.intacct.records import AdjustmentRow, InvoiceRow, PaymentDetailRow, PaymentRow
from portal.sync import money
from portal.sync.context import AsIf, RunContext
from portal.sync.mapping import reference_in
from portal.sync.snapshots import Snapshot

LOOK_AT_ONCE = 500
LIKES_AT_ONCE = 100

INVOICE_FIELDS = InvoiceRow.FIELDS
PAYMENT_FIELDS = PaymentRow.FIELDS
ADJUSTMENT_FIELDS = AdjustmentRow.FIELDS
DETAIL_FIELDS = PaymentDetailRow.FIELDS
ADVANCE_FIELDS = (
    "RECORDNO", "STATE", "PAYMENTMETHOD", "CUSTOMERID", "DOCNUMBER", "DESCRIPTION", "RECEIPTDATE", "CURRENCY",
    "TRX_TOTALENTERED", "TRX_TOTALDUE",
)  # fmt: skip
INLINE_FIELDS = ("RECORDNO", "RECORDKEY", "TRX_AMOUNT", "TRX_TOTALPAID")
REVERSED = "Reversed"


@dataclass(frozen=True)
class There:
    """A record of Intacct's as a look finds it. `ref` is ours if its description carries one of our references."""

    key: str
    number: str
    customer_id: str
    state: str
    description: str
    date: str
    due_date: str
    total: str
    due: str
    paid: str
    entity: str
    record_type: str = ""
    unreadable: str = ""
    """Why the record could not be read; nothing else of it is to be trusted then."""

    @property
    def ref(self) -> str:
        """Our reference, "" when the record carries none."""
        found = reference_in(self.description)
        return found[0] if found else ""

    @property
    def seq(self) -> int:
        """The sequence number behind our reference, 0 without one."""
        found = reference_in(self.description)
        return found[1] if found else 0

    @property
    def gone_back(self) -> bool:
        """Whether it was reversed or voided there."""
        return self.state in (REVERSED, "V", "Voided", "Void")

    @property
    def is_application(self) -> bool:
        """Whether it only puts another payment's rest on invoices (record type `ro`), and is no payment itself."""
        return self.record_type == "ro"

    def seen(self) -> dict[str, Any]:
        """What a sync row remembers of it."""
        return {
            "number": self.number, "date": self.date, "due_date": self.due_date, "total": self.total,
            "due": self.due, "state": self.state, "customer_id": self.customer_id, "seq": self.seq,
        }  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What was found for one record: ours (alive), another's under our number, and the highest sequence number seen.
    `unreadable` says why what was found could not be read."""

    ours: There | None = None
    other: There | None = None
    above: int = 0
    unreadable: str = ""


def at_invoices(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[int, Look]:
    """Look for invoices by number and by reference; by row id."""
    (rows,) = _asked(ctx, _queries(ctx, "ARINVOICE", "RECORDID", INVOICE_FIELDS, snapshots))
    return _sort_out(snapshots, [read_invoice(row, ctx.offset) for row in rows])


@dataclass(frozen=True)
class PaymentLooks:
    """What a look for payments shows: each one by row id; the invoices that they pay, by RECORDNO (a key that is gone
    has no entry); and what the negative lines of these still hold: a credit that their first payment uses up whole, or
    the lines would stay open though nothing is due."""

    looks: dict[int, Look]
    invoices: dict[str, There]
    inline: dict[str, Decimal]


def at_payments(ctx: RunContext, snapshots: Sequence[Snapshot], invoice_keys: Iterable[str]) -> PaymentLooks:
    """Look for payments by document number and by reference, and for the invoices that they pay, in one request. What a
    preview would have sent by now is as sent."""
    by_then = ctx.there_by_then(keys := set(invoice_keys))
    real = sorted(keys - by_then.keys())
    payments, invoices, lines = _asked(
        ctx,
        _queries(ctx, "ARPYMT", "DOCNUMBER", PAYMENT_FIELDS, snapshots),
        _invoices_of(ctx, real),
        _negative_lines_of(ctx, real),
    )
    return PaymentLooks(
        _sort_out(snapshots, [read_payment(row, ctx.offset) for row in payments]),
        {key: _as_sent(as_if) for key, as_if in by_then.items()}
        | {row["RECORDNO"]: read_invoice(row, ctx.offset) for row in invoices},
        {key: as_if.inline for key, as_if in by_then.items() if as_if.inline} | _held_inline(lines),
    )


def at_credit_notes(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[int, Look]:
    """Look for credit notes by adjustment number and by reference; by row id."""
    (rows,) = _asked(ctx, _queries(ctx, "ARADJUSTMENT", "RECORDID", ADJUSTMENT_FIELDS, snapshots))
    return _sort_out(snapshots, [read_adjustment(row, ctx.offset) for row in rows])


def adjustments_by_key(ctx: RunContext, keys: Iterable[str]) -> dict[str, There]:
    """A/R adjustments by RECORDNO; a key that is gone has no entry."""
    found = {}
    for chunk in in_parts(sorted(set(keys)), 1000):
        query = Query("ARADJUSTMENT", ADJUSTMENT_FIELDS, one_of("RECORDNO", chunk), show_private=not ctx.entity)
        for row in ctx.rows(query):
            found[row["RECORDNO"]] = read_adjustment(row, ctx.offset)
    return found


def invoices_by_key(ctx: RunContext, keys: Iterable[str]) -> dict[str, There]:
    """Invoices by RECORDNO; a key that is gone has no entry. What a preview would have sent by now is as sent."""
    by_then = ctx.there_by_then(keys := set(keys))
    (rows,) = _asked(ctx, _invoices_of(ctx, sorted(keys - by_then.keys())))
    found = {row["RECORDNO"]: read_invoice(row, ctx.offset) for row in rows}
    return {key: _as_sent(as_if) for key, as_if in by_then.items()} | found


def _invoices_of(ctx: RunContext, keys: Sequence[str]) -> list[Query]:
    top = not ctx.entity
    return [
        Query("ARINVOICE", INVOICE_FIELDS, one_of("RECORDNO", chunk), show_private=top)
        for chunk in in_parts(keys, 1000)
    ]


def _as_sent(as_if: AsIf) -> There:
    return There(
        key=as_if.key, number=as_if.number_there, customer_id="", state="", description="", date="", due_date="",
        total=as_if.due, due=as_if.due, paid="0", entity="",
    )  # fmt: skip


def _negative_lines_of(ctx: RunContext, keys: Sequence[str]) -> list[Query]:
    wheres = [all_of(one_of("RECORDKEY", chunk), less("TRX_AMOUNT", "0")) for chunk in in_parts(keys, 1000)]
    return [Query("ARINVOICEITEM", INLINE_FIELDS, where, show_private=not ctx.entity) for where in wheres]


def _held_inline(rows: Iterable[dict[str, str]]) -> dict[str, Decimal]:
    """What negative lines still hold, by the key of their invoice."""
    found: dict[str, Decimal] = {}
    for row in rows:
        held = Decimal(row["TRX_TOTALPAID"] or 0) - Decimal(row["TRX_AMOUNT"] or 0)
        if held > 0:
            found[row["RECORDKEY"]] = found.get(row["RECORDKEY"], Decimal(0)) + held
    return found


def payments_by_key(ctx: RunContext, keys: Iterable[str]) -> dict[str, There]:
    """Payments by RECORDNO; a key that is gone has no entry."""
    found = {}
    for chunk in in_parts(sorted(set(keys)), 1000):
        query = Query("ARPYMT", PAYMENT_FIELDS, one_of("RECORDNO", chunk), show_private=not ctx.entity)
        for row in ctx.rows(query):
            found[row["RECORDNO"]] = read_payment(row, ctx.offset)
    return found


def payments_by_reference(ctx: RunContext, refs: Iterable[str]) -> dict[str, There]:
    """The payments that are alive there and carry these references of ours; by reference."""
    found = {}
    for where in _carrying(refs):
        for row in ctx.rows(Query("ARPYMT", PAYMENT_FIELDS, where, show_private=not ctx.entity)):
            there = read_payment(row, ctx.offset)
            if not (there.gone_back or there.is_application or there.unreadable):
                found[there.ref] = there
    return found


def read_invoice(row: dict[str, str], offset: timedelta) -> There:
    """An ARINVOICE row; one with a value that nobody can read says so instead of stopping the others."""
    try:
        return invoice_there(InvoiceRow.from_row(row, offset))
    except ValueError as error:
        return _broken(row, row.get("RECORDID", ""), error)


def read_payment(row: dict[str, str], offset: timedelta) -> There:
    """An ARPYMT row; one with a value that nobody can read says so instead of stopping the others."""
    try:
        return payment_there(PaymentRow.from_row(row, offset))
    except ValueError as error:
        return _broken(row, row.get("DOCNUMBER", ""), error)


def read_adjustment(row: dict[str, str], offset: timedelta) -> There:
    """An ARADJUSTMENT row; one with a value that nobody can read says so instead of stopping the others."""
    try:
        return adjustment_there(AdjustmentRow.from_row(row, offset))
    except ValueError as error:
        return _broken(row, row.get("RECORDID", ""), error)


def _broken(row: dict[str, str], number: str, error: ValueError) -> There:
    return There(
        key=row["RECORDNO"], number=number, customer_id=row.get("CUSTOMERID", ""), state=row.get("STATE", ""),
        description=row.get("DESCRIPTION", ""), date="", due_date="", total="0", due="0", paid="0",
        entity=row.get("MEGAENTITYID", ""), record_type=row.get("RECORDTYPE", ""), unreadable=str(error),
    )  # fmt: skip


def invoice_there(row: InvoiceRow) -> There:
    """An ARINVOICE row as a look shows it."""
    return There(
        key=str(row.record_no), number=row.number, customer_id=row.customer_id, state=row.state,
        description=row.description, date=_day(row.invoice_date), due_date=_day(row.due_date),
        total=str(row.trx_total), due=str(row.trx_due), paid=str(row.trx_paid), entity=row.entity,
    )  # fmt: skip


def payment_there(row: PaymentRow) -> There:
    """An ARPYMT row as a look shows it."""
    return There(
        key=str(row.record_no), number=row.document_number, customer_id=row.customer_id, state=row.state,
        description=row.description, date=_day(row.receipt_date), due_date="", total=str(row.trx_total),
        due=str(row.trx_due), paid=str(row.trx_paid), entity=row.entity, record_type=row.record_type,
    )  # fmt: skip


def adjustment_there(row: AdjustmentRow) -> There:
    """An ARADJUSTMENT row as a look shows it: of a credit, what it is worth, what is open and what was used of it, all
    above zero."""
    return There(
        key=str(row.record_no), number=row.number, customer_id=row.customer_id, state=row.state,
        description=row.description, date=_day(row.date), due_date="", total=str(-row.trx_total),
        due=str(-row.trx_due), paid=str(-row.trx_paid), entity=row.entity,
    )  # fmt: skip


def read_detail(row: dict[str, str], offset: timedelta) -> PaymentDetailRow | None:
    """An ARPYMTDETAIL row; None for one that nobody can read."""
    try:
        return PaymentDetailRow.from_row(row, offset)
    except ValueError:
        return None


def without_reversed(ctx: RunContext, details: Iterable[PaymentDetailRow]) -> list[PaymentDetailRow]:
    """The rows that count: neither they nor the record that they belong to was taken back (a void may touch only its
    header). Network only."""
    found = [detail for detail in details if detail.state not in money.COUNTS_NOT]
    parents = sorted({str(detail.parent_key) for detail in found if detail.parent_key is not None})
    voided = {there.key for there in payments_by_key(ctx, parents).values() if there.gone_back}
    return [detail for detail in found if str(detail.parent_key) not in voided]


_NAMED_BY = {"ARPYMT": ("PARENTPAYMENTKEY", "OVERPAYMENTKEY"), "ARADJUSTMENT": ("ADJUSTMENTKEY",)}


def applied_of(ctx: RunContext, keys: Iterable[str], object_: str = "ARPYMT") -> dict[str, dict[str, Decimal]]:
    """What lies of these payments (or adjustments) on invoices there: its key -> invoice key -> amount."""
    found: dict[str, dict[str, Decimal]] = {}
    for chunk in in_parts(sorted(set(keys)), 1000):
        for field in _NAMED_BY[object_]:
            rows = ctx.rows(Query("ARPYMTDETAIL", DETAIL_FIELDS, one_of(field, chunk), show_private=not ctx.entity))
            details = [detail for row in rows if (detail := read_detail(row, ctx.offset)) is not None]
            for (source, invoice_key), amount in money.sums(without_reversed(ctx, details)).items():
                if source.object == object_ and source.key in chunk:
                    found.setdefault(source.key, {}).setdefault(invoice_key, Decimal(0))
                    found[source.key][invoice_key] += amount
    return found


def amount(text: str) -> Decimal:
    """An amount of a `There`, exact."""
    return Decimal(text)


def _day(value: object) -> str:
    return str(value) if value else ""


def _asked(ctx: RunContext, *groups: Sequence[Query]) -> list[list[dict[str, str]]]:
    """The rows of each group of queries, all asked in one request."""
    found = iter(ctx.rows_of_all([query for group in groups for query in group]))
    return [[row for _ in group for row in next(found)] for group in groups]


def _queries(
    ctx: RunContext,
    object_: str,
    number_field: str,
    fields: tuple[str, ...],
    snapshots: Sequence[Snapshot],
) -> list[Query]:
    """The records of these numbers, and those that carry our references under whatever number, customer or day: this
    database may have been restored, and then it knows neither what was sent nor what was changed of it since."""
    numbers = [one_of(number_field, chunk) for chunk in in_parts([item.number for item in snapshots], 1000)]
    wheres = [*numbers, *_carrying(snapshot.ref for snapshot in snapshots)]
    return [Query(object_, fields, where, show_private=not ctx.entity) for where in wheres]


def _carrying(refs: Iterable[str]) -> list[Filter]:
    """Filters for the records that carry these references of ours, with whatever sequence number."""
    return [
        any_of(*(like("DESCRIPTION", f"%[ref {ref}.%") for ref in chunk))
        for chunk in in_parts(sorted(set(refs)), LIKES_AT_ONCE)
    ]


def _sort_out(snapshots: Sequence[Snapshot], found: Sequence[There]) -> dict[int, Look]:
    by_ref: dict[str, list[There]] = {}
    by_number: dict[str, list[There]] = {}
    for there in {there.key: there for there in found}.values():
        by_ref.setdefault(there.ref, []).append(there)
        by_number.setdefault(there.number.casefold(), []).append(there)
    return {
        snapshot.row_id: _look(snapshot, by_ref.get(snapshot.ref, []), by_number.get(snapshot.number.casefold(), []))
        for snapshot in snapshots
    }


def _look(snapshot: Snapshot, ours: list[There], named: list[There]) -> Look:
    alive = [there for there in ours if not there.gone_back and not there.is_application]
    named = [there for there in named if not there.gone_back and not there.is_application]
    others = [there for there in named if there.ref != snapshot.ref]
    broken = next((there.unreadable for there in (*alive, *named) if there.unreadable), "")
    return Look(
        unreadable=broken,
        ours=alive[0] if alive else None,
        other=others[0] if others else None,
        above=max((there.seq for there in ours), default=0),
    )
