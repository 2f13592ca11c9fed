"""How values are written: text that XML can carry, plain decimals, Intacct's dates."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

# Control characters other than tab, line feed and carriage return, halves of surrogate pairs, and non-characters:
# most cannot stand in XML at all, and none belongs in a book.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


LONGEST_KEY = 18
"""Digits that a 64-bit number surely holds."""


def checked(field: str, text: str) -> str:
    """`text` itself. Raises `ValueError`, naming `field`, when it holds a character that cannot be sent."""
    match = _FORBIDDEN.search(text)
    if match is not None:
        raise ValueError(f"{field} holds a control character (U+{ord(match[0]):04X}), which Intacct cannot take")
    return text


def is_key(text: str) -> bool:
    """Whether this can be a record number: digits, and not more than a database keeps."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY


def optional(field: str, text: str) -> str | None:
    """`text`, or None (not sent) when it is empty."""
    return checked(field, text) or None


def required(field: str, text: str) -> str:
    """`text`. Raises `ValueError` when it is empty or cannot be sent."""
    if not text.strip():
        raise ValueError(f"{field} is missing")
    return checked(field, text)


def plain_amount(field: str, amount: Decimal) -> str:
    """An exact amount without exponent or separators, with cents: `1E+2` is `100.00`, `1.2340` is `1.234`."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"{field} must be a Decimal")
    if not amount.is_finite():
        raise ValueError(f"{field} is not an amount")
    text = format(amount, "f")
    whole, _, places = text.partition(".")
    text = f"{whole}.{places.rstrip('0').ljust(2, '0')}"
    return text.removeprefix("-") if amount == 0 else text


def slashed_date(field: str, day: date) -> str:
    """MM/DD/YYYY, for objects and filters."""
    _check_date(field, day)
    return f"{day.month:02d}/{day.day:02d}/{day.year:04d}"


def split_date(field: str, day: date) -> dict[str, str]:
    """year, month, day apart, for the legacy functions."""
    _check_date(field, day)
    return {"year": f"{day.year:04d}", "month": f"{day.month:02d}", "day": f"{day.day:02d}"}


def _check_date(field: str, day: date) -> None:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"{field} must be a date without a time")
