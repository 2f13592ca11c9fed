"""Credits: A/R adjustments, by the legacy functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ..schema import render
from ..values import optional, required, split_date
from .lines import InvoiceLine, currency_group, line_items


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
    action: str = "Submit",
) -> str:
    """A credit: every line is negative (`ValueError` otherwise). `invoice_number` is a note and applies nothing."""
    if any(line.amount >= 0 for line in lines):
        raise ValueError("the lines of a credit must be negative")
    return render(
        "create_aradjustment",
        customerid=required("customer_id", customer_id),
        datecreated=split_date("date", date),
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
