"""Integration tests run on SQLite and on PostgreSQL, each test on an empty database that was migrated once.

PostgreSQL is TEST_DATABASE_URL or Debian's programs; where neither is there its tests are skipped and say so, unless
REQUIRE_POSTGRES=1.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import pytest
from argon2 import PasswordHasher
from flask import Flask

from portal import database as connections
from portal.app import create_app
from portal.extensions import db
from portal.models.company import Company
from portal.services import users
from tests.factories import make_company, make_settings
from tests.integration.lending import copied, lent
from tests.postgres import Databases, programs, server

MIGRATIONS = str(Path(__file__).resolve().parents[2] / "migrations")


@contextmanager
def running(database_url: str) -> Iterator[Flask]:
    """The portal on this database, in an application context."""
    app = create_app(make_settings(database_url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def migrate(database_url: str) -> None:
    """Bring an empty database to the newest revision."""
    with running(database_url):
        flask_migrate.upgrade(directory=MIGRATIONS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[Databases]:
    """A PostgreSQL server, or a skip that says why there is none."""
    given, found = os.environ.get("TEST_DATABASE_URL", ""), programs()
    if given:
        yield Databases(given)
    elif found is not None:
        with server(found) as address:
            yield Databases(address)
    elif os.environ.get("REQUIRE_POSTGRES") == "1":
        pytest.fail("REQUIRE_POSTGRES=1, but there is no TEST_DATABASE_URL and no PostgreSQL in /usr/lib/postgresql")
    else:
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL or install Debian's postgresql")


@pytest.fixture(scope="session")
def postgres_name(postgres_databases: Databases) -> Iterator[str]:
    """The name of a migrated PostgreSQL database."""
    name = postgres_databases.create()
    migrate(postgres_databases.url(name))
    yield name
    postgres_databases.drop(name)


@pytest.fixture(autouse=True)
def new_thread() -> Iterator[None]:
    """A page tells its thread how it works with the database; each test begins as a thread that has shown none."""
    waits = connections._times.set(connections.WORK_WAITS_TIMES)
    reads = connections._only_reads.set(False)
    yield
    connections._only_reads.reset(reads)
    connections._times.reset(waits)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this process's tests have their SQLite database, one after the other."""
    return tmp_path_factory.mktemp("database") / "portal.db"


@pytest.fixture
def database(backend: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated, empty database of the test's own."""
    if backend == "sqlite":
        template, path = request.getfixturevalue("sqlite_template"), request.getfixturevalue("sqlite_path")
        yield f"sqlite:///{copied(template, path)}"
        return
    name = request.getfixturevalue("postgres_name")
    databases: Databases = request.getfixturevalue("postgres_databases")
    databases.empty(name)
    yield databases.url(name)


@pytest.fixture
def empty_database(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    name = databases.create()
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture
def app(database: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The portal, in an application context, with passwords that are cheap to check."""
    monkeypatch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with lent(make_settings(database), request) as app:
        yield app


@pytest.fixture
def company(app: Flask) -> Company:
    """A company to work in."""
    return make_company("Northfield Supply")


@pytest.fixture
def commit(app: Flask) -> Callable[[], None]:
    """Commits, and so lets go of the database: on SQLite an open transaction holds it whole."""
    return db.session.commit
