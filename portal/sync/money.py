"""Whose money a row of Intacct's is: pure, from ARPYMTDETAIL rows to sums by source and invoice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal

from portal.intacct.records import PaymentDetailRow

COUNTS_NOT = ("V", "D", "Voided", "Draft")
"""States of rows that put nothing on an invoice: voided ones and drafts."""


OPENING = "OPENING"
"""The object of a payment that stands for what was paid before an import; its key is the invoice's. No record there."""


@dataclass(frozen=True)
class Source:
    """A payment (ARPYMT), an advance, or a credit (`models.sync.CREDITS`): what a row's money is booked by. `key` is
    the record's RECORDNO, of a discount that of the payment which took it."""

    object: str
    key: str

    @property
    def is_money(self) -> bool:
        """Whether it is money received; a credit (adjustment, negative invoice) is not."""
        return self.object in ("ARPYMT", "ARADVANCE")


def standing(rows: Iterable[PaymentDetailRow], voided: Container[str]) -> list[PaymentDetailRow]:
    """Without the rows of credits and rests whose record (an ARPYMT by its RECORDNO) was taken back: a void may touch
    only the header. Cash stays, since its header is looked at as its source."""
    return [row for row in rows if row.cash or row.discount or str(row.parent_key) not in voided]


def sums(rows: Iterable[PaymentDetailRow]) -> dict[tuple[Source, str], Decimal]:
    """(source, invoice key) -> what of the source lies on the invoice. Rows that do not count are left out; an inline
    credit of the invoice's own lines is no money."""
    found: dict[tuple[Source, str], Decimal] = {}
    for row in rows:
        if row.state in COUNTS_NOT or row.invoice_key is None:
            continue
        for source, amount in _parts(row):
            place = (source, str(row.invoice_key))
            found[place] = found.get(place, Decimal(0)) + amount
    return found


def days(rows: Iterable[PaymentDetailRow]) -> dict[tuple[Source, str], dt.date]:
    """(source, invoice key) -> when something of the source was put on the invoice, the last time."""
    found: dict[tuple[Source, str], dt.date] = {}
    for row in rows:
        if row.state in COUNTS_NOT or row.invoice_key is None or row.paid_on is None:
            continue
        for source, _ in _parts(row):
            place = (source, str(row.invoice_key))
            found[place] = max(found.get(place, row.paid_on), row.paid_on)
    return found


def _parts(row: PaymentDetailRow) -> Iterable[tuple[Source, Decimal]]:
    """Each source that the row names, by the first key that is filled for its amount; cash by the parent payment."""
    named = (
        ("ARADVANCE", row.advance_key, row.advance),
        ("ARPYMT", row.overpayment_key, row.overpayment),
        ("ARADJUSTMENT", row.adjustment_key, row.adjustment),
        ("NEGATIVEINVOICE", row.negative_invoice_key, row.negative_invoice),
        ("INLINECREDIT", row.inline_key if row.inline_key != row.invoice_key else None, row.inline),
        ("ARPYMT", row.parent_key or row.payment_key, row.cash),
        ("DISCOUNT", row.parent_key or row.payment_key, row.discount),
    )
    for object_, key, amount in named:
        if key is not None and amount:
            yield Source(object_, str(key)), amount
