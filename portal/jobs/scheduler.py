"""The scheduler: puts a tick on the queue twice a minute, and outlives a Redis that goes away.

rq-scheduler keeps its schedule in Redis and ends when Redis does. Here the tick is entered again whenever it is
missing, and the loop starts anew after a lost connection.
"""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType
from typing import Any

from redis import RedisError
from rq_scheduler import Scheduler

from portal.jobs.queues import TICKS, connect
from portal.jobs.tick import EVERY_SECONDS, TICK_ID
from portal.models.types import utcnow

LOOK_EVERY_SECONDS = 5
RETRY_AT_MOST_SECONDS = 10
TICK_TIMEOUT_SECONDS = 300

_log = logging.getLogger(__name__)


class TickScheduler(Scheduler):  # type: ignore[misc]
    """A scheduler of one job, which it enters again when Redis has lost it."""

    stopping = False

    def enter_tick(self) -> None:
        """Schedule the tick from now on. The same id each time, so that there is never a second one."""
        self.schedule(
            utcnow(),
            "portal.jobs.tick.tick_job",
            id=TICK_ID,
            interval=EVERY_SECONDS,
            queue_name=TICKS,
            timeout=TICK_TIMEOUT_SECONDS,
        )

    def enqueue_jobs(self) -> Any:
        """Put the tick on its queue when its time has come."""
        if TICK_ID not in self:
            self.enter_tick()
        return super().enqueue_jobs()

    def _install_signal_handlers(self) -> None:
        # The ones of rq-scheduler talk to Redis; with Redis gone they would raise instead of stopping.
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        raise SystemExit(0)


def schedule(redis_url: str) -> None:
    """Put ticks on the queue until SIGTERM, whatever happens to Redis meanwhile."""
    wait_seconds = 1
    while True:
        scheduler = TickScheduler(queue_name=TICKS, connection=connect(redis_url), interval=LOOK_EVERY_SECONDS)
        try:
            scheduler.enter_tick()
            wait_seconds = 1
            scheduler.run()
        except RedisError as error:
            if scheduler.stopping:
                return
            _log.warning("Redis cannot be reached (%s); the scheduler tries again in %s s.", error, wait_seconds)
        time.sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, RETRY_AT_MOST_SECONDS)
