"""The tick: twice a minute, enqueue what is due. Harmless when it fires twice or late."""

from __future__ import annotations

from flask import current_app

from portal.extensions import db
from portal.jobs.queues import enqueue_run
from portal.sync.due import due

TICK_ID = "tick"
EVERY_SECONDS = 30
"""Twice a minute, so that a run whose worker died is taken up within its lease (60 s) and half a minute."""


def tick() -> list[int]:
    """Enqueue every run that is due, forgotten or abandoned. Returns their ids."""
    ids = due(current_app.extensions["portal_settings"].intacct_settle_wait_seconds)
    for run_id in ids:
        enqueue_run(run_id)
    return ids


def tick_job() -> None:
    """The tick as a worker calls it."""
    db.engine.dispose(close=False)  # inherited over a fork: forget the parent's sockets, do not close them
    with current_app.app_context():
        tick()
