"""Intacct's texts for amounts, dates and stamps, read and written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-]?)(\d{1,2})(?::?(\d{2}))?")
_DATE_FORMS = ("%m/%d/%Y", "%Y-%m-%d")
_TIME_FORMS = ("%H:%M:%S", "%H:%M")
MIDNIGHT = "00:00:00"


def parse_amount(text: str) -> Decimal:
    """An exact amount; "" is 0, as a null amount means none. Raises `ValueError` for anything else."""
    if not text.strip():
        return Decimal(0)
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    return amount


def parse_date(text: str) -> date | None:
    """A date from MM/DD/YYYY (or the older YYYY-MM-DD); "" is None. Raises `ValueError` for anything else."""
    if not text.strip():
        return None
    return _by_forms(text.strip(), _DATE_FORMS).date()


def parse_stamp(text: str, offset: timedelta = timedelta(0)) -> datetime | None:
    """The moment, in UTC, that a stamp in the user's `offset` names; "" is None, a bare date its midnight.

    Raises `ValueError` for anything else.
    """
    if not text.strip():
        return None
    day, _, time = text.strip().replace("T", " ", 1).partition(" ")
    clock = _by_forms(time.strip() or MIDNIGHT, _TIME_FORMS).time()
    local = datetime.combine(_by_forms(day, _DATE_FORMS).date(), clock, tzinfo=UTC)
    return local - offset


def format_stamp(moment: datetime, offset: timedelta = timedelta(0)) -> str:
    """`moment` (aware) as `MM/DD/YYYY HH:MM:SS` in the user's offset; parts of a second are cut."""
    if moment.tzinfo is None:
        raise TypeError("a moment needs its zone")
    local = moment.astimezone(UTC) + offset
    return f"{local.month:02d}/{local.day:02d}/{local.year:04d} {local.hour:02d}:{local.minute:02d}:{local.second:02d}"


def parse_offset(text: str) -> timedelta:
    """`+09:30`, `-07:00`, `0` or "" (GMT) as a time difference. Raises `ValueError` for anything else."""
    match = _OFFSET.fullmatch(text.strip() or "0")
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        raise ValueError(f"{text!r} is not an offset from GMT")
    difference = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -difference if match[1] == "-" else difference


def _by_forms(text: str, forms: tuple[str, ...]) -> datetime:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date or time as Intacct writes it")
