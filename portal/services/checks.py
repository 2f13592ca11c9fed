"""Checks of what people and programs put in. All faults of one input are found before any is reported."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.errors import InvalidInput
from portal.money import ZERO, is_exact, places, round_amount

# Characters at most, by field. They keep what Intacct keeps (a number there has 45, a name 100), with room in texts.
LIMITS = {
    "name": 100,
    "customer number": 100,
    "number": 45,
    "email": 200,
    "phone": 30,
    "address1": 100,
    "address2": 100,
    "city": 80,
    "state": 40,
    "postal_code": 30,
    "country": 60,
    "payment_terms": 60,
    "purchase_order": 60,
    "reference": 200,
    "description": 1000,
    "account": 60,
    "location": 60,
    "department": 60,
    "reason": 500,
    "metadata key": 100,
    "metadata value": 1000,
}
MAX_AMOUNT = Decimal(10) ** 12
MAX_QUANTITY = Decimal(10) ** 9
QUANTITY_PLACES = 6
MAX_LINES = 1000
MAX_METADATA_KEYS = 100
FIRST_DATE = dt.date(2000, 1, 1)
LAST_DATE = dt.date(2100, 12, 31)
_CURRENCY = re.compile(r"[A-Z]{3}")
_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+")


class Faults:
    """Collects what is wrong with one input. Each check answers the cleaned value, of use only when `end` passes."""

    def __init__(self) -> None:
        self.found: list[InvalidInput] = []

    def add(self, field: str, message: str, code: str = "") -> None:
        """Note one fault at `field`."""
        self.found.append(InvalidInput(message, field=field, code=code))

    def end(self) -> None:
        """Raise InvalidInput with every fault found, the first one in front; do nothing when there is none."""
        if self.found:
            first, *more = self.found
            raise InvalidInput(first.message, field=first.field, code=first.code, more=tuple(more))

    def text(
        self, field: str, label: str, value: str, *, limit: str = "", required: bool = False, lines: bool = False
    ) -> str:
        """Text without outer white space. `limit` names an entry of LIMITS (default: the field's own name)."""
        text = value.replace("\r\n", "\n").strip(" \t\n\r")
        longest = LIMITS[limit or field]
        if required and not text:
            self.add(field, f"{label} is missing.", "missing")
        elif len(text) > longest:
            self.add(field, f"{label} may have at most {longest} characters; this has {len(text):,}.", "too_long")
        elif stray := _stray_character(text, lines):
            self.add(field, f"{label} holds a character that cannot be kept (U+{ord(stray):04X}). Remove it.")
        return text

    def currency(self, field: str, value: str) -> str:
        """A currency code in upper case."""
        code = value.strip().upper()
        if not _CURRENCY.fullmatch(code):
            self.add(field, "A currency is a code of three letters, such as USD.", "currency")
            return ""
        return code

    def email(self, field: str, value: str) -> str:
        """One e-mail address, or several with commas or semicolons between; empty is fine."""
        text = self.text(field, "The e-mail address", value, limit="email")
        parts = [part.strip() for part in re.split("[,;]", text) if part.strip()]
        if not all(_ADDRESS.fullmatch(part) for part in parts):
            self.add(field, "That is not an e-mail address. Write it as name@company.example.")
        return text

    def date(self, field: str, label: str, value: dt.date) -> dt.date:
        """An accounting date that is no slip of the pen."""
        if not FIRST_DATE <= value <= LAST_DATE:
            self.add(field, f"{label} must lie in the years {FIRST_DATE.year} to {LAST_DATE.year}.", "date")
        return value

    def amount(self, field: str, label: str, value: Decimal, currency: str, *, above_zero: bool = False) -> Decimal:
        """An amount of zero or more, exact in the currency's smallest unit."""
        if not self._number(field, label, value, MAX_AMOUNT):
            return ZERO
        if value < 0:
            self.add(field, f"{label} may not be negative.", "negative")
        elif above_zero and value == 0:
            self.add(field, f"{label} must be above zero.", "zero")
        elif not is_exact(value, currency):
            self.add(field, f"{label} has too many decimals: {currency} has {places(currency)}.", "decimals")
            return ZERO
        return round_amount(value, currency) + ZERO

    def signed_amount(self, field: str, label: str, value: Decimal, currency: str) -> Decimal:
        """An amount of either sign, exact in the currency's smallest unit."""
        return self.amount(field, label, abs(value), currency).copy_sign(value) + ZERO

    def quantity(self, field: str, label: str, value: Decimal, limit: Decimal) -> Decimal:
        """A number of at most six decimals, of either sign, within `limit`."""
        if not self._number(field, label, value, limit):
            return ZERO
        cleaned = value.quantize(Decimal(1).scaleb(-QUANTITY_PLACES)) + ZERO
        if cleaned != value:
            self.add(field, f"{label} may have at most {QUANTITY_PLACES} decimals.", "decimals")
        return cleaned

    def metadata(self, field: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Free fields: text, whole numbers, yes/no or nothing by key. A decimal is kept as its exact text."""
        if len(values) > MAX_METADATA_KEYS:
            self.add(field, f"At most {MAX_METADATA_KEYS} metadata fields are kept; this has {len(values):,}.")
            return {}
        return {self._metadata_key(field, key): self._metadata_value(field, item) for key, item in values.items()}

    def _metadata_key(self, field: str, key: str) -> str:
        return self.text(field, "The name of a metadata field", key, limit="metadata key", required=True)

    def _metadata_value(self, field: str, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:f}"
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if abs(value) < 2**53 else str(value)
        if isinstance(value, str):
            return self.text(field, "A metadata value", value, limit="metadata value", lines=True)
        self.add(field, "A metadata value is text, a number, true, false or null.")
        return None

    def _number(self, field: str, label: str, value: Decimal, limit: Decimal) -> bool:
        if not isinstance(value, Decimal):
            raise TypeError(f"{field} is a Decimal, not {type(value).__name__}")
        if not value.is_finite():
            self.add(field, f"{label} is not a number.", "not_a_number")
            return False
        if abs(value) > limit:
            self.add(field, f"{label} is too large: at most {limit:,}.", "too_large")
            return False
        return True


def show(amount: Decimal, currency: str) -> str:
    """An amount as sentences write it: 6,000.00 USD."""
    return f"{round_amount(amount, currency):,} {currency}"


def _stray_character(text: str, lines: bool) -> str:
    """The first control character, lone surrogate or non-character: neither XML nor PostgreSQL takes them."""
    if text.isprintable():  # nearly every text, and none of those is
        return ""
    allowed = "\n\t" if lines else ""
    for character in text:
        if character in allowed or (character.isascii() and character.isprintable()):
            continue
        if unicodedata.category(character) in ("Cc", "Cs") or ord(character) & 0xFFFE == 0xFFFE:
            return character
    return ""
