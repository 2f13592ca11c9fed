"""Exact money: an amount never travels without its currency, and is never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# ISO 4217 minor units that differ from two. Three-place currencies fit our four-place columns.
_PLACES = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip

ZERO = Decimal(0)


def places(currency: str) -> int:
    """Decimal places of a currency's smallest unit (ISO 4217); 2 for currencies not listed."""
    return _PLACES.get(currency.upper(), 2)


def round_amount(value: Decimal, currency: str) -> Decimal:
    """`value` rounded half up to the currency's places: the one rounding rule of the portal."""
    return value.quantize(Decimal(1).scaleb(-places(currency)), rounding=ROUND_HALF_UP)


def is_exact(value: Decimal, currency: str) -> bool:
    """Whether `value` has no more decimals than the currency's smallest unit."""
    return value.is_finite() and value == round_amount(value, currency)


def parse_decimal(text: str) -> Decimal:
    """A finite Decimal from what a person or a document wrote.

    Raises ValueError for anything that is no plain number (words, NaN, infinity, thousands separators).
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not value.is_finite():
        raise ValueError("not a number")
    return value


@dataclass(frozen=True, order=False)
class Money:
    """An exact amount in one currency (ISO code, upper case). Arithmetic across currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("an amount is a Decimal, never a float")
        if not self.amount.is_finite():
            raise ValueError("an amount is a finite number")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def rounded(self) -> Money:
        """This amount in whole smallest units, half up."""
        return Money(round_amount(self.amount, self.currency), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added or compared")
        return other.amount
