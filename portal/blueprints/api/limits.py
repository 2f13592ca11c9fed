"""How often a key may ask: a counter for each key and minute, in Redis, which all web processes share.

A limit guards against loops that run wild; it is no right to keep. So nothing waits for a Redis that is away: each
process then counts for itself, says so once in the log, and looks for Redis again after a while.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from flask import current_app
from redis import Redis

from portal.extensions import settings
from portal.jobs.queues import connect

WINDOW_SECONDS = 60
REQUESTS_A_WINDOW = 600
REFUSALS_A_WINDOW = 60
"""Requests without a valid key that one address may send."""

_REDIS_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 30
_log = logging.getLogger(__name__)


@dataclass
class Limits:
    """The counters of one application."""

    redis: Redis
    _own: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _without_redis_until: float = 0.0

    def wait(self, subject: str, most: int) -> int:
        """Count one request of `subject`. Seconds to wait when it is above `most` in this window, else 0."""
        now = time.time()
        window = int(now // WINDOW_SECONDS)
        if self._count(subject, window) <= most:
            return 0
        return max(1, int((window + 1) * WINDOW_SECONDS - now))

    def _count(self, subject: str, window: int) -> int:
        if time.monotonic() >= self._without_redis_until:
            try:
                return self._count_in_redis(f"portal:api:{subject}:{window}")
            except Exception as error:  # noqa: BLE001 - nor for one that answers nonsense
                _log.warning("API limits are counted by each process alone: Redis does not answer (%s)", error)
                self._without_redis_until = time.monotonic() + _LOOK_AGAIN_SECONDS
        return self._count_here(subject, window)

    def _count_in_redis(self, name: str) -> int:
        with self.redis.pipeline() as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 2 * WINDOW_SECONDS)
            counted, _ = pipeline.execute()
        return int(counted)

    def _count_here(self, subject: str, window: int) -> int:
        with self._lock:
            for past in [key for key in self._own if key[1] != window]:
                del self._own[past]
            counted = self._own.get((subject, window), 0) + 1
            self._own[subject, window] = counted
            return counted


def limits() -> Limits:
    """The running application's counters."""
    made = current_app.extensions.get("portal_api_limits")
    if not isinstance(made, Limits):
        made = Limits(connect(settings().redis_url, timeout_seconds=_REDIS_SECONDS))
        current_app.extensions["portal_api_limits"] = made
    return made
