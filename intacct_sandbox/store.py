"""The records of the company, in memory: by object and key, with indexes, a journal and change sets.

A record is a dict that is never changed in place: `change` puts a new one in its stead, so that a snapshot is
a copy of the tables only and a roll-back puts the old ones back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from .values import ZERO

Key = int | str
Record = dict[str, Any]
MISSING: Record = {}

# Fields that are looked up by value often enough to be worth an index.
INDEXED: dict[str, tuple[str, ...]] = {
    "CUSTOMER": ("CUSTOMERID", "NAME"),
    "CONTACT": ("CONTACTNAME",),
    "ARINVOICE": ("RECORDID", "CUSTOMERID"),
    "ARINVOICEITEM": ("RECORDKEY",),
    "ARADJUSTMENT": ("RECORDID", "CUSTOMERID"),
    "ARADJUSTMENTITEM": ("RECORDKEY",),
    "ARPYMT": ("CUSTOMERID", "DOCNUMBER", "PARENTPAYMENTKEY", "RECORDID"),
    "ARPYMTDETAIL": (
        "RECORDKEY",
        "PARENTPAYMENTKEY",
        "PAYMENTKEY",
        "OVERPAYMENTKEY",
        "ADJUSTMENTKEY",
        "NEGATIVEINVOICEKEY",
        "ADVANCEKEY",
    ),
    "ARADVANCE": ("CUSTOMERID",),
    "ARADVANCEITEM": ("RECORDKEY",),
    "GLACCOUNT": ("ACCOUNTNO",),
    "ARACCOUNTLABEL": ("ACCOUNTLABEL",),
    "LOCATION": ("LOCATIONID",),
    "LOCATIONENTITY": ("LOCATIONID",),
    "DEPARTMENT": ("DEPARTMENTID",),
    "CHECKINGACCOUNT": ("BANKACCOUNTID",),
    "ARTERM": ("NAME",),
    "AUDITHISTORY": ("OBJECTKEY",),
    "SODOCUMENTPARAMS": ("DOCID",),
    "SODOCUMENT": ("DOCID", "CUSTVENDID", "PRRECORDKEY", "DOCPARID"),
    "SODOCUMENTENTRY": ("DOCHDRNO",),
    "SODOCUMENTSUBTOTALS": ("DOCHDRNO",),
    "ITEM": ("ITEMID",),
    "PROJECT": ("PROJECTID",),
    "CLASS": ("CLASSID",),
    "USERINFO": ("LOGINID",),
}
# Stamps by which clients ask for what changed: kept in order, so that a small window is found at once.
STAMPED = ("WHENMODIFIED", "AUWHENCREATED", "WHENCREATED", "ACCESSTIME")


class Table:
    """All records of one object; `order` holds the keys ascending (keys of removed rows may linger)."""

    def __init__(self, name: str, rows: dict[Key, Record] | None = None) -> None:
        self.name = name
        self.rows: dict[Key, Record] = {}
        self.order: list[Any] = []
        self.indexes: dict[str, dict[Any, dict[Key, None]]] = {field: {} for field in INDEXED.get(name, ())}
        self.stamps: dict[str, list[tuple[datetime, Any]]] = {}
        for key in sorted(rows or {}, key=str if name.startswith("_") else int):
            self.put(key, (rows or {})[key])

    def put(self, key: Key, record: Record) -> None:
        """Add or replace a row, keeping order, indexes and stamps."""
        before = self.rows.get(key, MISSING)
        self.rows[key] = record
        if before is MISSING and (not self.order or self.order[-1] < key):
            self.order.append(key)
        elif before is MISSING and not self._ordered(key):
            insort(self.order, key)
        for field, index in self.indexes.items():
            self._reindex(index, key, before.get(field), record.get(field))
        for field in STAMPED:
            stamp = record.get(field)
            if isinstance(stamp, datetime) and stamp != before.get(field):
                self._log(field, stamp, key)

    def _ordered(self, key: Any) -> bool:
        place = bisect_left(self.order, key)
        return place < len(self.order) and bool(self.order[place] == key)

    @staticmethod
    def _reindex(index: dict[Any, dict[Key, None]], key: Key, old: Any, new: Any) -> None:
        if old == new:
            if new is not None:
                index.setdefault(new, {})[key] = None
            return
        if old is not None and old in index:
            index[old].pop(key, None)
        if new is not None:
            index.setdefault(new, {})[key] = None

    def _log(self, field: str, stamp: datetime, key: Key) -> None:
        log = self.stamps.setdefault(field, [])
        if log and log[-1][0] > stamp:
            insort(log, (stamp, key))
        else:
            log.append((stamp, key))

    def remove(self, key: Key) -> None:
        """Drop a row; its key stays in `order` until the next look finds it gone."""
        record = self.rows.pop(key)
        for field, index in self.indexes.items():
            if record.get(field) is not None:
                index.get(record[field], {}).pop(key, None)

    def ordered(self, above: int | None = None) -> list[Any]:
        """Keys ascending, only those greater than `above` if given."""
        if len(self.order) > len(self.rows):
            self.order = [key for key in self.order if key in self.rows]
        return self.order if above is None else self.order[bisect_right(self.order, above) :]

    def since(self, field: str, moment: datetime) -> set[Any]:
        """Keys whose stamp may be `moment` or later (a superset: the caller looks at the row again)."""
        log = self.stamps.get(field, [])
        start = bisect_left(log, moment, key=lambda item: item[0])
        return {key for _, key in log[start:]}


class Store:
    """The tables, one counter per sequence, and what the work in hand has changed."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.counters: dict[str, int] = {}
        self.dirty: set[tuple[str, Key]] = set()
        self.version = 0
        self._journal: list[tuple[str, Key, Record]] | None = None

    def table(self, name: str) -> Table:
        """The table of an object, made on first use."""
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = Table(name)
        return found

    def next_number(self, sequence: str) -> int:
        """The next number of a sequence; numbers are never given twice, not even after a roll-back."""
        self.counters[sequence] = self.counters.get(sequence, 0) + 1
        return self.counters[sequence]

    def get(self, name: str, key: Key) -> Record | None:
        """A row by its key, or None."""
        return self.table(name).rows.get(key)

    def put(self, name: str, key: Key, record: Record) -> Record:
        """Add or replace a row."""
        table = self.table(name)
        if self._journal is not None:
            self._journal.append((name, key, table.rows.get(key, MISSING)))
        table.put(key, record)
        self._touched(name, key)
        return record

    def change(self, name: str, key: Key, **changes: Any) -> Record:
        """Put a changed copy of a row in its stead."""
        return self.put(name, key, {**self.table(name).rows[key], **changes})

    def remove(self, name: str, key: Key) -> None:
        """Drop a row."""
        table = self.table(name)
        if self._journal is not None:
            self._journal.append((name, key, table.rows[key]))
        table.remove(key)
        self._touched(name, key)

    def _touched(self, name: str, key: Key) -> None:
        """Note a change; `version` counts those of records that can be read (sessions and the like are not)."""
        self.dirty.add((name, key))
        if not name.startswith("_"):
            self.version += 1

    def where(self, name: str, field: str, value: Any) -> list[Record]:
        """Rows whose `field` equals `value`, by index (or by a walk where there is none), oldest first."""
        table = self.table(name)
        index = table.indexes.get(field)
        if index is None:
            return [row for row in table.rows.values() if row.get(field) == value]
        return [table.rows[key] for key in index.get(value, {})]

    def one(self, name: str, field: str, value: Any) -> Record | None:
        """The first row whose `field` equals `value`, or None."""
        return next(iter(self.where(name, field, value)), None)

    def rows(self, name: str) -> Iterator[Record]:
        """All rows by ascending key."""
        table = self.table(name)
        return (table.rows[key] for key in table.ordered())

    def begin(self) -> None:
        """Start noting what changes, so that `rollback` can undo it."""
        self._journal = []

    def commit(self) -> None:
        """Keep what was changed since `begin`."""
        self._journal = None

    def mark(self) -> int:
        """A point to roll back to within the work in hand."""
        return len(self._journal or ())

    def rollback(self, mark: int = 0) -> None:
        """Undo what was changed since `mark`, newest first; the work in hand goes on."""
        journal = self._journal or []
        undone, self._journal = journal[mark:], None
        self.version += 1
        for name, key, before in reversed(undone):
            table = self.table(name)
            if before is not MISSING:
                table.put(key, before)
            elif key in table.rows:
                table.remove(key)
        self._journal = journal[:mark]

    def copy(self) -> dict[str, dict[Key, Record]]:
        """All tables as plain dicts; the records themselves are shared."""
        return {name: dict(table.rows) for name, table in self.tables.items() if table.rows}

    def load(self, tables: dict[str, dict[Key, Record]], counters: dict[str, int]) -> None:
        """Replace everything."""
        self.tables = {name: Table(name, rows) for name, rows in tables.items()}
        self.counters = dict(counters)
        self.version += 1
        self.dirty = set()
        self._journal = None


def total(rows: Iterable[Record], field: str) -> Any:
    """The sum of a money field, nulls counted as nothing."""
    return sum((row.get(field) or ZERO for row in rows), ZERO)
