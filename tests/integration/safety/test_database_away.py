"""A database that is down, slow or wrong: every page says so in words, in time, and comes back with it."""

from __future__ import annotations

import contextvars
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.cli.main import cli
from portal.database import is_outage, page_waits, set_up_engine
from portal.extensions import db
from tests.factories import make_settings
from tests.integration.safety.house import House, alone, settings_for
from tests.integration.safety.outages import database_is, in_time, postgres_is

pytestmark = pytest.mark.timeout(600)  # some walk all pages; what must not hang has limits of its own

NO_DATABASE = {"/accent/<colour>.css", "/metrics"}
"""The second tells its reader that the database does not answer."""

FOR_PROGRAMS = {"/healthz", "/readyz"}
WORDS = "The database cannot be reached"


@contextmanager
def portal_on(database_url: str, path: Path) -> Iterator[Flask]:
    """A portal that begins to serve while its database is away."""
    settings = make_settings(database_url, portal_url="http://localhost", database_wait_seconds=0.3)
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def get(app: Flask, path: str, cookie: str = "", **options: Any) -> TestResponse:
    """A page, as somebody who is signed in where a cookie is given."""
    client = app.test_client()
    if cookie:
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    return contextvars.Context().run(client.open, path, buffered=True, **options)


def cookie_of(house: House) -> str:
    browser = house.browser()
    found = browser.client.get_cookie(house.app.config["SESSION_COOKIE_NAME"])
    assert found is not None
    return str(found.value)


def addresses(tmp_path: Path, condition: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    both = [database_is(condition, tmp_path)] if condition != "slow" else []
    return [*both, postgres_is(condition, monkeypatch)]


@pytest.mark.parametrize("condition", ["down", "wrong"])
@pytest.mark.part("the database", "every page, every call of the API")
def test_each_says_in_words_that_the_database_cannot_be_reached_and_when_to_come_back(
    house: House, condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = cookie_of(house)
    for address in addresses(tmp_path, condition, monkeypatch):
        with address as url, portal_on(url, tmp_path) as app:
            for rule in house.rules():
                with in_time():
                    answer = get(app, house.path(rule), cookie)
                if rule.rule in NO_DATABASE:
                    assert answer.status_code == 200
                    continue
                assert answer.status_code == 503, rule
                assert rule.rule in FOR_PROGRAMS or (WORDS in answer.text and answer.headers["Retry-After"]), rule
            for method, rule in house.api_rules():
                with in_time():
                    answer = get(app, house.path(rule), method=method, auth=("portal_key", ""), json={})
                if rule.rule != "/api/openapi.json":
                    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable"), rule


@pytest.mark.parametrize("condition", ["down", "slow", "wrong"])
@pytest.mark.part("the database", "what needs no database: the login form, styles, the API's description")
def test_it_is_shown_to_who_is_not_signed_in(
    house: House, condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in addresses(tmp_path, condition, monkeypatch):
        with address as url, portal_on(url, tmp_path) as app:
            for path in ("/login", "/static/portal.css", "/accent/1a2b3c.css", "/api/openapi.json", "/forgot-password"):
                with in_time():
                    assert get(app, path).status_code == 200, path
            with in_time():
                assert get(app, "/healthz").status_code == 503


@pytest.mark.part("the database", "a server that accepts and never answers")
def test_it_is_given_up_in_seconds(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = cookie_of(house)
    with postgres_is("slow", monkeypatch) as url, portal_on(url, tmp_path) as app:
        for path in ("/", "/invoices", "/no-such-page"):
            with in_time():
                answer = get(app, path, cookie)
            assert (answer.status_code, WORDS in answer.text) == (503, True)


@pytest.mark.parametrize("condition", ["down", "wrong"])
@pytest.mark.part("the database", "commands")
def test_they_end_with_status_2_and_one_line(condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in addresses(tmp_path, condition, monkeypatch):
        with address as url, portal_on(url, tmp_path) as app:
            for arguments in (["companies", "list"], ["tick"], ["sync", "run", "--company", "x"]):
                with in_time():
                    done = CliRunner().invoke(cli, [*arguments, "--json"], obj=app)
                told = json.loads(done.stdout.strip().splitlines()[-1])
                assert (done.exit_code, told["error"]["code"]) == (2, "database"), arguments
                assert "secret" not in done.output


@pytest.mark.part("the database", "a SQLite file that somebody else writes to for too long")
def test_pages_are_shown_and_a_change_says_that_it_may_not_be_saved(house: House) -> None:
    browser = house.browser()
    path = Path(str(db.engine.url.database))
    db.session.remove()
    db.engine.dispose()
    patient = create_app(settings_for(path, database_wait_seconds=0.3))
    patient.config["PROPAGATE_EXCEPTIONS"] = False
    with patient.app_context():
        cookie = browser.client.get_cookie(patient.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        client = patient.test_client()
        client.set_cookie(patient.config["SESSION_COOKIE_NAME"], cookie.value)
        token = alone(client, "GET", "/customers/new").text.split('name="csrf_token" value="')[1].split('"')[0]
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with in_time():
            assert alone(client, "GET", "/customers").status_code == 200
        with in_time():
            answer = alone(client, "POST", "/customers/new", data={"name": "X", "csrf_token": token})
        assert (answer.status_code, "most likely not saved" in answer.text) == (503, True)
        writer.execute("ROLLBACK")
        writer.close()
        answer = alone(client, "POST", "/customers/new", data={"name": "X", "csrf_token": token})
        assert answer.status_code == 303
        db.session.remove()
        db.engine.dispose()


@pytest.mark.part("the database", "the portal, once the database is back")
def test_it_works_again_without_a_restart(house: House, tmp_path: Path) -> None:
    browser = house.browser()
    path = Path(str(db.engine.url.database))
    db.session.remove()
    db.engine.dispose()
    away = path.rename(tmp_path / "away.db")
    for leftover in tmp_path.glob("portal.db-*"):
        leftover.unlink()
    path.mkdir()  # SQLite would make an empty file anew
    assert contextvars.Context().run(browser.client.get, "/invoices").status_code == 503
    path.rmdir()
    away.rename(path)
    assert contextvars.Context().run(browser.client.get, "/invoices").status_code == 200


@pytest.mark.postgres
@pytest.mark.part("the database", "a PostgreSQL that stops answering amid a statement")
def test_the_statement_is_given_up_and_the_next_one_has_a_new_connection(
    postgres_databases: Any, postgres_name: str
) -> None:
    engine = sa.create_engine(postgres_databases.url(postgres_name), pool_pre_ping=True)
    set_up_engine(engine, 0.5)

    def ask(statement: str) -> Any:
        page_waits()
        with engine.connect() as connection:
            return connection.scalar(sa.text(statement))

    assert contextvars.Context().run(ask, "SELECT 1") == 1
    with in_time(), pytest.raises(OperationalError, match="no answer within"):
        contextvars.Context().run(ask, "SELECT pg_sleep(60)")
    assert contextvars.Context().run(ask, "SELECT 2") == 2
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.part("the database", "a worker frozen amid a transaction")
def test_what_it_holds_is_let_go_and_another_worker_goes_on(postgres_databases: Any, postgres_name: str) -> None:
    engine = sa.create_engine(postgres_databases.url(postgres_name))
    set_up_engine(engine, 30, idle_seconds=1)
    add = sa.text("INSERT INTO sign_in_failures (subject, count, last_at) VALUES ('frozen', 0, now())")
    take = sa.text("UPDATE sign_in_failures SET count = count + 1 WHERE subject = 'frozen' RETURNING count")
    with engine.begin() as connection:
        connection.execute(add)
    with engine.connect() as frozen:
        frozen.execute(take)
        with in_time(), engine.begin() as other:
            assert other.scalar(take) == 1
        with pytest.raises(DBAPIError, match="idle-in-transaction") as woken:
            frozen.execute(sa.text("SELECT 1"))
        assert is_outage(woken.value)
        frozen.invalidate()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "10min"
    engine.dispose()
