"""The job that performs a run, or a slice of it. A failed job is not retried by the queue: the run's lease and the tick
do that.
"""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from portal.extensions import db
from portal.imports.steps import STEPS
from portal.jobs import leaving
from portal.jobs.queues import SLICE_AT_MOST_SECONDS, anybody_waits, enqueue_run
from portal.models.run import Run
from portal.sync import engine, runs
from portal.sync.slices import Slice


def perform_run(run_id: int) -> None:
    """Perform the run until it ends or makes way; then put it on the queue again, or the next one of its book."""
    # The pool was inherited over a fork: its sockets belong to the parent and must be forgotten, not closed.
    db.engine.dispose(close=False)
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    own = app.extensions["portal_settings"]
    slice_ = Slice(own.run_slice_seconds, SLICE_AT_MOST_SECONDS, others_wait=anybody_waits, must_leave=leaving.asked)
    with app.app_context(), leaving.at_the_latest(lambda: _abandon(app, run_id, slice_)):
        if engine.perform(run_id, STEPS, slice_):
            enqueue_run(run_id)
        else:
            _make_way(run_id)


def _abandon(app: Flask, run_id: int, slice_: Slice) -> None:
    """Leave the run to others, as it stands. From the watching thread, while the run's own waits for Intacct."""
    with app.app_context():
        if runs.abandon(run_id, slice_.token):
            enqueue_run(run_id)


def _make_way(run_id: int) -> None:
    run = db.session.get(Run, run_id)
    waiting = run and runs.next_queued(run.book_id)
    db.session.commit()
    if waiting and waiting != run_id:
        enqueue_run(waiting)
