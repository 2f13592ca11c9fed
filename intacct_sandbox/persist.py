"""The state file: an SQLite database that holds every record, written before a reply leaves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from .store import Key, Record

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (object TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
                                    PRIMARY KEY (object, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$n": str(value)}
    if isinstance(value, datetime):
        return {"$t": value.isoformat()}
    if isinstance(value, date):
        return {"$d": value.isoformat()}
    raise TypeError(f"cannot keep a {type(value).__name__}")


def _decode(value: dict[str, Any]) -> Any:
    if len(value) != 1:
        return value
    ((tag, text),) = value.items()
    if tag == "$n":
        return Decimal(text)
    if tag == "$t":
        return datetime.fromisoformat(text)
    return date.fromisoformat(text) if tag == "$d" else value


def dumps(value: Any) -> str:
    """JSON that keeps decimals, dates and moments exact."""
    return json.dumps(value, default=_encode, separators=(",", ":"))


def loads(text: str) -> Any:
    """The inverse of `dumps`."""
    return json.loads(text, object_hook=_decode)


class StateFile:
    """One file; every `save` is a transaction, so a killed process leaves the last one whole."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # What a reply has promised survives the end of the process; a power cut may cost the last moments.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)

    def facts(self) -> dict[str, Any]:
        """Counters, switches and whatever else is not a record; empty for a new file."""
        rows = self._connection.execute("SELECT name, body FROM facts").fetchall()
        return {name: loads(body) for name, body in rows}

    def tables(self) -> dict[str, dict[Key, Record]]:
        """All records by object and key."""
        found: dict[str, dict[Key, Record]] = {}
        for name, key, body in self._connection.execute("SELECT object, key, body FROM records"):
            found.setdefault(name, {})[key if name.startswith("_") else int(key)] = loads(body)
        return found

    def save(self, changes: Iterable[tuple[str, Key, Record | None]], facts: dict[str, Any]) -> None:
        """Write changed rows (None: removed) and facts in one transaction."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for name, key, record in changes:
            if record is None:
                run("DELETE FROM records WHERE object = ? AND key = ?", (name, str(key)))
            else:
                run("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (name, str(key), dumps(record)))
        for name, body in facts.items():
            run("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, dumps(body)))
        run("COMMIT")

    def clear(self) -> None:
        """Forget all records (the caller saves the new ones)."""
        self._connection.execute("DELETE FROM records")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
