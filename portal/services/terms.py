"""Payment terms, as far as they say when an invoice is due."""

from __future__ import annotations

import datetime as dt
import re

KNOWN = ("Due on receipt", "NET 7", "NET 14", "NET 15", "NET 30", "NET 45", "NET 60", "NET 90")
"""What a form suggests; any other words may be written."""

_NET = re.compile(r"\bnet[\s-]*(\d{1,3})(?:\s*days)?\b", re.IGNORECASE)
_DAYS = re.compile(r"(\d{1,3})\s*days?(?:\s+net)?", re.IGNORECASE)
_END_OF_MONTH = re.compile(r"\b(?:eom|end of (?:the )?month)\b", re.IGNORECASE)


def due_date(date: dt.date, terms: str) -> dt.date:
    """When an invoice of `date` is due: "NET 30" and "30 days" are 30 days later, "EOM" the last day of the month
    that this lies in; "Due on receipt" and unknown words mean the same day."""
    net = _NET.search(terms) or _DAYS.fullmatch(terms.strip())
    due = date + dt.timedelta(days=int(net.group(1))) if net else date
    if not _END_OF_MONTH.search(terms):
        return due
    next_month = due.replace(day=28) + dt.timedelta(days=4)
    return next_month.replace(day=1) - dt.timedelta(days=1)
