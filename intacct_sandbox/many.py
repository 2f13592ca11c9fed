"""Planting many customers and invoices quickly, for measuring how well a client reads a large company.

The records are what `create` would have made of them; checks that cannot fail here are left out.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from . import documents
from .company import Books
from .customer_functions import new_customer
from .documents import Header, Line

_MOST = 1_000_000
# Invoices are dated back over so many days.
_DAYS = 360


def plant(books: Books, customers: int, invoices: int) -> dict[str, int]:
    """Add `customers` and, spread over all active customers, `invoices`; ValueError for counts out of bounds."""
    if not 0 <= customers <= _MOST or not 0 <= invoices <= _MOST:
        raise ValueError(f"customers and invoices are counted from 0 to {_MOST}")
    books.entity, books.user_id, books.user_key = None, "admin", 1
    _customers(books, customers)
    _invoices(books, invoices)
    return {"customers": customers, "invoices": invoices}


def _customers(books: Books, count: int) -> None:
    for _ in range(count):
        number = books.store.next_number("PLANTED")
        name = f"Planted Customer {number:06}"
        new_customer(
            books,
            {
                "CUSTOMERID": f"PLT-{number:06}",
                "NAME": name,
                "TERMNAME": "Net 30",
                "DISPLAYCONTACT.PRINTAS": name,
                "DISPLAYCONTACT.EMAIL1": f"ap{number}@planted.example",
                "DISPLAYCONTACT.MAILADDRESS.CITY": "Springfield",
            },
        )


def _invoices(books: Books, count: int) -> None:
    owners = [row for row in books.store.rows("CUSTOMER") if row["STATUS"] == "T"]
    if count and not owners:
        raise ValueError("there is no customer to have invoices")
    account = books.dimension("GLACCOUNT", "GL account", "4000")
    term = books.dimension("ARTERM", "Term", "Net 30")
    assert account is not None  # both are in every seed
    today = books.today()
    for place in range(count):
        number = books.store.next_number("PLANTED INVOICE")
        # The customer as it stands now: each invoice moves its balance.
        customer = books.store.table("CUSTOMER").rows[owners[place % len(owners)]["RECORDNO"]]
        day = today - timedelta(days=number % _DAYS)
        header = Header(customer, day, term=term, number=f"PLT-INV-{number:07}", description="Planted")
        documents.create(books, "ARINVOICE", header, [Line(_amount(number), account, memo="Service")])


def _amount(number: int) -> Decimal:
    return Decimal(10_000 + number * 37 % 90_000) / 100
