"""Safety is tried on SQLite; where a database server itself misbehaves, tests say so themselves."""

from __future__ import annotations

import pytest


@pytest.fixture
def backend() -> str:
    return "sqlite"
