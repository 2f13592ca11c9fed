"""Records of ours as they are to be sent, free of the session, and what a built function is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.intacct import functions


class CannotSend(Exception):
    """A record that must not be sent as it is. `code` names the guide, the text says what is missing."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class CustomerRecord:
    """A customer as it is to be sent."""

    number: str
    name: str
    email: str = ""
    phone: str = ""
    address: functions.Address = field(default_factory=functions.Address)
    currency: str = ""
    active: bool = True


@dataclass(frozen=True)
class LineRecord:
    """A line item as it is to be sent."""

    description: str
    amount: Decimal
    account: str = ""
    location: str = ""
    department: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InvoiceRecord:
    """An issued invoice as it is to be sent; `customer_id` is Intacct's CUSTOMERID."""

    number: str
    customer_id: str
    date: dt.date
    due_date: dt.date
    currency: str
    purchase_order: str
    total: Decimal
    discount: Decimal
    tax: Decimal
    lines: tuple[LineRecord, ...]
    posted_on: dt.date | None = None
    """Its posting date there where that is another than its own, by choice."""


@dataclass(frozen=True)
class CreditNoteRecord:
    """An issued credit note as it is to be sent; `parts` go onto invoices, `rest` stays open. `invoice_number` names
    the invoice that it was made from, as a note."""

    number: str
    customer_id: str
    date: dt.date
    currency: str
    invoice_number: str
    total: Decimal
    discount: Decimal
    tax: Decimal
    lines: tuple[LineRecord, ...]
    parts: tuple[Part, ...]
    rest: Decimal
    posted_on: dt.date | None = None


@dataclass(frozen=True)
class Part:
    """Money of a payment for one invoice: our two rows, and the invoice's RECORDNO there. `inline` is the credit of
    the invoice's own negative lines there that this payment uses up; it is no money of the payment."""

    invoice_row_id: int
    invoice_number: str
    invoice_key: str
    amount: Decimal
    inline: Decimal = Decimal(0)


@dataclass(frozen=True)
class PaymentRecord:
    """A payment as it is to be sent: `parts` that go onto invoices and the `rest`."""

    number: str
    customer_id: str
    date: dt.date
    currency: str
    method: str
    reference: str
    parts: tuple[Part, ...]
    rest: Decimal
    posted_on: dt.date | None = None
    """The date of its receipt there where that is another than its own, by choice."""


@dataclass(frozen=True)
class Built:
    """A function ready to be sent, and what its posting remembers of it."""

    body: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Currencies:
    """What Intacct's company takes: its base currency, and others only where `multi` is on."""

    base: str
    multi: bool = False

    def check(self, what: str, currency: str) -> None:
        """Raise CannotSend for a document in a currency that the company cannot hold."""
        if not self.multi and currency != self.base:
            raise CannotSend(
                "foreign_currency",
                f"{what} is in {currency}, but the Intacct company keeps {self.base} only. Nothing of it was sent."
                " Switch foreign currencies on in Intacct and check the connection again, or skip it.",
            )

    @property
    def group_base(self) -> str:
        """The base currency where a currency has to be named at all, else empty."""
        return self.base if self.multi else ""
