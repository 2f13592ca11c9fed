"""What Redis says of the queues, the workers and the schedule. All of it raises RedisError when Redis is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from rq import Queue, Worker
from rq_scheduler import Scheduler

from portal.jobs.queues import NAMES
from portal.jobs.tick import TICK_ID
from portal.models.types import utcnow

WORKER_SEEN_SECONDS = 75
"""An idle worker says each 30 s that it lives, a busy one each 10 s."""

TICK_LATE_SECONDS = 60
"""The schedule is looked at each 5 s; what is due for so long, no scheduler puts on the queue."""


@dataclass(frozen=True)
class Waiting:
    """Jobs on a queue that no worker has taken, and since when the oldest waits."""

    queue: str
    jobs: int
    oldest_seconds: float


def waiting(redis: Redis) -> list[Waiting]:
    """Every queue, the most urgent first."""
    return [_waiting(Queue(name, connection=redis)) for name in NAMES]


def workers(redis: Redis) -> int:
    """How many workers have said lately that they live."""
    seen = [worker.last_heartbeat for worker in Worker.all(connection=redis) if worker.last_heartbeat]
    return sum(_since(heartbeat) <= WORKER_SEEN_SECONDS for heartbeat in seen)


def tick_late_seconds(redis: Redis) -> float | None:
    """For how long the next tick has been due (0: it is not yet); None when Redis knows of none."""
    due = redis.zscore(Scheduler.scheduled_jobs_key, TICK_ID)
    return None if due is None else max(utcnow().timestamp() - float(due), 0.0)


def _waiting(queue: Queue) -> Waiting:
    oldest = next(iter(queue.get_jobs(0, 1)), None)
    age = _since(oldest.enqueued_at) if oldest is not None and oldest.enqueued_at else 0.0
    return Waiting(queue.name, queue.count, age)


def _since(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((utcnow() - aware).total_seconds(), 0.0)
