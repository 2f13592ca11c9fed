"""Safety is tried on SQLite; where a database server itself misbehaves, tests say so themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from jinja2 import FileSystemBytecodeCache

from portal.app import create_app
from portal.extensions import db
from portal.services import users
from tests.integration.safety.house import House, Things, copy, furnish, open_house, settings_for
from tests.integration.web import conftest as web

compiled = web.compiled


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, Things, Things]:
    """A database with two companies that have one of everything."""
    path = copy(sqlite_template, tmp_path_factory.mktemp("house") / "portal.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(settings_for(path))
        with app.app_context():
            own, other = furnish(app), furnish(app, "Other Company")
            db.session.remove()
            db.engine.dispose()
    return path, own, other


@pytest.fixture
def house(
    furnished: tuple[Path, Things, Things],
    compiled: FileSystemBytecodeCache,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """A portal with one of everything, on a database of the test's own. Nobody is at the other end of its lines."""
    monkeypatch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    source, things, _ = furnished
    house = open_house(copy(source, tmp_path / "portal.db"), things, compiled, intacct_url="http://127.0.0.1:1/")
    with house.app.app_context():
        yield house
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def theirs(furnished: tuple[Path, Things, Things]) -> Things:
    """What the other company has."""
    return furnished[2]
