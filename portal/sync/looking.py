"""Looking at Intacct's book before anything is sent: is it there already, and is it ours?

One query an object for up to 1,000 records, first sends included. This is what makes a restored database, a second
install or a lost answer harmless, whatever the gateway does with repeated control ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.intacct.queries import Query, any_of, like, one_of
from portal.intacct.records import InvoiceRow, PaymentDetailRow, PaymentRow
from portal.sync import money
from portal.sync.context import RunContext
from portal.sync.mapping import reference_in
from portal.sync.snapshots import Snapshot

LOOK_AT_ONCE = 500
LIKES_AT_ONCE = 100

INVOICE_FIELDS = InvoiceRow.FIELDS
PAYMENT_FIELDS = PaymentRow.FIELDS
DETAIL_FIELDS = PaymentDetailRow.FIELDS
ADVANCE_FIELDS = (
    "RECORDNO", "STATE", "PAYMENTMETHOD", "CUSTOMERID", "DOCNUMBER", "DESCRIPTION", "RECEIPTDATE", "CURRENCY",
    "TRX_TOTALENTERED", "TRX_TOTALDUE",
)  # fmt: skip
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

    def seen(self) -> dict[str, str]:
        """What a sync row remembers of it."""
        return {
            "number": self.number, "date": self.date, "due_date": self.due_date, "total": self.total,
            "due": self.due, "state": self.state, "customer_id": self.customer_id,
        }  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What was found for one record: ours (alive), another's under our number, and the highest sequence number seen."""

    ours: There | None = None
    other: There | None = None
    above: int = 0


def at_invoices(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[int, Look]:
    """Look for invoices by number, and by reference where the number may have been another; by row id."""
    rows = _rows(ctx, "ARINVOICE", "RECORDID", INVOICE_FIELDS, snapshots)
    return _sort_out(snapshots, [invoice_there(InvoiceRow.from_row(row, ctx.offset)) for row in rows])


def at_payments(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[int, Look]:
    """Look for payments by document number and by reference; by row id."""
    rows = _rows(ctx, "ARPYMT", "DOCNUMBER", PAYMENT_FIELDS, snapshots)
    return _sort_out(snapshots, [payment_there(PaymentRow.from_row(row, ctx.offset)) for row in rows])


def invoices_by_key(ctx: RunContext, keys: Iterable[str]) -> dict[str, There]:
    """Invoices by RECORDNO; a key that is gone has no entry."""
    found = {}
    for chunk in _chunks(sorted(set(keys)), 1000):
        query = Query("ARINVOICE", INVOICE_FIELDS, one_of("RECORDNO", chunk), show_private=not ctx.entity)
        for row in ctx.rows(query):
            there = invoice_there(InvoiceRow.from_row(row, ctx.offset))
            found[there.key] = there
    return found


def payments_by_key(ctx: RunContext, keys: Iterable[str]) -> dict[str, PaymentRow]:
    """Payments by RECORDNO; a key that is gone has no entry."""
    found = {}
    for chunk in _chunks(sorted(set(keys)), 1000):
        query = Query("ARPYMT", PAYMENT_FIELDS, one_of("RECORDNO", chunk), show_private=not ctx.entity)
        for row in ctx.rows(query):
            payment = PaymentRow.from_row(row, ctx.offset)
            found[str(payment.record_no)] = payment
    return found


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


def applied_of(ctx: RunContext, payment_keys: Iterable[str]) -> dict[str, dict[str, Decimal]]:
    """What lies of these payments on invoices there: payment key -> invoice key -> amount."""
    found: dict[str, dict[str, Decimal]] = {}
    for chunk in _chunks(sorted(set(payment_keys)), 1000):
        for field in ("PARENTPAYMENTKEY", "OVERPAYMENTKEY"):
            rows = ctx.rows(Query("ARPYMTDETAIL", DETAIL_FIELDS, one_of(field, chunk), show_private=not ctx.entity))
            details = [PaymentDetailRow.from_row(row, ctx.offset) for row in rows]
            for (source, invoice_key), amount in money.sums(details).items():
                if source.object == "ARPYMT" and source.key in chunk:
                    found.setdefault(source.key, {}).setdefault(invoice_key, Decimal(0))
                    found[source.key][invoice_key] += amount
    return found


def _day(value: object) -> str:
    return str(value) if value else ""


def _rows(
    ctx: RunContext, object_: str, number_field: str, fields: tuple[str, ...], snapshots: Sequence[Snapshot]
) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    top = not ctx.entity
    for chunk in _chunks([snapshot.number for snapshot in snapshots], 1000):
        rows += ctx.rows(Query(object_, fields, one_of(number_field, chunk), show_private=top))
    # Under another number it can only be there when it was tried or edited before.
    elsewhere = [snapshot.ref for snapshot in snapshots if snapshot.tried or snapshot.version > 1]
    for chunk in _chunks(elsewhere, LIKES_AT_ONCE):
        likes = [like("DESCRIPTION", f"%[ref {ref}.%") for ref in chunk]
        rows += ctx.rows(Query(object_, fields, any_of(*likes), show_private=top))
    return rows


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
    return Look(
        ours=alive[0] if alive else None,
        other=others[0] if others else None,
        above=max((there.seq for there in ours), default=0),
    )


def _chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
