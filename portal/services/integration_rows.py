"""Settings that are lists: names of document types, rules for deposits, custom fields; each row read and refused alone.

A fault of a row names its place, `payment_rules.0.deposit_to`, so that a page can show it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.errors import InvalidInput
from portal.models.payment import PaymentMethod

BANK, UNDEPOSITED = "bank:", "undeposited:"
MOST_ROWS = 100
LONGEST_NAME = 200
ANY = ("", "*", "any")

METHODS: Mapping[str, str] = {
    PaymentMethod.ACH: "ACH",
    PaymentMethod.CASH: "Cash",
    PaymentMethod.CHECK: "Check",
    PaymentMethod.CREDIT_CARD: "Credit card",
    PaymentMethod.WIRE: "Wire",
    PaymentMethod.OTHER: "Other",
}
"""The methods of payments by our word for them."""

OBJECTS: Mapping[str, str] = {
    "CUSTOMER": "Customer",
    "ARINVOICE": "AR invoice",
    "ARINVOICEITEM": "AR invoice line",
    "SODOCUMENT": "Order Entry document",
    "SODOCUMENTENTRY": "Order Entry line",
    "ARPYMT": "Payment",
    "ARADJUSTMENT": "AR adjustment",
}
"""The objects whose custom fields are read, as Intacct calls them."""

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_FIELD = re.compile(r"[A-Z][A-Z0-9_]{0,39}(\.[A-Z][A-Z0-9_]{0,39})?", re.ASCII)
_METADATA_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class PaymentRule:
    """Where payments of a method and in a currency go; "" stands for any of them."""

    method: str
    currency: str
    deposit_to: str

    def fits(self, method: str, currency: str) -> bool:
        """Whether a payment of this method and currency falls under the rule."""
        return self.method in ("", method) and self.currency in ("", currency)

    @property
    def weight(self) -> tuple[bool, bool]:
        """How closely the rule says what it is for. A currency weighs more than a method: a bank account takes its own
        currency only."""
        return bool(self.currency), bool(self.method)


@dataclass(frozen=True)
class CustomField:
    """A field of an Intacct object, and the metadata key under which its value is kept here."""

    object: str
    field: str
    metadata_key: str


@dataclass(frozen=True)
class Deposit:
    """Where money goes: a bank account by its ID, or a GL account for undeposited funds; neither when none is set."""

    bank: str = ""
    undeposited: str = ""

    @classmethod
    def of(cls, text: str) -> Deposit:
        """From a setting's `bank:ID` or `undeposited:GLACCOUNT`."""
        if text.startswith(BANK):
            return cls(bank=text.removeprefix(BANK))
        return cls(undeposited=text.removeprefix(UNDEPOSITED)) if text.startswith(UNDEPOSITED) else cls()


def best_deposit(rules: Iterable[PaymentRule], method: str, currency: str, otherwise: str) -> Deposit:
    """Where a payment goes: by the closest rule that fits, else `otherwise`."""
    fitting = [rule for rule in rules if rule.fits(method, currency)]
    return Deposit.of(max(fitting, key=lambda rule: rule.weight).deposit_to if fitting else otherwise)


def read_names(key: str, label: str, value: Any, listed: Callable[[str], str]) -> list[str]:
    """Names, each once, as Intacct writes them (`listed` looks one up). A text is one name. Raises InvalidInput."""
    given = [value] if isinstance(value, str) and value.strip() else value or []
    names: dict[str, str] = {}
    for index, name in enumerate(_rows(key, label, given, '["Sales Invoice"]')):
        if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME or not name.strip().isprintable():
            raise _bad(f"{label}: name {index + 1} is no text of at most {LONGEST_NAME} characters.", key)
        found = listed(name.strip())
        names.setdefault(found.casefold(), found)
    return list(names.values())


def read_rules(key: str, label: str, value: Any, deposit: Callable[[Any, str], str]) -> list[dict[str, str]]:
    """Rules for deposits (`deposit` reads an account, told the field it is at). Raises InvalidInput with every
    fault."""
    example = '[{"method": "check", "currency": "usd", "deposit_to": "bank:ID"}]'
    read = _read_rows(
        key, label, value, example, {"method": _method, "currency": _currency, "deposit_to": deposit}, ("deposit_to",)
    )
    _refuse_twice(key, read, ("method", "currency"), "is for the same method and currency as an earlier one")
    return read


def read_custom_fields(key: str, label: str, value: Any) -> list[dict[str, str]]:
    """Custom fields to be read. Raises InvalidInput with every fault."""
    example = '[{"object": "ARINVOICE", "field": "CONTRACT_NO", "metadata_key": "contract"}]'
    readers = {"object": _object, "field": _field, "metadata_key": _metadata_key}
    read = _read_rows(key, label, value, example, readers, tuple(readers))
    _refuse_twice(key, read, ("object", "metadata_key"), "fills a metadata key that an earlier one fills already")
    return read


def _read_rows(
    key: str, label: str, value: Any, example: str, readers: Mapping[str, Callable[[Any, str], str]],
    needed: Sequence[str],
) -> list[dict[str, str]]:  # fmt: skip
    faults: list[InvalidInput] = []
    read = []
    for index, row in enumerate(_rows(key, label, value or [], example)):
        values: dict[str, str] = {}
        for fault in _unknown_parts(row, readers, f"{key}.{index}", example):
            faults.append(fault)
        for part, reader in readers.items() if isinstance(row, Mapping) else ():
            field = f"{key}.{index}.{part}"
            given = row.get(part)
            try:
                if part in needed and (given is None or given == ""):
                    raise _bad(f"Row {index + 1} needs {part.replace('_', ' ')}.", field)
                values[part] = reader(given, field)
            except InvalidInput as error:
                faults.append(error)
        read.append(values)
    if faults:
        first, *more = faults
        raise InvalidInput(first.message, field=first.field, code=first.code, more=tuple(more))
    return read


def _rows(key: str, label: str, value: Any, example: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _bad(f"{label} is a list. Write it as JSON, such as {example}.", key)
    if len(value) > MOST_ROWS:
        raise _bad(f"{label} takes at most {MOST_ROWS} rows; these are {len(value)}.", key)
    return value


def _unknown_parts(row: Any, readers: Mapping[str, Any], field: str, example: str) -> list[InvalidInput]:
    if not isinstance(row, Mapping):
        return [_bad(f"A row is an object, such as {example[1:-1]}.", field)]
    return [
        _bad(f"There is no {part} in a row; it has {', '.join(readers)}.", f"{field}.{part}")
        for part in row
        if part not in readers
    ]


def _refuse_twice(key: str, read: Sequence[Mapping[str, str]], parts: Sequence[str], words: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, row in enumerate(read):
        same = tuple(row[part].casefold() for part in parts)
        if same in seen:
            raise _bad(f"Row {index + 1} {words}. Keep one of them.", f"{key}.{index}.{parts[-1]}")
        seen.add(same)


def _method(value: Any, field: str) -> str:
    text = _word(value, field).lower()
    if text in ANY:
        return ""
    if text not in METHODS:
        raise _bad(f"{value} is no payment method. It is one of {', '.join(METHODS)}, or empty for any.", field)
    return text


def _currency(value: Any, field: str) -> str:
    text = _word(value, field)
    if text.lower() in ANY:
        return ""
    if not _CURRENCY.fullmatch(text.upper()):
        raise _bad(f"{value} is no currency. Write its three letters, such as USD, or leave it empty for any.", field)
    return text.upper()


def _object(value: Any, field: str) -> str:
    text = _word(value, field).upper()
    if text not in OBJECTS:
        raise _bad(f"Fields of {value} are not read. Choose one of {', '.join(OBJECTS)}.", field)
    return text


def _field(value: Any, field: str) -> str:
    text = _word(value, field).upper()
    if not _FIELD.fullmatch(text):
        raise _bad(
            f"{value} is no field's name. Write its integration name as Intacct shows it, such as CONTRACT_NO.", field
        )
    return text


def _metadata_key(value: Any, field: str) -> str:
    text = _word(value, field)
    if not _METADATA_KEY.fullmatch(text):
        raise _bad("A metadata key has 1 to 40 letters, digits, dots, dashes and underscores.", field)
    return text


def _word(value: Any, field: str) -> str:
    if value is not None and not isinstance(value, str):
        raise _bad("This is text.", field)
    return (value or "").strip()


def _bad(message: str, field: str) -> InvalidInput:
    return InvalidInput(f"{message} Nothing was saved.", field=field)
