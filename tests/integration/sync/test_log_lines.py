"""What a sync and a request leave in the log: whose each line is, and no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from intacct_sandbox import sessions
from portal import logs
from portal.extensions import db
from portal.models.run import RunKind
from portal.services import secrets
from portal.sync import engine, runs
from tests.factories import make_company
from tests.integration.sync.conftest import World


@pytest.fixture
def backend() -> str:
    """SQLite only: nothing here turns on which database it is."""
    return "sqlite"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs, as its formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("json"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    logs.unbind()


def test_a_line_of_a_run_names_run_and_company(world: World, written: io.StringIO) -> None:
    def fail(_ctx: object) -> None:
        raise RuntimeError("a step of ours is broken")

    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    run_id = run.id
    db.session.commit()
    engine.perform(run_id, {RunKind.SYNC: fail})
    [line] = [json.loads(text) for text in written.getvalue().splitlines()]
    assert (line["run_id"], line["company"]) == (run_id, world.company.slug)
    assert "a step of ours is broken" in line["exception"]


def test_no_secret_of_a_failing_run_is_in_its_traceback(world: World, written: io.StringIO) -> None:
    def spill(ctx) -> None:  # type: ignore[no-untyped-def]
        session = ctx.gateway.sign_in()
        seen.append(session.session_id)
        raise RuntimeError(f"{sessions.USER_PASSWORD} {session.session_id} {secrets.encrypt('x')!r}")

    seen: list[str] = []
    run_id = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    engine.perform(run_id, {RunKind.SYNC: spill})
    text = written.getvalue()
    assert "RuntimeError" in text
    assert not [secret for secret in (sessions.USER_PASSWORD, *seen, "gAAAAA") if secret in text]


@pytest.mark.own_portal
def test_every_answer_has_a_request_id_which_its_lines_carry(app: Flask, written: io.StringIO) -> None:
    make_company()
    db.session.commit()

    def fail() -> str:
        raise RuntimeError("a page of ours is broken")

    fail.access = app.view_functions["health.show"].access  # type: ignore[attr-defined]
    app.add_url_rule("/broken", "broken", fail)
    app.testing = app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    lines = [json.loads(text) for text in written.getvalue().splitlines()]
    assert {line["request_id"] for line in lines} == {answer.headers["X-Request-ID"]}


@pytest.mark.parametrize(("given", "taken"), [("edge-7.A_b", True), ("x" * 65, False), ("a b", False), ("é", False)])
def test_a_proxy_s_request_id_is_taken_where_it_is_one(app: Flask, given: str, taken: bool) -> None:
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken
