"""Intacct's texts for amounts, dates and stamps, read and written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-]?)(\d{1,2})(?::?(\d{2}))?")
_DATE_FORMS = ("%m/%d/%Y", "%Y-%m-%d")
_TIME_FORMS = ("%H:%M:%S", "%H:%M")
MIDNIGHT = "00:00:00"
_CLOCK = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
"""The form in which nearly all times come; `strptime`, which reads the others, is slow."""


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
    return _date(text.strip())


def parse_stamp(text: str, offset: timedelta = timedelta(0)) -> datetime | None:
    """The moment, in UTC, that a stamp in the user's `offset` names; "" is None, a bare date its midnight.

    Raises `ValueError` for anything else.
    """
    if not text.strip():
        return None
    day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
    return datetime.combine(_date(day), _clock(clock.strip() or MIDNIGHT), tzinfo=UTC) - offset


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


@lru_cache(maxsize=4096)
def _date(text: str) -> date:
    """A list names the same few days again and again, and `strptime` is slow."""
    return _by_forms(text, _DATE_FORMS).date()


def _clock(text: str) -> time:
    return time.fromisoformat(text) if _CLOCK.fullmatch(text) else _by_forms(text, _TIME_FORMS).time()


def _by_forms(text: str, forms: tuple[str, ...]) -> datetime:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date or time as Intacct writes it")
