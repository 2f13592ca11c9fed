"""Taking back what is in Intacct."""

from __future__ import annotations

import datetime as dt

from portal.intacct import functions
from portal.sync.mapping.records import Built
from portal.sync.mapping.references import stamp


def build_reverse(kind: str, key: str, day: dt.date, ref: str, seq: int, number: str) -> Built:
    """`reverse_invoice` or `reverse_arpayment`."""
    make = functions.reverse_invoice if kind == "invoice" else functions.reverse_payment
    text = stamp(f"Reversed: {number}", ref, seq)
    return Built(make(key, day, text), {"key": key, "number": number})
