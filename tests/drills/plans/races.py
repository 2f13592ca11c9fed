"""Two where one is meant: one run given to two workers, a worker that was frozen and wakes up, two schedulers."""

from __future__ import annotations

import os
import signal
import time

from portal.jobs.queues import enqueue_run
from portal.models.run import RunKind
from tests.drills.plans import hands
from tests.drills.plans.plan import plan
from tests.drills.plans.stage import Stage
from tests.integration.ops.stacks import until


@plan
def two_workers_given_the_same_run(stage: Stage) -> None:
    """Both take the run from the queue; one claims it."""
    stage.worker()
    stage.worker()
    stage.sandbox.fault("held_before", "create_invoice")
    run_id = stage.press()
    with stage.portal():
        for _ in range(3):
            enqueue_run(run_id)
    stage.until_held()
    stage.until(stage.queue_is_empty, "the workers have taken every copy of the run")
    stage.sandbox.calm()
    assert stage.finish(run_id).claims == 1


@plan
def a_worker_frozen_past_its_lease_and_woken(stage: Stage) -> None:
    """Frozen with the reply on its way: another takes the run up and settles; the woken one stores what it got, whole,
    and stops."""
    frozen = stage.worker()
    stage.sandbox.fault("held_after", "create_invoice")
    run_id = stage.press()
    stage.until_held()
    job = frozen.job()
    os.kill(job, signal.SIGSTOP)
    stage.tell("the job is frozen")
    stage.sandbox.calm()
    stage.worker()
    stage.until(lambda: stage.tick() or stage.run(run_id).claims > 1, "another worker has the run")
    os.kill(job, signal.SIGCONT)
    stage.tell("the job is woken")
    stage.finish(run_id)
    until(lambda: job not in frozen.jobs(), "the woken one ends")


@plan
def a_worker_frozen_before_its_request_leaves_and_woken(stage: Stage) -> None:
    """Frozen between transaction 1 and the request until others have sent in its place: it must send nothing."""
    frozen = stage.stopping_worker("before", "create_invoice")
    run_id = stage.press()
    stage.until(stage.stopped, "the worker has stopped between transaction 1 and its request")
    job = frozen.job()
    stage.until_at_rest()
    os.kill(job, signal.SIGSTOP)
    stage.tell("the job is frozen")
    stage.worker()
    stage.finish(run_id)
    time.sleep(stage.seconds_until_settled())
    stage.sync()
    assert stage.open_postings() == 0
    sent = stage.sandbox.control("requests")["functions"]["create_invoice"]
    stage.let_go()
    os.kill(job, signal.SIGCONT)
    stage.tell("the job is woken")
    until(lambda: job not in frozen.jobs(), "the woken one ends")
    assert stage.sandbox.control("requests")["functions"]["create_invoice"] == sent


@plan
def the_scheduler_doubled(stage: Stage) -> None:
    """Two schedulers, two workers and two ticks by hand at once: one hourly sync."""
    hands.choose(stage, auto_sync=True)
    stage.scheduler()
    stage.scheduler()
    stage.worker()
    stage.worker()
    hourly = stage.until(lambda: stage.runs_of(RunKind.SYNC), "a scheduler's tick plans the hourly sync")
    ticks = [stage.tick_process() for _ in range(2)]
    assert [tick.process.wait() for tick in ticks] == [0, 0]
    stage.finish(hourly[0])
    assert stage.runs_of(RunKind.SYNC) == hourly
