"""What a database holds, to tell whether a refused request changed anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

VOLATILE = {
    "sign_in_failures", "api_key", "idempotent_answer", "gateway_slot", "gateway_usage", "gateway_failure",
}  # fmt: skip
"""What a refused request may note: that it was tried, that a key was used, and that Intacct was asked."""


class Watcher:
    """Looks at a portal's SQLite file through a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        names = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self.tables = sorted(name for (name,) in names if name not in VOLATILE and not name.startswith("sqlite_"))
        self._version, self._held = self._data_version(), self.rows()

    def changed(self) -> bool:
        """Whether anything that counts was committed since the last look."""
        version, self._version = self._version, self._data_version()
        if version == self._version:
            return False
        held, self._held = self._held, self.rows()
        return held != self._held

    def rows(self, company_id: int | None = None) -> dict[str, list[Any]]:
        """Every row of every table that counts; of one company alone where it is given."""
        return {table: self._rows(table, company_id) for table in self.tables}

    def close(self) -> None:
        self.connection.close()

    def _data_version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def _rows(self, table: str, company_id: int | None) -> list[Any]:
        columns = [row[1] for row in self.connection.execute(f'PRAGMA table_info("{table}")')]
        if company_id is None:
            return self.connection.execute(f'SELECT * FROM "{table}"').fetchall()
        if "company_id" not in columns:
            return []
        return self.connection.execute(f'SELECT * FROM "{table}" WHERE company_id = ?', (company_id,)).fetchall()
