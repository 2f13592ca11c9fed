"""The queues in Redis. They carry ids only and are a hint: what must happen stands in the database.

A run that could not be enqueued stays queued in its row, and the next tick puts it on the queue.
"""

from __future__ import annotations

import logging
import time

from flask import current_app
from redis import Redis, RedisError
from rq import Queue

TICKS = "ticks"
RUNS = "runs"
NAMES = (TICKS, RUNS)
"""What a worker listens to, the most urgent first."""

RUN_TIMEOUT_SECONDS = 6 * 3600
"""Only a safety net: a run's lease says whether somebody works on it."""

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
    try:
        Queue(RUNS, connection=redis()).enqueue_call(
            "portal.jobs.run_jobs.perform_run",
            args=(run_id,),
            job_id=f"run-{run_id}-{time.time_ns() // 1_000_000}",
            timeout=RUN_TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=KEEP_FAILED_SECONDS,
        )
    except RedisError as error:
        _log.warning("Run %s stays queued in the database; Redis did not take it: %s", run_id, error)
        return False
    return True
