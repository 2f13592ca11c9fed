"""GET /readyz and the half of /metrics that Redis knows: each part told apart, and none waited for long."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rq import Queue, SimpleWorker
from sqlalchemy import text

from portal.app import create_app
from portal.blueprints.health import views_ready
from portal.config import Settings
from portal.extensions import db
from portal.jobs import queues
from portal.jobs.scheduler import TickScheduler
from portal.jobs.tick import TICK_ID
from portal.models.types import utcnow
from portal.queries import revisions


@pytest.fixture
def app(own_settings: Settings, sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """A portal whose database was migrated, on a real Valkey."""
    shutil.copyfile(sqlite_template, tmp_path / "portal.db")
    app = create_app(own_settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def worker(app: Flask) -> Iterator[SimpleWorker]:
    """A worker that said just now that it lives."""
    worker = SimpleWorker([Queue(queues.RUNS, connection=queues.redis())], connection=queues.redis())
    worker.register_birth()
    yield worker
    worker.register_death()


@pytest.fixture
def scheduler(app: Flask) -> TickScheduler:
    """A scheduler that entered its tick."""
    scheduler = TickScheduler(connection=queues.redis())
    scheduler.enter_tick()
    return scheduler


def ready(app: Flask) -> tuple[int, dict[str, Any]]:
    """The status and the answer."""
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.get_json()


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {name: part["state"] for name, part in answer["parts"].items()}


def figures(app: Flask) -> dict[str, float]:
    """What /metrics says, by name and labels."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.usefixtures("worker", "scheduler")
def test_all_up_is_ready(app: Flask) -> None:
    status, answer = ready(app)
    assert (status, answer["ready"], answer["degraded"]) == (200, True, False)
    assert set(states(answer).values()) == {"up"}
    assert all(isinstance(part["milliseconds"], int) for part in answer["parts"].values())


def test_without_worker_and_scheduler_it_serves_and_says_what_waits(app: Flask) -> None:
    status, answer = ready(app)
    assert (status, answer["ready"], answer["degraded"]) == (200, True, True)
    down = {name for name, state in states(answer).items() if state == "down"}
    assert down == {"worker", "scheduler"}
    assert "syncs and mails wait" in answer["parts"]["worker"]["detail"]


def test_without_redis_it_serves(app: Flask) -> None:
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], redis_url="redis://127.0.0.1:1/0")
    status, answer = ready(app)
    assert (status, states(answer)["queue"], states(answer)["database"]) == (200, "down", "up")
    told = figures(app)
    assert (told['portal_up{part="queue"}'], told['portal_up{part="database"}']) == (0, 1)


def test_without_the_database_it_is_not_ready(app: Flask, tmp_path: Path) -> None:
    db.engine.dispose()
    (tmp_path / "portal.db").unlink()
    (tmp_path / "portal.db").mkdir()
    status, answer = ready(app)
    assert (status, answer["ready"], states(answer)["database"]) == (503, False, "down")
    assert figures(app)['portal_up{part="database"}'] == 0


@pytest.mark.parametrize(
    ("revision", "status", "state", "words"),
    [("0009", 503, "down", "portal db upgrade"), ("9999", 200, "degraded", "newer than this version")],
)
def test_a_database_of_another_version(app: Flask, revision: str, status: int, state: str, words: str) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    db.session.commit()
    got, answer = ready(app)
    assert (got, states(answer)["migrations"]) == (status, state)
    assert words in answer["parts"]["migrations"]["detail"]


def test_a_database_that_was_never_migrated_is_not_ready(app: Flask) -> None:
    db.session.execute(text("DROP TABLE alembic_version"))
    db.session.commit()
    status, answer = ready(app)
    assert (status, states(answer)["migrations"]) == (503, "down")


def test_a_part_that_hangs_is_not_waited_for_and_not_asked_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, release = [], threading.Event()

    def hang() -> tuple[str, str]:
        asked.append(1)
        release.wait(30)
        return "up", "Answers"

    monkeypatch.setattr(views_ready, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setitem(views_ready.LOOKS, "database", hang)
    try:
        for _ in range(3):
            began = time.monotonic()
            status, answer = ready(app)
            assert time.monotonic() - began < 10
            assert (status, answer["parts"]["database"]["detail"]) == (503, "Does not answer in time")
        assert len(asked) == 1
    finally:
        release.set()


def test_while_somebody_writes_it_is_still_ready(app: Flask) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = version_num"))  # holds the database
    assert ready(app)[0] == 200
    db.session.rollback()


def test_the_head_is_the_newest_revision() -> None:
    assert revisions.known()[0] == max(revisions.known())


@pytest.mark.usefixtures("worker")
def test_metrics_say_how_many_jobs_wait_and_since_when(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    queues.enqueue_run(1)
    queues.enqueue_run(2)
    told = figures(app)
    assert told['portal_queue_jobs{queue="runs"}'] == 2
    assert told['portal_queue_jobs{queue="mails"}'] == 0
    assert 0 <= told['portal_queue_oldest_seconds{queue="runs"}'] < 60
    assert (told["portal_workers"], told["portal_tick_scheduled"]) == (1, 0)


def test_metrics_say_how_late_the_tick_is(app: Flask, scheduler: TickScheduler) -> None:
    assert figures(app)["portal_tick_scheduled"] == 1
    late = utcnow().timestamp() - 300
    queues.redis().zadd(TickScheduler.scheduled_jobs_key, {TICK_ID: late})
    assert 299 < figures(app)["portal_tick_late_seconds"] < 360
    assert states(ready(app)[1])["scheduler"] == "down"
