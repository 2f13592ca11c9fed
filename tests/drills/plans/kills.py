"""A worker, or only the process of its job, is killed at each stage of a batch, of invoices and of money."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.drills.plans.plan import add
from tests.drills.plans.servers import Child
from tests.drills.plans.stage import Stage

INVOICES: Any = "create_invoice"
PAYMENTS: Any = {"function": "create", "object": "ARPYMT"}


@dataclass(frozen=True)
class Point:
    """A stage of a batch: who holds it there, and how."""

    name: str
    held: str = ""
    when: Any = None
    stops: tuple[str, str] | None = None


def _points(act: Any, looks_at: str, begins_with: str) -> list[Point]:
    return [
        Point("before_the_look", "held_before", {"function": "query", "object": looks_at}),
        Point("after_transaction_1", stops=("before", begins_with)),
        Point("while_the_request_is_executed", "held_before", act),
        Point("after_execution_before_the_reply_is_read", "held_after", act),
        Point("after_the_reply_before_transaction_2", stops=("after", begins_with)),
    ]


def _kill(stage: Stage, point: Point, who: Callable[[Child], None]) -> None:
    worker = stage.stopping_worker(*point.stops) if point.stops else stage.worker()
    if point.held:
        stage.sandbox.fault(point.held, point.when)
    run_id = stage.press()
    if point.held:
        stage.until_held()
    else:
        stage.until(stage.stopped, "the worker has stopped at its place")
    who(worker)
    stage.tell("killed")
    assert stage.run(run_id).state == "running"
    stage.sandbox.calm()
    assert stage.finish(run_id).claims >= 2


def _worker(worker: Child) -> None:
    worker.kill()


def _job(worker: Child) -> None:
    os.kill(worker.job(), signal.SIGKILL)
    assert worker.running


READING = Point("while_reading", "held_after", {"function": "query", "object": "ARPYMTDETAIL"})
APPLYING = Point("while_applying", "held_after", "apply_arpayment")

for point in _points(INVOICES, "ARINVOICE", "create_invoice"):
    add(f"worker_killed_{point.name}", partial(_kill, point=point, who=_worker))
for point in _points(PAYMENTS, "ARPYMT", "create><ARPYMT"):
    add(f"job_killed_{point.name}_of_money", partial(_kill, point=point, who=_job))
add("worker_killed_while_reading", partial(_kill, point=READING, who=_worker))
add("job_killed_while_applying", partial(_kill, point=APPLYING, who=_job))
