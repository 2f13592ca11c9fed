"""Typed readings of query rows: `FIELDS` is what to ask for, `from_row` reads a row of it.

Amounts are exact, null amounts 0; null dates, stamps and keys are None; null texts "". Stamps are turned to UTC from
the user's `offset`. `from_row` raises `ValueError`, naming the field, when a text is not what Intacct writes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from .stamps import format_stamp, parse_amount, parse_date, parse_offset, parse_stamp
from .values import is_key

__all__ = [
    "AdjustmentRow",
    "BankAccountRow",
    "CustomerRow",
    "DepartmentRow",
    "GLAccountRow",
    "InvoiceRow",
    "LocationRow",
    "PaymentDetailRow",
    "PaymentRow",
    "Record",
    "TermRow",
    "format_stamp",
    "parse_amount",
    "parse_date",
    "parse_offset",
    "parse_stamp",
]

Row = Mapping[str, str]
GMT = timedelta(0)


def _key(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not is_key(text):
        raise ValueError(f"{text!r} is not a record number")
    return int(text)


def _required_key(text: str) -> int:
    key = _key(text)
    if key is None:
        raise ValueError("a record number is missing")
    return key


def _is_active(text: str) -> bool:
    """Active unless it says otherwise; `active` or the stored `T`."""
    return text.strip().lower() not in ("inactive", "f", "false")


# How the text of a field is read, by the declared type of the attribute that takes it.
_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _required_key,
    "int | None": _key,
    "Decimal": parse_amount,
    "date | None": parse_date,
    "bool": _is_active,
}


@dataclass(frozen=True)
class Record:
    """A row whose attribute n takes the field n of `FIELDS`; subclasses add both in the same order."""

    OBJECT: ClassVar[str]
    FIELDS: ClassVar[tuple[str, ...]]

    @classmethod
    def from_row(cls, row: Row, offset: timedelta = GMT) -> Self:
        """Read one row. Raises `ValueError` naming the field."""
        pairs = zip(fields(cls), cls.FIELDS, strict=True)
        return cls(**{item.name: _read(str(item.type), name, row.get(name, ""), offset) for item, name in pairs})


def _read(kind: str, name: str, text: str, offset: timedelta) -> Any:
    try:
        return parse_stamp(text, offset) if kind == "datetime | None" else _READERS[kind](text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


@dataclass(frozen=True)
class CustomerRow(Record):
    """A customer with its display contact. `entity` is the owning entity, "" at the top level."""

    OBJECT = "CUSTOMER"
    FIELDS = (
        *("RECORDNO", "CUSTOMERID", "NAME", "STATUS", "CURRENCY", "TERMNAME"),
        *("DISPLAYCONTACT.CONTACTNAME", "DISPLAYCONTACT.PRINTAS", "DISPLAYCONTACT.EMAIL1", "DISPLAYCONTACT.PHONE1"),
        *("DISPLAYCONTACT.MAILADDRESS.ADDRESS1", "DISPLAYCONTACT.MAILADDRESS.ADDRESS2"),
        *("DISPLAYCONTACT.MAILADDRESS.CITY", "DISPLAYCONTACT.MAILADDRESS.STATE", "DISPLAYCONTACT.MAILADDRESS.ZIP"),
        *("DISPLAYCONTACT.MAILADDRESS.COUNTRY", "MEGAENTITYID", "WHENCREATED", "WHENMODIFIED"),
    )
    record_no: int
    customer_id: str
    name: str
    active: bool
    currency: str
    terms: str
    contact_name: str
    print_as: str
    email: str
    phone: str
    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str
    entity: str
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class InvoiceRow(Record):
    """An A/R invoice. `trx_` amounts are in its own currency, the others in the base currency."""

    OBJECT = "ARINVOICE"
    FIELDS = (
        *("RECORDNO", "RECORDID", "CUSTOMERID", "CUSTOMERNAME", "STATE", "DOCNUMBER", "DESCRIPTION", "TERMNAME"),
        *("WHENCREATED", "WHENDUE", "WHENPAID", "CURRENCY", "BASECURR", "TOTALENTERED", "TOTALPAID", "TOTALDUE"),
        *("TRX_TOTALENTERED", "TRX_TOTALPAID", "TRX_TOTALDUE", "MODULEKEY", "MEGAENTITYID"),
        *("AUWHENCREATED", "WHENMODIFIED"),
    )
    record_no: int
    number: str
    customer_id: str
    customer_name: str
    state: str
    po_number: str
    description: str
    terms: str
    invoice_date: date | None
    due_date: date | None
    paid_on: date | None
    currency: str
    base_currency: str
    total: Decimal
    paid: Decimal
    due: Decimal
    trx_total: Decimal
    trx_paid: Decimal
    trx_due: Decimal
    module: str
    entity: str
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class AdjustmentRow(Record):
    """An A/R adjustment: its `trx_` amounts are negative for a credit, what is open of it included."""

    OBJECT = "ARADJUSTMENT"
    FIELDS = (
        *("RECORDNO", "RECORDID", "CUSTOMERID", "STATE", "DOCNUMBER", "DESCRIPTION", "WHENCREATED", "CURRENCY"),
        *("TRX_TOTALENTERED", "TRX_TOTALPAID", "TRX_TOTALDUE", "MEGAENTITYID", "AUWHENCREATED", "WHENMODIFIED"),
    )
    record_no: int
    number: str
    customer_id: str
    state: str
    invoice_number: str
    description: str
    date: date | None
    currency: str
    trx_total: Decimal
    trx_paid: Decimal
    trx_due: Decimal
    entity: str
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class PaymentRow(Record):
    """A receipt. `trx_due` above 0 is money not yet applied; `parent_key` names the receipt a void belongs to."""

    OBJECT = "ARPYMT"
    FIELDS = (
        *("RECORDNO", "RECORDID", "RECORDTYPE", "STATE", "PAYMENTMETHOD", "CUSTOMERID", "CUSTOMERNAME"),
        *("DOCNUMBER", "DESCRIPTION", "RECEIPTDATE", "WHENPAID", "CURRENCY", "BASECURR"),
        *("FINANCIALENTITY", "UNDEPOSITEDACCOUNTNO", "TOTALENTERED", "TOTALPAID", "TOTALDUE"),
        *("TRX_TOTALENTERED", "TRX_TOTALPAID", "TRX_TOTALDUE", "PARENTPAYMENTKEY", "MEGAENTITYID"),
        *("AUWHENCREATED", "WHENMODIFIED"),
    )
    record_no: int
    record_id: str
    record_type: str
    state: str
    method: str
    customer_id: str
    customer_name: str
    document_number: str
    description: str
    receipt_date: date | None
    paid_on: date | None
    currency: str
    base_currency: str
    bank_account: str
    undeposited_account: str
    total: Decimal
    paid: Decimal
    due: Decimal
    trx_total: Decimal
    trx_paid: Decimal
    trx_due: Decimal
    parent_key: int | None
    entity: str
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class PaymentDetailRow(Record):
    """Money or credit put on one line of one target: `invoice_key`, or `debit_key` (a debit adjustment).

    At most one of the credit keys names the source; without one it is cash of the payment `parent_key`.
    """

    OBJECT = "ARPYMTDETAIL"
    FIELDS = (
        *("RECORDNO", "RECORDKEY", "ENTRYKEY", "POSADJKEY", "PAYMENTKEY", "PARENTPAYMENTKEY", "PAYMENTDATE"),
        *("STATE", "CURRENCY", "TRX_PAYMENTAMOUNT", "ADJUSTMENTKEY", "TRX_ADJUSTMENTAMOUNT"),
        *("INLINEKEY", "TRX_INLINEAMOUNT", "ADVANCEKEY", "TRX_POSTEDADVANCEAMOUNT"),
        *("OVERPAYMENTKEY", "TRX_POSTEDOVERPAYMENTAMOUNT", "NEGATIVEINVOICEKEY", "TRX_NEGATIVEINVOICEAMOUNT"),
        *("TRX_DISCOUNTAMOUNT", "WHENCREATED", "WHENMODIFIED"),
    )
    record_no: int
    invoice_key: int | None
    entry_key: int | None
    debit_key: int | None
    payment_key: int | None
    parent_key: int | None
    paid_on: date | None
    state: str
    currency: str
    cash: Decimal
    adjustment_key: int | None
    adjustment: Decimal
    inline_key: int | None
    inline: Decimal
    advance_key: int | None
    advance: Decimal
    overpayment_key: int | None
    overpayment: Decimal
    negative_invoice_key: int | None
    negative_invoice: Decimal
    discount: Decimal
    created_at: datetime | None
    modified_at: datetime | None

    @property
    def settled(self) -> Decimal:
        """What this row takes off its target: cash, credits and discount."""
        credits = self.adjustment + self.inline + self.advance + self.overpayment + self.negative_invoice
        return self.cash + credits + self.discount


@dataclass(frozen=True)
class GLAccountRow(Record):
    """A general ledger account."""

    OBJECT = "GLACCOUNT"
    FIELDS = ("RECORDNO", "ACCOUNTNO", "TITLE", "ACCOUNTTYPE", "STATUS")
    record_no: int
    number: str
    title: str
    kind: str
    active: bool


@dataclass(frozen=True)
class BankAccountRow(Record):
    """A checking account; `account_id` is what a payment names."""

    OBJECT = "CHECKINGACCOUNT"
    FIELDS = ("RECORDNO", "BANKACCOUNTID", "BANKNAME", "CURRENCY", "STATUS")
    record_no: int
    account_id: str
    bank_name: str
    currency: str
    active: bool


@dataclass(frozen=True)
class LocationRow(Record):
    """A location."""

    OBJECT = "LOCATION"
    FIELDS = ("RECORDNO", "LOCATIONID", "NAME", "STATUS")
    record_no: int
    location_id: str
    name: str
    active: bool


@dataclass(frozen=True)
class DepartmentRow(Record):
    """A department."""

    OBJECT = "DEPARTMENT"
    FIELDS = ("RECORDNO", "DEPARTMENTID", "TITLE", "STATUS")
    record_no: int
    department_id: str
    title: str
    active: bool


@dataclass(frozen=True)
class TermRow(Record):
    """A payment term of A/R."""

    OBJECT = "ARTERM"
    FIELDS = ("RECORDNO", "NAME", "DESCRIPTION", "STATUS")
    record_no: int
    name: str
    description: str
    active: bool
