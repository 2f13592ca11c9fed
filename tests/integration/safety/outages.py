"""Parts of the portal's surroundings that are down, slow or wrong, and what it may take to notice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal import database
from portal.blueprints.api import limits
from portal.extensions import db
from portal.jobs import mail_server, queues
from portal.services import gateways
from tests.integration.safety.house import House
from tests.integration.safety.servers import Peer, closed_port, hangs, rogue, talks_garbage

CONDITIONS = ("down", "slow", "wrong")
"""Nobody listens; it accepts and never answers; it answers nonsense."""

LIMIT_SECONDS = 20.0
"""The limit that no answer may pass with the time-outs below, none of which is above a second or two. It is no measure:
without a time-out a dead part would be waited for without end."""


def nonsense_page(peer: Peer) -> None:
    """What an HTTP client gets from something that is no gateway."""
    peer.read_http()
    peer.http(b"<html><body>It works!</body></html>", headers=("X-Served-By: a router",))


@contextmanager
def part_port(condition: str, wrong: Callable[[Peer], None] = talks_garbage) -> Iterator[int]:
    """The port of something that is `condition`."""
    if condition == "down":
        yield closed_port()
        return
    with rogue(hangs if condition == "slow" else wrong) as server:
        yield server.port


def set_setting(house: House, **changes: Any) -> None:
    """Change settings of the running portal."""
    own = house.app.extensions["portal_settings"]
    house.app.extensions["portal_settings"] = replace(own, **changes)


@contextmanager
def intacct_is(condition: str, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Intacct is down, slow or wrong, and is waited for less long."""
    for name in ("CONNECT_SECONDS", "READ_SECONDS", "SHORT_CONNECT_SECONDS", "SHORT_READ_SECONDS"):
        monkeypatch.setattr(gateways, name, 0.3)
    monkeypatch.setattr(gateways, "PATIENCE_SECONDS", 1)
    monkeypatch.setattr(gateways, "READ_RETRY", gateways.READ_RETRY.new(backoff_factor=0, backoff_jitter=0))
    with part_port(condition, nonsense_page) as port:
        set_setting(house, intacct_url=f"http://127.0.0.1:{port}/ia/xml/xmlgw.phtml")
        yield


@contextmanager
def queue_is(condition: str, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Valkey is down, slow or wrong, and is waited for less long."""
    monkeypatch.setattr(limits, "_REDIS_SECONDS", 0.2)
    with part_port(condition) as port:
        url = f"redis://127.0.0.1:{port}/0"
        set_setting(house, redis_url=url)
        house.app.extensions["portal_redis"] = queues.connect(url, timeout_seconds=0.2)
        yield


@contextmanager
def mail_is(condition: str, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The mail server is down, slow or wrong, and is waited for less long."""
    monkeypatch.setattr(mail_server, "ANSWER_WITHIN_SECONDS", 0.3)
    with part_port(condition) as port:
        set_setting(house, mail_url=f"smtp://127.0.0.1:{port}", mail_from="portal@portal.example")
        yield


@contextmanager
def database_is(condition: str, path: Path) -> Iterator[str]:
    """The address of a database that is down (no folder), or wrong (no database file)."""
    if condition == "down":
        yield f"sqlite:///{path / 'no' / 'such' / 'folder' / 'portal.db'}"
        return
    wrong = path / "wrong.db"
    wrong.write_bytes(b"this is no database, whoever put it here " * 500)
    yield f"sqlite:///{wrong}"


@contextmanager
def postgres_is(condition: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a PostgreSQL that is down, slow or wrong, and is waited for less long."""
    monkeypatch.setattr(database, "CONNECT_SECONDS", 2)  # the least that libpq takes
    with part_port(condition) as port:
        yield f"postgresql+psycopg://portal:secret@127.0.0.1:{port}/portal"


@contextmanager
def in_time() -> Iterator[None]:
    """Fail when what is in the block took longer than any part may be waited for."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT_SECONDS


def expected(house: House, areas: tuple[str, ...] = ("",)) -> dict[str, int]:
    """The status that each route of a page answers an admin with when all is well."""
    others = {f"/{area}/bulk": 303 for area in ("invoices", "payments", "credit-notes")} | {"/login": 302}
    rules = [rule.rule for rule in house.rules() if rule.endpoint.startswith(areas)]
    return {rule: 404 if "<token>" in rule else others.get(rule, 200) for rule in rules}


def walk(house: House, areas: tuple[str, ...] = ("",)) -> dict[str, int]:
    """The status that each route of a page answers an admin with now, each in its time."""
    browser, found = house.browser(), {}
    for rule in house.rules():
        if not rule.endpoint.startswith(areas):
            continue
        with in_time():
            found[rule.rule] = browser.get(house.path(rule)).status_code
    return found


def walk_api(house: House) -> dict[str, int]:
    """The status of each reading call of the API."""
    found = {}
    for method, rule in house.api_rules():
        if method == "GET":
            with in_time():
                found[rule.rule] = house.call("GET", house.path(rule)).status_code
    return found


def let_go() -> None:
    """Leave no transaction open: on SQLite it would hold the database whole."""
    db.session.rollback()
    db.session.expire_all()
