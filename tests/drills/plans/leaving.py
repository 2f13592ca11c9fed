"""Workers that are asked to stop, as at every deployment: they leave in time and the run goes on elsewhere."""

from __future__ import annotations

from tests.drills.plans.plan import plan
from tests.drills.plans.servers import STOPS_WITHIN_SECONDS, Child
from tests.drills.plans.stage import Stage

IN_A_CROWD = 3
"""Eight plans share however few cores; a worker that has them for itself stops within the ten seconds."""


def _asked_to_stop(stage: Stage, worker: Child, run_id: int) -> None:
    seconds = worker.stop()
    stage.tell(f"the worker has stopped after {seconds:.1f} s")
    assert seconds < STOPS_WITHIN_SECONDS * IN_A_CROWD
    run = stage.run(run_id)
    assert (run.state, run.lease_until) == ("running", 0), f"{run.state}, the lease until {run.lease_until}"


@plan
def a_worker_asked_to_stop_while_its_request_is_out(stage: Stage) -> None:
    """The reply takes longer than anybody waits: the run is handed back as it stands, its postings open."""
    worker = stage.worker()
    stage.sandbox.fault("held_after", "create_invoice")
    run_id = stage.press()
    stage.until_held()
    _asked_to_stop(stage, worker, run_id)
    stage.sandbox.calm()
    stage.finish(run_id)


@plan
def a_worker_asked_to_stop_between_its_requests(stage: Stage) -> None:
    """What is out is awaited and stored; the rest goes on at another worker."""
    worker = stage.worker()
    stage.sandbox.fault("slow", "any", seconds=0.7, times=0)
    run_id = stage.press()
    stage.until(lambda: stage.sandbox.control("requests")["functions"].get("create_invoice"), "invoices are sent")
    _asked_to_stop(stage, worker, run_id)
    stage.sandbox.calm()
    assert stage.finish(run_id).claims == 1, "a run that is handed back does not count as one that killed its worker"
    assert stage.open_postings() == 0
