"""The job that performs a run. A failed job is not retried by the queue: the run's lease and the tick do that."""

from __future__ import annotations

from flask import current_app

from portal.extensions import db
from portal.imports.steps import STEPS
from portal.jobs.queues import enqueue_run
from portal.models.run import Run
from portal.sync import engine, runs


def perform_run(run_id: int) -> None:
    """Perform the run, then make way for the next one of its book."""
    # The pool was inherited over a fork: its sockets belong to the parent and must be forgotten, not closed.
    db.engine.dispose(close=False)
    with current_app.app_context():
        engine.perform(run_id, STEPS)
        _make_way(run_id)


def _make_way(run_id: int) -> None:
    run = db.session.get(Run, run_id)
    waiting = run and runs.next_queued(run.book_id)
    db.session.commit()
    if waiting and waiting != run_id:
        enqueue_run(waiting)
