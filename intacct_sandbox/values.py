"""How values look on the wire: Intacct's dates, stamps, amounts and booleans, and back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.sax.saxutils import escape

CENT = Decimal("0.01")
ZERO = Decimal("0")
LARGEST_AMOUNT = Decimal(10) ** 14
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})$")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})$")
_AMOUNT = re.compile(r"-?(\d+(\.\d*)?|\.\d+)$")
# What XML 1.0 cannot carry; a value that holds it would make the whole reply unreadable.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def cents(amount: Decimal) -> Decimal:
    """Round half up to two places, as the ledger does."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def parse_amount(text: str) -> Decimal:
    """A plain decimal number; ValueError for anything else (no exponent, no separators)."""
    text = text.strip()
    if not _AMOUNT.match(text):
        raise ValueError(f"not an amount: {text!r}")
    amount = Decimal(text)
    if abs(amount) >= LARGEST_AMOUNT:
        raise ValueError(f"amount too large: {text!r}")
    return amount


def parse_date(text: str) -> date:
    """`MM/DD/YYYY`, leading zeros optional; ISO dates are tolerated. ValueError otherwise."""
    text = text.strip()
    if found := _DATE.match(text):
        return date(int(found[3]), int(found[1]), int(found[2]))
    if found := _ISO_DATE.match(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError(f"not a date: {text!r}")


def parse_stamp(text: str, offset: timedelta) -> datetime:
    """`MM/DD/YYYY[ HH:MM:SS]` in the user's offset, as an aware UTC moment."""
    day, _, clock = text.strip().replace("T", " ").partition(" ")
    moment = datetime.combine(parse_date(day), datetime.min.time())
    if clock:
        hours = clock.strip().rstrip("Z").split(":")
        numbers = [int(part.split(".")[0]) for part in hours] + [0, 0]
        moment += timedelta(hours=numbers[0], minutes=numbers[1], seconds=numbers[2])
    try:
        return (moment - offset).replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"not a moment: {text!r}") from None


def parse_offset(text: str) -> timedelta:
    """`+09:30` or `-07:00` as a time span."""
    sign = -1 if text.startswith("-") else 1
    hours, _, minutes = text.lstrip("+-").partition(":")
    return sign * timedelta(hours=int(hours), minutes=int(minutes or 0))


def format_date(day: date) -> str:
    """`MM/DD/YYYY`."""
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def format_stamp(moment: datetime, offset: timedelta) -> str:
    """`MM/DD/YYYY HH:MM:SS` in the user's offset."""
    local = moment.astimezone(timezone(offset))
    return f"{local.month:02}/{local.day:02}/{local.year:04} {local.hour:02}:{local.minute:02}:{local.second:02}"


def format_amount(amount: Decimal) -> str:
    """Plain digits, trailing zeros cut: `850`, `20399.09`."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def truth(text: str | None) -> bool:
    """`true`, `T`, `1`, `yes` in any case."""
    return (text or "").strip().lower() in {"true", "t", "1", "yes"}


def xml_text(value: Any) -> str:
    """Escape for an element's text, leaving out what XML cannot hold."""
    return escape(_UNPRINTABLE.sub("", str(value)))
