"""Lists as CSV: in pieces found by keyset, cells that a spreadsheet would run made harmless.

Each piece is whole when it is given out, so a door that streams may end its transaction between two of them: on SQLite
an open one holds the database for as long as the slowest reader takes.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from portal.models.company import Company
from portal.money import round_amount
from portal.queries import credit_notes, customers, invoices, payments
from portal.queries.paging import Page
from portal.queries.words import credit_note_status, payment_status

CHUNK = 1000  # rows read at once; what is held in memory does not grow with the list
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Row = TypeVar("Row")
Columns = dict[str, Callable[[Any], Any]]


def customers_csv(company: Company, wanted: customers.CustomerFilter, sort: str = "name") -> Iterator[str]:
    """The customers of a filter as CSV in pieces, the headings first."""
    return pieces(
        _CUSTOMER, lambda after: customers.list_customers(company, wanted, sort=sort, after=after, limit=CHUNK)
    )


def invoices_csv(company: Company, wanted: invoices.InvoiceFilter, sort: str = "-date") -> Iterator[str]:
    """The invoices of a filter as CSV in pieces, the headings first."""
    today = company.today()
    columns = _NUMBERED | {"Status": lambda row: row.status(today).value} | _INVOICE
    return pieces(columns, lambda after: invoices.list_invoices(company, wanted, sort=sort, after=after, limit=CHUNK))


def payments_csv(company: Company, wanted: payments.PaymentFilter, sort: str = "-date") -> Iterator[str]:
    """The payments of a filter as CSV in pieces, the headings first."""
    return pieces(
        _NUMBERED | _PAYMENT, lambda after: payments.list_payments(company, wanted, sort=sort, after=after, limit=CHUNK)
    )


def credit_notes_csv(company: Company, wanted: credit_notes.CreditNoteFilter, sort: str = "-date") -> Iterator[str]:
    """The credit notes of a filter as CSV in pieces, the headings first."""
    return pieces(
        _NUMBERED | _CREDIT_NOTE,
        lambda after: credit_notes.list_credit_notes(company, wanted, sort=sort, after=after, limit=CHUNK),
    )


def pieces(columns: Columns, read: Callable[[str], Page[Row]]) -> Iterator[str]:
    """The headings of `columns`, then what each of them makes of each row, a page that `read` finds at a time."""
    yield line(list(columns))
    after = ""
    while True:
        page = read(after)
        text = "".join(line([cell(row) for cell in columns.values()]) for row in page.items)
        after = page.next_after
        del page
        if text:
            yield text
        if not after:
            return


def line(cells: Sequence[Any]) -> str:
    """One line of CSV, ended by CR LF."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([neutral(cell) for cell in cells])
    return buffer.getvalue()


def neutral(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula. Numbers stay numbers, dates are ISO texts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _money(name: str) -> Callable[[Any], Decimal]:
    return lambda row: round_amount(getattr(row, name), row.currency)


_NUMBERED: Columns = {"Number": lambda row: row.number, "Customer": lambda row: row.customer.name}
_INVOICE: Columns = {
    "Date": lambda row: row.date,
    "Due date": lambda row: row.due_date,
    "Purchase order": lambda row: row.purchase_order,
    "Currency": lambda row: row.currency,
    "Total": _money("total"),
    "Balance": _money("balance"),
    "Origin": lambda row: row.origin,
}
_PAYMENT: Columns = {
    "Status": lambda row: payment_status(row).value,
    "Date": lambda row: row.date,
    "Method": lambda row: row.method,
    "Reference": lambda row: row.reference,
    "Currency": lambda row: row.currency,
    "Amount": _money("amount"),
    "Not applied": _money("balance"),
    "Origin": lambda row: row.origin,
}
_CREDIT_NOTE: Columns = {
    "Status": lambda row: credit_note_status(row).value,
    "Date": lambda row: row.date,
    "Currency": lambda row: row.currency,
    "Total": _money("total"),
    "Not applied": _money("balance"),
    "Origin": lambda row: row.origin,
}
_CUSTOMER: Columns = {
    "Number": lambda row: row.number,
    "Name": lambda row: row.name,
    "Email": lambda row: row.email,
    "Phone": lambda row: row.phone,
    "Currency": lambda row: row.currency,
    "Payment terms": lambda row: row.payment_terms,
    "Active": lambda row: row.active,
    "Origin": lambda row: row.origin,
}
