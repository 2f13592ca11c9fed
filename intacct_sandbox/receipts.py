"""Payments as records: posting, applying a rest, reversing, removing drafts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from . import money
from .company import BASE_CURRENCY, Books
from .errors import business
from .money import COUNTS, DRAFT, VOID, Application
from .store import Record
from .values import ZERO, cents, format_amount

METHODS = {
    "Printed Check": 1,
    "Credit Card": 3,
    "EFT": 5,
    "Cash": 6,
    "Online Charge Card": 11,
    "Online ACH Debit": 12,
}
STATE_WORDS = {COUNTS: "Complete", DRAFT: "Draft", VOID: "Voided"}


@dataclass
class Receipt:
    """A payment to post."""

    customer: Record | None
    method: str
    received: date
    currency: str = BASE_CURRENCY
    rate: Decimal = Decimal(1)
    bank: Record | None = None
    undeposited: Record | None = None
    number: str = ""
    description: str = ""
    payer: str = ""
    rest: Decimal = ZERO
    draft: bool = False
    applications: list[Application] = field(default_factory=list)
    extra: Record = field(default_factory=dict)


def post(books: Books, receipt: Receipt) -> Record:
    """Post a payment whole: every application is checked, then written."""
    books.open_period(receipt.received)
    _check_place(books, receipt)
    customer_id = receipt.customer["CUSTOMERID"] if receipt.customer else ""
    state = DRAFT if receipt.draft else COUNTS
    payment = books.create("ARPYMT", **_header(receipt, state))
    for application in receipt.applications:
        money.target_of(books, application, customer_id, receipt.currency)
        money.apply(books, payment, application, receipt.received, state)
    return books.store.table("ARPYMT").rows[payment["RECORDNO"]]


def _check_place(books: Books, receipt: Receipt) -> None:
    if receipt.undeposited is not None and receipt.currency != BASE_CURRENCY:
        raise business(
            "You cannot make payment for foreign currency invoice for payment method "
            f'"{receipt.method}" using Undeposited Fund Account.',
            "Use a bank account for this payment.",
            "BL02000051",
        )
    bank = receipt.bank
    if bank is not None and receipt.currency != (bank.get("CURRENCY") or BASE_CURRENCY):
        raise business(f"The bank account '{bank['BANKACCOUNTID']}' does not take {receipt.currency}.")


def _header(receipt: Receipt, state: str) -> Record:
    cash = sum((application.cash for application in receipt.applications), ZERO)
    entered, rest = cash + receipt.rest, receipt.rest
    base, base_rest = cents(entered * receipt.rate), cents(rest * receipt.rate)
    customer, bank = receipt.customer or {}, receipt.bank or {}
    return {
        "RECORDTYPE": "rp",
        "FINANCIALENTITY": bank.get("BANKACCOUNTID"),
        "FINANCIALENTITYTYPE": "Bank" if bank else None,
        "FINANCIALACCOUNTNAME": bank.get("BANKNAME"),
        "FINANCIALACCOUNTCURRENCY": bank.get("CURRENCY"),
        "UNDEPOSITEDACCOUNTNO": receipt.undeposited["ACCOUNTNO"] if receipt.undeposited else None,
        "STATE": state,
        "RAWSTATE": state,
        "DISPLAYSTATE": STATE_WORDS[state],
        "PAYMENTMETHOD": receipt.method,
        "PAYMENTMETHODKEY": METHODS.get(receipt.method),
        "CUSTOMERID": customer.get("CUSTOMERID"),
        "CUSTOMERNAME": customer.get("NAME"),
        "CUSTOMERKEY": customer.get("RECORDNO"),
        "ENTITY": f"C{customer['CUSTOMERID']}" if customer else None,
        "PAYERNAME": receipt.payer or None,
        "DOCNUMBER": receipt.number or None,
        "DESCRIPTION": receipt.description or None,
        "WHENCREATED": receipt.received,
        "RECEIPTDATE": receipt.received,
        "PAYMENTDATE": receipt.received,
        "WHENPAID": receipt.received,
        "BASECURR": BASE_CURRENCY,
        "CURRENCY": receipt.currency,
        "EXCHANGE_RATE": receipt.rate,
        "TOTALENTERED": base,
        "TRX_TOTALENTERED": entered,
        "TOTALPAID": base - base_rest,
        "TRX_TOTALPAID": entered - rest,
        "TOTALDUE": base_rest,
        "TRX_TOTALDUE": rest,
        "OVERPAYMENTAMOUNT": rest or None,
        "CLEARED": "F",
        **receipt.extra,
    }


def apply_credit(books: Books, receipt: Receipt) -> Record:
    """Put credits on documents without cash: a record of its own (type `ro`) that holds the rows."""
    receipt.extra = {"RECORDTYPE": "ro", **receipt.extra}
    return post(books, receipt)


def reverse(books: Books, payment: Record, day: date, description: str) -> Record:
    """Void a payment: its rows no longer count, balances are restored, and a counter-record is written."""
    if payment["STATE"] != COUNTS:
        raise business(
            f"The payment {payment['RECORDNO']} is {payment['DISPLAYSTATE']} and cannot be reversed.",
            "Only a posted payment can be reversed.",
        )
    if payment.get("CLEARED") == "T":
        raise business("The payment has been reconciled with the bank and cannot be reversed.")
    books.open_period(day)
    _undo_uses_of_rest(books, payment, day)
    _void(books, payment)
    current = books.store.table("ARPYMT").rows[payment["RECORDNO"]]
    counter = _counter(books, current, day, description)
    books.modify("ARPYMT", current["RECORDNO"], **_voided())
    return counter


def _voided() -> Record:
    nothing = {f"{prefix}TOTAL{kind}": ZERO for prefix in ("", "TRX_") for kind in ("PAID", "DUE")}
    return {"STATE": VOID, "RAWSTATE": VOID, "DISPLAYSTATE": STATE_WORDS[VOID], **nothing}


def _undo_uses_of_rest(books: Books, payment: Record, day: date) -> None:
    """What was applied of the payment's rest, by other records, is undone first (or refused, by switch)."""
    rows = books.store.where("ARPYMTDETAIL", "OVERPAYMENTKEY", payment["RECORDNO"])
    rows = [row for row in rows if money.lies(books, row)]
    parents = {row["PARENTPAYMENTKEY"] for row in rows}
    if not parents:
        return
    if not books.switches.cascade_reversal:
        used = format_amount(sum((row["TRX_POSTEDOVERPAYMENTAMOUNT"] for row in rows), ZERO))
        raise business(
            f"The overpayment of this payment has been applied ({used}).", "Reverse the application of it first."
        )
    for key in sorted(parents):
        reverse(books, books.store.table("ARPYMT").rows[key], day, "")


def _void(books: Books, payment: Record) -> None:
    for row in list(books.store.where("ARPYMTDETAIL", "PARENTPAYMENTKEY", payment["RECORDNO"])):
        if row["STATE"] != VOID:
            money.take_back(books, row)
            if books.switches.void_marks_rows:
                books.modify("ARPYMTDETAIL", row["RECORDNO"], STATE=VOID)


def _counter(books: Books, payment: Record, day: date, description: str) -> Record:
    own = {"RECORDNO", "AUWHENCREATED", "WHENMODIFIED", "CREATEDBY", "MODIFIEDBY"}
    copied = {name: value for name, value in payment.items() if name not in own}
    shown = payment.get("DOCNUMBER") or payment["RECORDNO"]
    return books.create(
        "ARPYMT",
        **{
            **copied,
            **_voided(),
            "WHENCREATED": day,
            "RECEIPTDATE": day,
            "DESCRIPTION": description or f"Reversal of {shown}",
            "TOTALENTERED": -payment["TOTALENTERED"],
            "TRX_TOTALENTERED": -payment["TRX_TOTALENTERED"],
            "OVERPAYMENTAMOUNT": None,
            "PARENTPAYMENTKEY": payment["RECORDNO"],
        },
    )


def remove_draft(books: Books, payment: Record) -> None:
    """Delete a draft payment with its rows; a posted one can only be reversed."""
    if payment["STATE"] != DRAFT:
        raise business("Only draft payments can be deleted.", "Reverse the payment instead.")
    remove(books, payment)


def remove(books: Books, payment: Record) -> None:
    """Delete a payment with its rows and with what was applied of its rest; the invoices owe again."""
    key = payment["RECORDNO"]
    remove_rows(books, "OVERPAYMENTKEY", key)
    remove_rows(books, "PARENTPAYMENTKEY", key)
    books.delete("ARPYMT", key)


def remove_rows(books: Books, field_: str, key: int) -> None:
    """Delete the rows of money that name this record; what still counted of them is taken back first."""
    for row in list(books.store.where("ARPYMTDETAIL", field_, key)):
        if money.lies(books, row):
            money.take_back(books, row)
        books.store.remove("ARPYMTDETAIL", row["RECORDNO"])
