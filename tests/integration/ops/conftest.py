"""A portal on SQLite and a real Valkey, for the tests of commands and jobs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import portal.models  # noqa: F401 - registers the tables
from portal.app import create_app
from portal.cli import valkey
from portal.cli.embedded import settings
from portal.cli.place import port_to_use
from portal.config import Settings
from portal.extensions import db
from portal.jobs.lifeline import die_with
from portal.jobs.queues import connect
from portal.models.connection import Book
from portal.services import companies
from portal.services.audit import Actor
from tests.integration.ops.stacks import until


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey of this test run."""
    data = tmp_path_factory.mktemp("valkey")
    port = port_to_use("127.0.0.1", 0, "--port")
    server = valkey.service(data, port)
    server.start(die_with(os.getpid()))
    url = valkey.address(data, port)
    until(lambda: valkey.answers(url), "Valkey serves")
    yield url
    server.signal(signal.SIGTERM)
    assert server.process
    server.process.wait()


@pytest.fixture
def own_settings(tmp_path: Path, valkey_url: str) -> Settings:
    """Settings of a portal with an empty database of its own and an empty queue."""
    connect(valkey_url).flushall()
    return replace(settings(tmp_path, {}), redis_url=valkey_url, testing=True)


@pytest.fixture
def app(own_settings: Settings) -> Iterator[Flask]:
    """A portal with its tables made."""
    app = create_app(own_settings)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def book(app: Flask) -> Book:
    """The book of a company in one Intacct company."""
    company = companies.add("Harbor Lane", actor=Actor("test"))
    book = Book(company_id=company.id, intacct_company_id="HARBOR")
    db.session.add(book)
    db.session.commit()
    return book
