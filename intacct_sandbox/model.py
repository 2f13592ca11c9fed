"""What an object looks like: its fields with their kinds, its relations, and its owned lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import values

Record = dict[str, Any]

ENUMS: dict[str, dict[str, str]] = {
    "status": {"T": "active", "F": "inactive"},
    "usertype": {"B": "business user"},
    "accounttype": {"B": "balancesheet", "I": "incomestatement"},
    "balance": {"1": "debit", "-1": "credit"},
    "orderstate": {
        "S": "Submitted",
        "A": "Approved",
        "X": "Partially Approved",
        "R": "Declined",
        "I": "Draft",
        "O": "Pending",
        "D": "Closed",
        "G": "In Progress",
        "C": "Converted",
        "P": "Partially Converted",
    },
}


@dataclass(frozen=True)
class Field:
    """One field: `kind` is text, int, money, date, stamp, bool, flag or the name of an enumeration.

    `stored` names the field that readByQuery compares instead, where the shown text is not what is kept.
    """

    name: str
    kind: str = "text"
    stored: str = ""


@dataclass(frozen=True)
class Relation:
    """A many-to-one path: the field that holds the other record's key, and the other object."""

    key: str
    target: str


@dataclass(frozen=True)
class Lines:
    """Owned lines that `read` shows: group element, line element, object, and its key to the header."""

    group: str
    element: str
    target: str
    key: str


@dataclass(frozen=True)
class ObjectType:
    """An object: `id_field` is what readByName takes; `groups` are the relations that `*` unfolds."""

    name: str
    id_field: str
    fields: dict[str, Field]
    relations: dict[str, Relation]
    groups: tuple[str, ...] = ()
    lines: tuple[Lines, ...] = ()
    title: str = ""


KINDS = {"": "text", "i": "int", "m": "money", "d": "date", "t": "stamp", "b": "bool", "f": "flag"}


def fields(notation: str) -> dict[str, Field]:
    """Read `NAME NAME:kind NAME:kind:STORED`, in the order in which `*` shows the fields."""
    found = {}
    for item in notation.split():
        name, _, rest = item.partition(":")
        kind, _, stored = rest.partition(":")
        found[name] = Field(name, KINDS.get(kind, kind), stored)
    return found


def relations(notation: str) -> dict[str, Relation]:
    """Read `NAME=KEYFIELD>OBJECT` items."""
    found = {}
    for item in notation.split():
        name, _, rest = item.partition("=")
        key, _, target = rest.partition(">")
        found[name] = Relation(key, target)
    return found


def described(
    name: str,
    id_field: str,
    title: str,
    notation: str,
    paths: str = "",
    groups: str = "",
    lines: tuple[Lines, ...] = (),
) -> ObjectType:
    """An object from the notations of `fields` and `relations`; `groups` names the relations that `*` unfolds."""
    return ObjectType(name, id_field, fields(notation), relations(paths), tuple(groups.split()), lines, title)


def show(kind: str, value: Any, offset: timedelta) -> str:
    """The text of a value as results carry it; an empty text for null."""
    if value is None:
        return ""
    if kind in ENUMS:
        return ENUMS[kind].get(str(value), str(value))
    if kind == "money":
        return values.format_amount(value)
    if kind == "date":
        return values.format_date(value)
    if kind == "stamp":
        return values.format_stamp(value, offset)
    if kind in ("bool", "flag"):
        yes, no = ("true", "false") if kind == "bool" else ("T", "F")
        return yes if value else no
    return str(value)


def parse(kind: str, text: str, offset: timedelta) -> Any:
    """A filter's or a body's text as the value that is kept. ValueError when it is none of that kind."""
    if kind == "int":
        return int(text.strip())
    if kind == "money":
        return values.parse_amount(text)
    if kind == "date":
        return values.parse_date(text.split(" ")[0])
    if kind == "stamp":
        return values.parse_stamp(text, offset)
    if kind in ("bool", "flag"):
        return values.truth(text)
    return text


def stored_code(kind: str, text: str) -> str:
    """The stored code of an enumeration's display text (a stored code stays as it is)."""
    for code, display in ENUMS[kind].items():
        if display.lower() == text.strip().lower():
            return code
    return text.strip()
