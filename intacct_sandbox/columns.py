"""Columns: how a field name, plain or dotted, is found in a record and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from . import model
from .model import ENUMS, ObjectType, Record
from .objects import ALWAYS_NULL, OBJECTS
from .store import Store

Getter = Callable[[Record], Any]


@dataclass(frozen=True)
class Column:
    """A field ready for use: `own` is its plain name if it is the object's own field, else empty."""

    name: str
    kind: str
    own: str
    value: Getter
    compared: Getter
    show: Callable[[Record], str]


class Columns:
    """Finds the columns of objects for one user: offset and today's date shape what is shown."""

    def __init__(self, store: Store, offset: timedelta, today: date, custom: dict[str, list[str]]) -> None:
        self._store = store
        self._offset = offset
        self._today = today
        self._custom = custom

    def find(self, name: str, asked: str, stored: bool = False) -> Column | None:
        """The column for a field name in any case, or None when the object has no such field.

        `stored`: comparisons look at the stored code (readByQuery) instead of the shown text (query).
        """
        path = asked.strip().upper()
        kind = OBJECTS[name]
        field = kind.fields.get(path)
        if field is None and (path in self._custom.get(name, ()) or path in ALWAYS_NULL.get(name, ())):
            field = model.Field(path)
        if field is not None:
            value = self._own(kind, field.name)
            other = field.stored if stored and field.stored else field.name
            compared = value if other == field.name else self._own(kind, other)
            own = field.name if other == field.name and field.name != "DUE_IN_DAYS" else ""
            return self._column(path, field.kind, own, value, compared)
        return self._related(kind, path, stored)

    def _related(self, kind: ObjectType, path: str, stored: bool) -> Column | None:
        prefix, _, rest = path.partition(".")
        relation = kind.relations.get(prefix)
        if relation is None or not rest:
            return None
        inner = self.find(relation.target, rest, stored)
        if inner is None:
            return None
        table, key = self._store.table(relation.target), relation.key

        def through(get: Getter) -> Getter:
            def value(row: Record) -> Any:
                target = table.rows.get(row[key]) if row.get(key) is not None else None
                return None if target is None else get(target)

            return value

        return self._column(path, inner.kind, "", through(inner.value), through(inner.compared))

    def _own(self, kind: ObjectType, field: str) -> Getter:
        if field == "DUE_IN_DAYS":
            return lambda row: (row["WHENDUE"] - self._today).days if row.get("WHENDUE") else None
        return lambda row: row.get(field)

    def _column(self, name: str, kind: str, own: str, value: Getter, compared: Getter) -> Column:
        offset = self._offset
        if kind in ("text", "int"):

            def show(row: Record) -> str:
                found = value(row)
                return "" if found is None else str(found)
        else:

            def show(row: Record) -> str:
                return model.show(kind, value(row), offset)

        return Column(name, kind, own, value, compared, show)

    def parse(self, column: Column, text: str, stored: bool) -> Any:
        """A filter's text as a value to compare with the column. ValueError when it is none."""
        if column.kind in ENUMS:
            return text.strip() if stored else model.stored_code(column.kind, text)
        return model.parse(column.kind, text, self._offset)

    def all_names(self, name: str, groups: bool) -> list[str]:
        """All field names of an object, in order; with `groups`, the unfolded relations too."""
        kind = OBJECTS[name]
        names = [*kind.fields, *self._custom.get(name, ())]
        if groups:
            for group in kind.groups:
                target = OBJECTS[kind.relations[group].target]
                names += [f"{group}.{field}" for field in target.fields if _in_group(field)]
        return names


_AUDIT = {"RECORDNO", "WHENCREATED", "WHENMODIFIED", "CREATEDBY", "MODIFIEDBY", "RECORD_URL"}


def _in_group(field: str) -> bool:
    return field not in _AUDIT and not field.startswith("MEGAENTITY")
