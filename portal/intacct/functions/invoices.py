"""Invoices, by the legacy functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ..schema import render
from ..values import optional, required, split_date
from .lines import InvoiceLine, changed_lines, currency_group, line_items

Day = date
"""A date, where a parameter of that name hides it."""


def create_invoice(
    *,
    customer_id: str,
    date: date,
    due_date: date,
    number: str,
    description: str,
    lines: Sequence[InvoiceLine],
    po_number: str = "",
    currency: str = "",
    base_currency: str = "",
    posted_on: Day | None = None,
    action: str = "Submit",
) -> str:
    """A posted invoice (or a draft, `action` "Draft"). `currency` is given only where the company has several,
    `posted_on` only where the posting date is another than the invoice's own."""
    header = _header(customer_id, date, due_date, number, action, posted_on)
    return render(
        "create_invoice",
        **header,
        ponumber=optional("po_number", po_number),
        description=optional("description", description),
        **currency_group(currency, base_currency),
        invoiceitems=line_items(lines),
    )


def update_invoice(
    key: str,
    *,
    customer_id: str,
    date: date,
    due_date: date,
    number: str,
    description: str,
    lines: Sequence[InvoiceLine],
    lines_there: int,
    po_number: str = "",
    currency: str = "",
    posted_on: Day | None = None,
    action: str = "Submit",
) -> str:
    """Replaces the header and all lines of the unpaid invoice with RECORDNO `key`; an empty text clears its field.

    `lines_there` is the number of lines that it has in Intacct. Lines are overwritten and added, never removed:
    `ValueError` when there are fewer now.
    """
    header = _header(customer_id, date, due_date, number, action, posted_on)
    return render(
        "update_invoice",
        key=required("key", key),
        **header,
        ponumber=optional("po_number", po_number) or "",
        description=optional("description", description) or "",
        **{name: value for name, value in currency_group(currency).items() if name != "basecurr"},
        updateinvoiceitems=changed_lines(lines, lines_there),
    )


def reverse_invoice(key: str, date: date, description: str = "") -> str:
    """Takes back the posted, unpaid invoice with RECORDNO `key`."""
    return render(
        "reverse_invoice",
        key=required("key", key),
        datereversed=split_date("date", date),
        description=optional("description", description),
    )


def _header(
    customer_id: str, day: date, due_date: date, number: str, action: str, posted_on: Day | None
) -> dict[str, Any]:
    return {
        "customerid": required("customer_id", customer_id),
        "datecreated": split_date("date", day),
        "dateposted": split_date("posted_on", posted_on) if posted_on else None,
        "datedue": split_date("due_date", due_date),
        "action": required("action", action),
        "invoiceno": required("number", number),
    }
