"""The queue is a hint: what must happen stands in the database, and the tick brings it back to the queue."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import update

from portal.extensions import db
from portal.jobs import queues, run_jobs, worker
from portal.jobs.scheduler import TickScheduler
from portal.jobs.tick import EVERY_SECONDS, TICK_ID, tick
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.sync import runs


class Engine:
    """A stand-in for the engine of a run: ends it as finished, in the process of the job."""

    @staticmethod
    def perform(run_id: int, steps: object, slice_: object) -> None:
        db.session.execute(update(Run).where(Run.id == run_id).values(state=RunState.FINISHED))
        db.session.commit()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[Engine]:
    monkeypatch.setattr(run_jobs, "engine", Engine)
    return Engine


def test_a_queued_run_carries_nothing_but_its_id(app: Flask, book: Book) -> None:
    run = _queued(book)
    assert queues.enqueue_run(run.id)
    (job,) = Queue(queues.RUNS, connection=queues.redis()).jobs
    assert job.id.startswith(f"run-{run.id}-")
    assert (job.args, job.kwargs, job.meta) == ((run.id,), {}, {})
    assert job.retries_left is None, "the lease decides whether a run is taken up again, not the queue"


def test_a_run_asked_for_while_redis_is_down_starts_at_a_later_tick(app: Flask, book: Book) -> None:
    run = _queued(book)
    _with_redis(app, "redis://127.0.0.1:1/0")
    assert not queues.enqueue_run(run.id)
    assert db.session.get(Run, run.id).state == RunState.QUEUED
    _with_redis(app, None)
    assert tick() == [run.id]
    assert len(Queue(queues.RUNS, connection=queues.redis())) == 1


def test_a_tick_without_redis_ends_quietly(app: Flask, book: Book) -> None:
    run = _queued(book)
    _with_redis(app, "redis://127.0.0.1:1/0")
    assert tick() == [run.id]


def test_a_worker_performs_the_run_and_makes_way_for_the_next(app: Flask, book: Book, engine: type[Engine]) -> None:
    first, second = _queued(book), _queued(book, RunKind.RECORD)
    queues.enqueue_run(first.id)
    _work(app)
    assert [db.session.get(Run, run.id).state for run in (first, second)] == [RunState.FINISHED] * 2


def test_the_tick_is_scheduled_once_however_many_schedulers_start(app: Flask) -> None:
    for _ in range(3):
        _scheduler().enter_tick()
    assert [job.id for job in _scheduler().get_jobs()] == [TICK_ID]


def test_the_tick_is_scheduled_again_after_redis_lost_everything(app: Flask) -> None:
    scheduler = _scheduler()
    scheduler.enter_tick()
    queues.redis().flushall()
    scheduler.enqueue_jobs()
    assert Job.fetch(TICK_ID, connection=queues.redis()).meta == {"interval": EVERY_SECONDS}
    assert Queue(queues.TICKS, connection=queues.redis()).job_ids == [TICK_ID]
    assert TICK_ID in scheduler, "and its next minute is planned"


def test_a_worker_runs_the_scheduled_tick(app: Flask, book: Book, engine: type[Engine]) -> None:
    run = _queued(book)
    _scheduler().enqueue_jobs()
    _work(app)
    assert db.session.get(Run, run.id).state == RunState.FINISHED


def _queued(book: Book, kind: RunKind = RunKind.SYNC) -> Run:
    run = runs.request(book, kind, trigger="test")
    db.session.commit()
    return run


def _work(app: Flask) -> None:
    db.session.commit()  # an open transaction here would keep the job's process out of SQLite
    worker.work(app, burst=True)


def _with_redis(app: Flask, url: str | None) -> None:
    """Let the portal use another Redis; None: the one of the tests again."""
    kept = app.extensions.setdefault("test_settings", app.extensions["portal_settings"])
    app.extensions["portal_settings"] = replace(kept, redis_url=url or kept.redis_url)
    app.extensions.pop("portal_redis", None)


def _scheduler() -> TickScheduler:
    return TickScheduler(queue_name=queues.TICKS, connection=queues.redis(), interval=5)
