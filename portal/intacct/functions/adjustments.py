"""Credits: A/R adjustments, by the legacy functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ..schema import render
from ..values import optional, required, split_date
from .lines import InvoiceLine, currency_group, line_items

Day = date
"""A date, where a parameter of that name hides it."""


def create_adjustment(
    *,
    customer_id: str,
    date: date,
    number: str,
    description: str,
    lines: Sequence[InvoiceLine],
    invoice_number: str = "",
    currency: str = "",
    base_currency: str = "",
    posted_on: Day | None = None,
    action: str = "Submit",
) -> str:
    """A credit: every line is negative (`ValueError` otherwise). `invoice_number` is a note and applies nothing;
    `posted_on` is given only where the posting date is another than the credit's own."""
    if any(line.amount >= 0 for line in lines):
        raise ValueError("the lines of a credit must be negative")
    return render(
        "create_aradjustment",
        customerid=required("customer_id", customer_id),
        datecreated=split_date("date", date),
        dateposted=split_date("posted_on", posted_on) if posted_on else None,
        adjustmentno=required("number", number),
        action=required("action", action),
        invoiceno=optional("invoice_number", invoice_number),
        description=optional("description", description),
        **currency_group(currency, base_currency),
        aradjustmentitems=line_items(lines),
    )


def delete_adjustment(key: str) -> str:
    """Removes the unapplied adjustment with RECORDNO `key` (Intacct has no way to reverse one)."""
    return render("delete_aradjustment", key=required("key", key))
