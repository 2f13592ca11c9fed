"""Where the money of a payment, or a credit, goes when nobody says: a proposal that people may change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO


@dataclass(frozen=True)
class Due:
    """What is due on an invoice, and since when."""

    invoice_id: int
    due_date: dt.date
    balance: Decimal


def auto_apply(amount: Decimal, dues: Iterable[Due]) -> list[tuple[int, Decimal]]:
    """(invoice id, amount) for each invoice that gets something of `amount`: all that is due, the oldest first.

    Nothing is saved. The rest, if one, stays with the payment.
    """
    left, proposed = max(amount, ZERO), []
    for due in sorted(dues, key=lambda due: (due.due_date, due.invoice_id)):
        part = min(left, due.balance)
        if part > 0:
            proposed.append((due.invoice_id, part))
            left -= part
    return proposed
