"""Offering a committed run to the workers, from a page."""

from __future__ import annotations

from flask import flash

from portal.jobs.queues import enqueue_run

WAITS = (
    "The queue of the workers does not answer just now. Nothing is lost: what you asked for stands in the database, and"
    " starts by itself within a minute of the queue being back. You need not ask again."
)


def offer(run_id: int) -> None:
    """Put the run on the queue. Where that cannot be, the next tick finds it in the database, and the page says so."""
    if not enqueue_run(run_id):
        flash(WAITS, "warning")
