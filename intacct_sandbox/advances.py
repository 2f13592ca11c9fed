"""A/R advances: money received before there is an invoice. TOTALDUE is what is not applied yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from . import documents
from .company import BASE_CURRENCY, Books
from .documents import Line
from .errors import business
from .money import COUNTS, DRAFT, VOID
from .store import Record
from .values import ZERO, cents

METHODS = ("Printed Check", "Cash", "EFT", "Credit Card")


@dataclass
class Advance:
    """An advance to post."""

    customer: Record
    method: str
    paid: date
    received: date
    currency: str = BASE_CURRENCY
    rate: Decimal = Decimal(1)
    bank: Record | None = None
    undeposited: Record | None = None
    number: str = ""
    description: str = ""
    draft: bool = False


def post(books: Books, advance: Advance, lines: list[Line]) -> Record:
    """Write an advance with its lines; a draft cannot be applied."""
    books.open_period(advance.received)
    entered = sum((line.amount for line in lines), ZERO)
    base = sum((cents(line.amount * advance.rate) for line in lines), ZERO)
    state, customer = DRAFT if advance.draft else COUNTS, advance.customer
    record = books.create(
        "ARADVANCE",
        RECORDTYPE="rr",
        STATE=state,
        RAWSTATE=state,
        CUSTOMERID=customer["CUSTOMERID"],
        CUSTOMERNAME=customer["NAME"],
        CUSTOMERKEY=customer["RECORDNO"],
        ENTITY=customer["ENTITY"],
        PAYMENTMETHOD=advance.method,
        FINANCIALENTITY=advance.bank and advance.bank["BANKACCOUNTID"],
        UNDEPOSITEDACCOUNTNO=advance.undeposited and advance.undeposited["ACCOUNTNO"],
        DOCNUMBER=advance.number or None,
        DESCRIPTION=advance.description or None,
        WHENCREATED=advance.received,
        WHENPOSTED=advance.received,
        PAYMENTDATE=advance.paid,
        RECEIPTDATE=advance.received,
        BASECURR=BASE_CURRENCY,
        CURRENCY=advance.currency,
        EXCHANGE_RATE=advance.rate,
        TOTALENTERED=base,
        TOTALPAID=ZERO,
        TOTALDUE=base,
        TRX_TOTALENTERED=entered,
        TRX_TOTALPAID=ZERO,
        TRX_TOTALDUE=entered,
    )
    for place, line in enumerate(lines, 1):
        fields = documents.line_fields(record, place, line)
        books.create("ARADVANCEITEM", RECORDKEY=record["RECORDNO"], **fields)
    return record


def void(books: Books, advance: Record, day: date) -> None:
    """Take an advance back, of which nothing may be applied; it has no counter-record."""
    books.open_period(day)
    if advance["STATE"] != COUNTS:
        raise business(f"The advance {advance['RECORDNO']} cannot be reversed.", "Only a posted one can be.")
    if advance["TRX_TOTALPAID"]:
        raise business("The advance has been applied and cannot be reversed.", "Reverse its applications first.")
    books.modify("ARADVANCE", advance["RECORDNO"], STATE=VOID, RAWSTATE=VOID, TOTALDUE=ZERO, TRX_TOTALDUE=ZERO)


def remove_draft(books: Books, advance: Record) -> None:
    """Delete a draft with its lines."""
    if advance["STATE"] != DRAFT:
        raise business("Only draft advances can be deleted.", "Reverse the advance instead.")
    for line in list(books.store.where("ARADVANCEITEM", "RECORDKEY", advance["RECORDNO"])):
        books.store.remove("ARADVANCEITEM", line["RECORDNO"])
    books.delete("ARADVANCE", advance["RECORDNO"])
