"""The queues in Redis. They carry ids only and are a hint: what must happen stands in the database.

A run that could not be enqueued stays queued in its row, and a mail in its own; the next tick puts them on the queue.
"""

from __future__ import annotations

import logging
import time

from flask import current_app
from redis import Redis
from rq import Queue

TICKS = "ticks"
MAILS = "mails"
RUNS = "runs"
NAMES = (TICKS, MAILS, RUNS)
"""What a worker listens to, the most urgent first."""

RUN_TIMEOUT_SECONDS = 6 * 3600
"""Only a safety net: a run's lease says whether somebody works on it, and what can be done in slices is."""

SLICE_AT_MOST_SECONDS = 3600
"""Far below the time-out, which ends a run as failed: a first sync may take longer, and nobody may wait meanwhile."""

MAILS_TIMEOUT_SECONDS = 600
"""Shorter than the claim of a mail lasts, so that no two jobs have the same one."""

KEEP_FAILED_SECONDS = 24 * 3600

_log = logging.getLogger(__name__)


def connect(redis_url: str, *, timeout_seconds: float | None = 3) -> Redis:
    """A client of the Redis or Valkey at `redis_url`; it connects at its first command."""
    url = redis_url.replace("valkey://", "redis://", 1)
    return Redis.from_url(url, socket_connect_timeout=timeout_seconds, socket_timeout=timeout_seconds)


def redis() -> Redis:
    """This application's client for short commands."""
    client = current_app.extensions.get("portal_redis")
    if client is None:
        client = connect(current_app.extensions["portal_settings"].redis_url)
        current_app.extensions["portal_redis"] = client
    return client


def enqueue_run(run_id: int) -> bool:
    """Offer a committed run to the workers. False, with a line in the log, when Redis cannot be reached."""
    job_id = f"run-{run_id}-{time.time_ns() // 1_000_000}"
    try:
        _enqueue(RUNS, "portal.jobs.run_jobs.perform_run", (run_id,), job_id, RUN_TIMEOUT_SECONDS)
    except Exception as error:  # noqa: BLE001 - a Redis that answers nonsense costs a page no more than one that is away
        _log.warning("Run %s stays queued in the database; Redis did not take it: %s", run_id, error)
        return False
    return True


def enqueue_mails() -> bool:
    """Have the committed mails sent. False, with a line in the log, when Redis cannot be reached."""
    try:
        _enqueue(MAILS, "portal.jobs.mail_jobs.send_mails", (), f"mails-{time.time_ns()}", MAILS_TIMEOUT_SECONDS)
    except Exception as error:  # noqa: BLE001 - as above
        _log.warning("Mails wait in the database; Redis did not take them: %s", error)
        return False
    return True


def anybody_waits() -> bool:
    """Whether a job waits for a worker. False, with a line in the log, when Redis cannot be reached."""
    try:
        return any(Queue(name, connection=redis()).count for name in NAMES)
    except Exception as error:  # noqa: BLE001 - as above
        _log.warning("Redis cannot be asked whether anybody waits: %s", error)
        return False


def _enqueue(queue: str, job: str, arguments: tuple[int, ...], job_id: str, timeout_seconds: int) -> None:
    Queue(queue, connection=redis()).enqueue_call(
        job, args=arguments, job_id=job_id, timeout=timeout_seconds, result_ttl=0, failure_ttl=KEEP_FAILED_SECONDS
    )
