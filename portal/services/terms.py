"""Payment terms, as far as they say when an invoice is due."""

from __future__ import annotations

import datetime as dt
import re

_NET = re.compile(r"\bnet\s*(\d{1,3})\b", re.IGNORECASE)


def due_date(date: dt.date, terms: str) -> dt.date:
    """When an invoice of `date` is due: "NET 30" is 30 days later; "Due on receipt" and unknown words the same day."""
    net = _NET.search(terms)
    return date + dt.timedelta(days=int(net.group(1))) if net else date
