"""What a database holds, to tell whether a refused request changed anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

VOLATILE = {"sign_in_failures", "api_key", "idempotent_answer"}
"""What a refused request may note: that it was tried, and that a key was used."""


class Watcher:
    """Looks at a portal's SQLite file through a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        names = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self.tables = sorted(name for (name,) in names if name not in VOLATILE and not name.startswith("sqlite_"))
        self._version = self._data_version()

    def changed(self) -> bool:
        """Whether anything at all was committed since the last look."""
        before, self._version = self._version, self._data_version()
        return before != self._version

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
