"""Invoices and adjustments as records: lines, totals, states, and what money does to them.

Amounts with TRX_ are in the transaction's currency; those without follow at the document's exchange rate, and are
equal in a single-currency company. A document owes what its lines owe: TOTALDUE = TOTALENTERED - TOTALPAID always.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .company import BASE_CURRENCY, RECEIVABLES, Books, length
from .errors import business
from .mirror import mirror
from .store import Record, total
from .values import ZERO, cents

ITEMS = {"ARINVOICE": "ARINVOICEITEM", "ARADJUSTMENT": "ARADJUSTMENTITEM"}
RECORD_TYPES = {"ARINVOICE": "ri", "ARADJUSTMENT": "ra"}
ONE = Decimal(1)


@dataclass
class Line:
    """One line to post: account and dimensions already found."""

    amount: Decimal
    account: Record
    label: Record | None = None
    memo: str = ""
    location: Record | None = None
    department: Record | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Header:
    """What a new document says of itself."""

    customer: Record
    created: date
    posted: date | None = None
    due: date | None = None
    term: Record | None = None
    number: str = ""
    reference: str = ""
    description: str = ""
    currency: str = BASE_CURRENCY
    rate: Decimal = ONE
    draft: bool = False
    bill_to: Record | None = None
    ship_to: Record | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def create(books: Books, name: str, header: Header, lines: list[Line]) -> Record:
    """Post a document (or keep it as a draft) with its lines; raises for a number that is taken."""
    check_number(books, name, header.number)
    books.open_period(header.posted or header.created, header.extra.get("MODULEKEY", RECEIVABLES))
    entered = sum((line.amount for line in lines), ZERO)
    base = sum((cents(line.amount * header.rate) for line in lines), ZERO)
    values = {
        **header_fields(books, header),
        "RECORDTYPE": RECORD_TYPES[name],
        "STATE": "Draft" if header.draft else "Posted",
        "RAWSTATE": "D" if header.draft else "A",
        "TOTALENTERED": base,
        "TRX_TOTALENTERED": entered,
        "TOTALDUE": base,
        "TRX_TOTALDUE": entered,
        "TRX_ENTITYDUE": ZERO,
        "TRX_TOTALDISCOUNTAPPLIED": ZERO,
        **{f"{prefix}TOTAL{kind}": ZERO for prefix in ("", "TRX_") for kind in ("PAID", "SELECTED")},
        "MODULEKEY": RECEIVABLES,
        "SYSTEMGENERATED": False,
        **header.extra,
    }
    record = books.create(name, **values)
    for place, line in enumerate(lines, 1):
        add_line(books, name, record, place, line)
    owe(books, record, record["TOTALDUE"])
    return record


def check_number(books: Books, name: str, number: str, but: int | None = None) -> None:
    """A number is used once among the documents of its class, drafts and reversed ones included."""
    length(number, 45, "invoice number" if name == "ARINVOICE" else "adjustment number")
    taken = number and any(row["RECORDNO"] != but for row in books.store.where(name, "RECORDID", number))
    if taken:
        raise business(f"A transaction with the number '{number}' already exists.", "Use a different number.")


def header_fields(books: Books, header: Header) -> Record:
    """The header's own fields: customer, dates, term, contacts, currency."""
    customer, term = header.customer, header.term
    bill_to = header.bill_to or _contact(books, customer, "BILLTOKEY")
    ship_to = header.ship_to or _contact(books, customer, "SHIPTOKEY")
    due = header.due or term_due(header.created, term)
    return {
        "RECORDID": header.number or None,
        "CUSTOMERID": customer["CUSTOMERID"],
        "CUSTOMERNAME": customer["NAME"],
        "CUSTOMERKEY": customer["RECORDNO"],
        "ENTITY": f"C{customer['CUSTOMERID']}",
        "DOCNUMBER": header.reference or None,
        "DESCRIPTION": header.description or None,
        "TERMNAME": term["NAME"] if term else None,
        "TERMKEY": term["RECORDNO"] if term else None,
        "WHENCREATED": header.created,
        "WHENPOSTED": header.posted or header.created,
        "WHENDUE": due,
        "BASECURR": BASE_CURRENCY,
        "CURRENCY": header.currency,
        "EXCH_RATE_DATE": header.created if header.currency != BASE_CURRENCY else None,
        "EXCHANGE_RATE": header.rate,
        "BILLTOPAYTOKEY": bill_to and bill_to["RECORDNO"],
        "BILLTOPAYTOCONTACTNAME": bill_to and bill_to["CONTACTNAME"],
        "SHIPTORETURNTOKEY": ship_to and ship_to["RECORDNO"],
        "SHIPTORETURNTOCONTACTNAME": ship_to and ship_to["CONTACTNAME"],
        "CONTACTKEY": customer.get("CONTACTKEY") or customer.get("DISPLAYCONTACTKEY"),
    }


def _contact(books: Books, customer: Record, key: str) -> Record | None:
    for name in (key, "CONTACTKEY", "DISPLAYCONTACTKEY"):
        if customer.get(name) is not None:
            return books.store.get("CONTACT", customer[name])
    return None


def term_due(created: date, term: Record | None) -> date:
    """The due date that the term gives, the invoice's own date without one."""
    if term is None or term.get("DUEDATE") is None:
        return created
    days = int(term["DUEDATE"])
    if term.get("DUEFROM", "").startswith("of next month"):
        first = (created.replace(day=1) + timedelta(days=32)).replace(day=1)
        return first + timedelta(days=days - 1)
    return created + timedelta(days=days)


def add_line(books: Books, name: str, header: Record, place: int, line: Line) -> Record:
    """One line of a document."""
    return books.create(ITEMS[name], RECORDKEY=header["RECORDNO"], **line_fields(header, place, line))


def line_fields(header: Record, place: int, line: Line) -> Record:
    """The fields of a line, nothing paid on it yet."""
    base = cents(line.amount * header["EXCHANGE_RATE"])
    return {
        "RECORDTYPE": header["RECORDTYPE"],
        "LINE_NO": place,
        "LINEITEM": True,
        "ACCOUNTKEY": line.account["RECORDNO"],
        "ACCOUNTNO": line.account["ACCOUNTNO"],
        "ACCOUNTTITLE": line.account["TITLE"],
        "ACCOUNTLABEL": line.label["ACCOUNTLABEL"] if line.label else None,
        "ACCOUNTLABELKEY": line.label["RECORDNO"] if line.label else None,
        "AMOUNT": base,
        "TRX_AMOUNT": line.amount,
        "TOTALPAID": ZERO,
        "TRX_TOTALPAID": ZERO,
        "TOTALSELECTED": ZERO,
        "TRX_TOTALSELECTED": ZERO,
        "ENTRYDESCRIPTION": line.memo or None,
        "ENTRY_DATE": header["WHENPOSTED"],
        "LOCATIONID": line.location["LOCATIONID"] if line.location else None,
        "LOCATIONNAME": line.location["NAME"] if line.location else None,
        "LOCATIONKEY": line.location["RECORDNO"] if line.location else None,
        "DEPARTMENTID": line.department["DEPARTMENTID"] if line.department else None,
        "DEPARTMENTNAME": line.department["TITLE"] if line.department else None,
        "DEPARTMENTKEY": line.department["RECORDNO"] if line.department else None,
        "CUSTOMERID": header["CUSTOMERID"],
        "CUSTOMERNAME": header["CUSTOMERNAME"],
        "CUSTOMERDIMKEY": header["CUSTOMERKEY"],
        "CURRENCY": header["CURRENCY"],
        "BASECURR": header["BASECURR"],
        "EXCHANGE_RATE": header["EXCHANGE_RATE"],
        "STATE": header["STATE"],
        **line.extra,
    }


def lines_of(books: Books, name: str, key: int) -> list[Record]:
    """A document's lines in order."""
    return sorted(books.store.where(ITEMS[name], "RECORDKEY", key), key=lambda row: int(row["LINE_NO"]))


def pay_line(books: Books, name: str, line: Record, amount: Decimal) -> None:
    """Put money on a line (or take it off again with a negative amount)."""
    paid = line["TRX_TOTALPAID"] + amount
    base = line["AMOUNT"] if paid == line["TRX_AMOUNT"] else cents(paid * line["EXCHANGE_RATE"])
    books.adjust(ITEMS[name], line["RECORDNO"], TRX_TOTALPAID=paid, TOTALPAID=base)


def select_line(books: Books, name: str, line: Record, amount: Decimal) -> None:
    """Earmark money of a draft payment on a line."""
    selected = line["TRX_TOTALSELECTED"] + amount
    base = cents(selected * line["EXCHANGE_RATE"])
    books.adjust(ITEMS[name], line["RECORDNO"], TRX_TOTALSELECTED=selected, TOTALSELECTED=base)


def refresh(books: Books, name: str, key: int, day: date | None = None) -> Record:
    """Totals, state and the customer's balance from the lines; `day` is when it may have become paid."""
    before = books.store.table(name).rows[key]
    lines = lines_of(books, name, key)
    entered, paid = total(lines, "TRX_AMOUNT"), total(lines, "TRX_TOTALPAID")
    base, base_paid = total(lines, "AMOUNT"), total(lines, "TOTALPAID")
    changes = {
        "TRX_TOTALENTERED": entered,
        "TOTALENTERED": base,
        "TRX_TOTALPAID": paid,
        "TOTALPAID": base if entered == paid else base_paid,
        "TRX_TOTALDUE": entered - paid,
        "TOTALDUE": ZERO if entered == paid else base - base_paid,
        "TRX_TOTALSELECTED": total(lines, "TRX_TOTALSELECTED"),
        "TOTALSELECTED": total(lines, "TOTALSELECTED"),
    }
    changes["STATE"] = state_of({**before, **changes})
    changes["WHENPAID"] = (before.get("WHENPAID") or day) if changes["STATE"] == "Paid" else None
    after = books.adjust(name, key, **changes)
    mirror(books, after)
    owe(books, after, after["TOTALDUE"] - before["TOTALDUE"])
    return after


def state_of(header: Record) -> str:
    """The state that the totals of a posted document show."""
    if header["RAWSTATE"] != "A":
        return {"D": "Draft", "V": "Reversed"}.get(header["RAWSTATE"], str(header["STATE"]))
    if header["TRX_TOTALSELECTED"]:
        return "Selected"
    if header["TRX_TOTALDUE"] == 0 and header["TRX_TOTALENTERED"] != 0:
        return "Paid"
    return "Partially Paid" if header["TRX_TOTALPAID"] != 0 else "Posted"


def owe(books: Books, header: Record, change: Decimal) -> None:
    """Move the customer's open balance by what a posted document's due amount moved."""
    if header["RAWSTATE"] == "D" or not change:
        return
    customer = books.store.table("CUSTOMER").rows[header["CUSTOMERKEY"]]
    books.store.change("CUSTOMER", customer["RECORDNO"], TOTALDUE=customer["TOTALDUE"] + change)


def reverse(books: Books, name: str, header: Record, day: date, description: str) -> Record:
    """Void an unpaid document by a counter-record: both read Reversed and owe nothing.

    The original keeps its number, so the number stays taken; the counter-record is marked by its own.
    """
    key = header["RECORDNO"]
    owe(books, header, -header["TOTALDUE"])
    voided = {"STATE": "Reversed", "RAWSTATE": "V", "TRX_TOTALDUE": ZERO, "TOTALDUE": ZERO}
    mark = "Reversal of "
    number = f"{mark}{header['RECORDID']}"[:45] if header.get("RECORDID") else None
    copied = {field: value for field, value in header.items() if field not in _OWN}
    counter = books.create(
        name,
        **{
            **copied,
            **voided,
            "RECORDID": number,
            "DESCRIPTION": description or f"{mark}{header.get('RECORDID') or key}",
            "WHENCREATED": day,
            "WHENPOSTED": day,
            "TOTALENTERED": -header["TOTALENTERED"],
            "TRX_TOTALENTERED": -header["TRX_TOTALENTERED"],
            "PARENTINVOICEKEY": key,
        },
    )
    for line in lines_of(books, name, key):
        _reverse_line(books, name, line, counter)
    books.modify(name, key, **voided)
    return counter


_OWN = {"RECORDNO", "AUWHENCREATED", "WHENCREATED", "WHENMODIFIED", "CREATEDBY", "MODIFIEDBY", "EXTERNALID"}


def _reverse_line(books: Books, name: str, line: Record, counter: Record) -> None:
    copied = {field: value for field, value in line.items() if field not in _OWN}
    copied |= {"RECORDKEY": counter["RECORDNO"], "AMOUNT": -line["AMOUNT"], "TRX_AMOUNT": -line["TRX_AMOUNT"]}
    books.create(ITEMS[name], **{**copied, "STATE": "Reversed"})
    books.modify(ITEMS[name], line["RECORDNO"], STATE="Reversed")


def remove(books: Books, name: str, header: Record) -> None:
    """Delete a document with its lines."""
    owe(books, header, -header["TOTALDUE"])
    for line in lines_of(books, name, header["RECORDNO"]):
        books.store.remove(ITEMS[name], line["RECORDNO"])
    books.delete(name, header["RECORDNO"])


def open_amount(lines: Iterable[Record]) -> Decimal:
    """What the given lines still owe."""
    owed = (line["TRX_AMOUNT"] - line["TRX_TOTALPAID"] for line in lines)
    return sum(owed, ZERO)
