"""Intacct's side of the tie-out: its open records, page by page, and what could not be read of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from portal.intacct.errors import IntacctError
from portal.intacct.paging import pages as paged
from portal.intacct.queries import Filter, Query, greater, not_equal, one_of
from portal.intacct.records import PaymentDetailRow, parse_amount, parse_date
from portal.models.sync import Kind
from portal.sync import looking
from portal.sync.context import RunContext

_DOCUMENT = (
    "RECORDNO", "RECORDID", "CUSTOMERID", "CUSTOMERNAME", "STATE", "DESCRIPTION", "WHENCREATED", "WHENDUE", "CURRENCY",
    "TRX_TOTALENTERED", "TRX_TOTALDUE",
)  # fmt: skip
_RECEIPT = (
    "RECORDNO", "DOCNUMBER", "CUSTOMERID", "CUSTOMERNAME", "STATE", "DESCRIPTION", "RECEIPTDATE", "CURRENCY",
    "TRX_TOTALENTERED", "TRX_TOTALDUE",
)  # fmt: skip
READ_AT_ONCE = 1000
NOT_COUNTED = ("Reversed", "Draft", "V", "D", "Voided", "Void", "I", "Reversal")
"""States of records that owe nothing: drafts, reversed and voided ones."""


@dataclass(frozen=True)
class Kept:
    """One of Intacct's objects that hold open balances: what it is to us, its fields, and the sign of its amounts."""

    object: str
    kind: Kind
    fields: tuple[str, ...]
    number_field: str
    date_field: str
    sign: int
    called: str


OBJECTS = (
    Kept("ARINVOICE", Kind.INVOICE, _DOCUMENT, "RECORDID", "WHENCREATED", 1, "invoices"),
    Kept("ARADJUSTMENT", Kind.CREDIT_NOTE, _DOCUMENT, "RECORDID", "WHENCREATED", 1, "adjustments (credits)"),
    Kept("ARPYMT", Kind.PAYMENT, _RECEIPT, "DOCNUMBER", "RECEIPTDATE", -1, "payments"),
    Kept("ARADVANCE", Kind.PAYMENT, _RECEIPT, "DOCNUMBER", "RECEIPTDATE", -1, "advances"),
)
BY_NAME = {kept.object: kept for kept in OBJECTS}


@dataclass(frozen=True)
class ThereDoc:
    """A record of Intacct's, signed as it stands in the receivables. `alive` is False for one that counts no more."""

    kind: Kind
    object: str
    key: str
    number: str
    customer_id: str
    customer_name: str
    currency: str
    date: dt.date | None
    due_date: dt.date | None
    total: Decimal
    due: Decimal
    description: str
    alive: bool


@dataclass
class Unread:
    """What could not be read: refused objects with Intacct's words, and how many rows of each object made no sense."""

    refused: dict[str, str] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)

    def row(self, object_: str, key: str, why: str) -> None:
        """Note a row that nobody can read."""
        self.broken.setdefault(object_, []).append(f"record {key} ({why})")


def open_pages(ctx: RunContext, kept: Kept, as_of: dt.date | None, unread: Unread) -> Iterator[list[ThereDoc]]:
    """The open records of an object, a page at a time. One that Intacct refuses to show ends the object and is noted;
    invoices and payments must be readable."""
    yield from _pages(ctx, kept, not_equal("TRX_TOTALDUE", 0), unread)


def by_key(ctx: RunContext, object_: str, keys: Iterable[str], unread: Unread) -> dict[str, ThereDoc]:
    """Records by RECORDNO, open or not; a key that is gone has no entry."""
    kept, wanted = BY_NAME[object_], sorted(set(keys))
    found: dict[str, ThereDoc] = {}
    for start in range(0, len(wanted), READ_AT_ONCE):
        for page in _pages(ctx, kept, one_of("RECORDNO", wanted[start : start + READ_AT_ONCE]), unread):
            found |= {doc.key: doc for doc in page}
    return found


def moved_pages(ctx: RunContext, as_of: dt.date, unread: Unread) -> Iterator[list[tuple[str, str, Decimal]]]:
    """(object, key, what its open amount was higher by on the day) of all that was applied after it, a page each."""
    query = Query("ARPYMTDETAIL", looking.DETAIL_FIELDS, greater("PAYMENTDATE", as_of), show_private=not ctx.entity)
    for page in paged(query, lambda call: ctx.read([call])[0]):
        details = []
        for row in page.rows:
            detail = looking.read_detail(row, ctx.offset)
            if detail is None:
                unread.row("ARPYMTDETAIL", row["RECORDNO"], "a value cannot be read")
            else:
                details.append(detail)
        yield [moved for detail in looking.without_reversed(ctx, details) for moved in _moved_by(detail)]


def _moved_by(detail: PaymentDetailRow) -> Iterator[tuple[str, str, Decimal]]:
    own_inline = detail.inline if detail.inline_key == detail.invoice_key else Decimal(0)
    if detail.invoice_key is not None:
        yield "ARINVOICE", str(detail.invoice_key), detail.settled - own_inline
    elif detail.debit_key is not None:
        yield "ARADJUSTMENT", str(detail.debit_key), detail.settled
    sources = (
        ("ARPYMT", detail.overpayment_key, detail.overpayment),
        ("ARADVANCE", detail.advance_key, detail.advance),
        ("ARADJUSTMENT", detail.adjustment_key, detail.adjustment),
        ("ARINVOICE", detail.negative_invoice_key, detail.negative_invoice),
        ("ARINVOICE", detail.inline_key if not own_inline else None, detail.inline),
    )
    for object_, key, amount in sources:
        if key is not None and amount:
            yield object_, str(key), -amount


def _pages(ctx: RunContext, kept: Kept, where: Filter, unread: Unread) -> Iterator[list[ThereDoc]]:
    if kept.object in unread.refused:
        return
    query = Query(kept.object, kept.fields, where, show_private=not ctx.entity)
    try:
        for page in paged(query, lambda call: ctx.read([call])[0]):
            yield _read_rows(ctx, kept, page.rows, unread)
    except IntacctError as error:
        if error.executed != "refused" or kept.object == "ARINVOICE":
            raise
        unread.refused[kept.object] = str(error)


def _read_rows(ctx: RunContext, kept: Kept, rows: Sequence[dict[str, str]], unread: Unread) -> list[ThereDoc]:
    found = []
    for row in rows:
        try:
            found.append(_read(ctx, kept, row))
        except ValueError as error:
            unread.row(kept.object, row["RECORDNO"], str(error))
    return found


def _read(ctx: RunContext, kept: Kept, row: dict[str, str]) -> ThereDoc:
    return ThereDoc(
        kind=kept.kind,
        object=kept.object,
        key=row["RECORDNO"],
        number=row[kept.number_field],
        customer_id=row["CUSTOMERID"],
        customer_name=row["CUSTOMERNAME"],
        currency=row["CURRENCY"] or ctx.currencies.base,
        date=parse_date(row[kept.date_field]),
        due_date=parse_date(row.get("WHENDUE", "")),
        total=kept.sign * parse_amount(row["TRX_TOTALENTERED"]),
        due=kept.sign * parse_amount(row["TRX_TOTALDUE"]),
        description=row["DESCRIPTION"],
        alive=row["STATE"] not in NOT_COUNTED,
    )
