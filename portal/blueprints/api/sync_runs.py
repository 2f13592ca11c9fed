"""Runs of the accounting sync over the API: what they did, and Sync Now."""

from __future__ import annotations

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import found, listed, sent_or_nothing
from portal.blueprints.api.starting import on_the_queue, request_sync
from portal.errors import Busy
from portal.models.base import JsonDict
from portal.models.run import Run
from portal.queries import problems, runs
from portal.queries.api_sync import RUNS
from portal.queries.bodies import seconds
from portal.sync import subjects
from portal.sync.problem_bodies import bodies

TAG = "Accounting sync"


@operation("GET", "/sync_runs", tag=TAG, gives="sync_run", listing=RUNS)
def list_sync_runs() -> Answer:
    """List the runs of the accounting sync, each with its counts."""
    page = found(RUNS)
    return listed(page, [run_body(run) for run in page.rows])


@operation("GET", "/sync_runs/<id:run_id>", tag=TAG, gives="sync_run")
def retrieve_sync_run(run_id: int) -> Answer:
    """Retrieve a run with the problems that it met, as they are now."""
    return Answer(_whole_body(runs.get_run(current_company(), run_id)))


@operation(
    "POST", "/sync_runs", tag=TAG, gives="sync_run", status=201,
    more="The sync is queued for a worker. While one is queued or running the answer is 409, with that run in `run`.",
)  # fmt: skip
def create_sync_run() -> Answer:
    """Sync now."""
    sent_or_nothing()
    company = current_company()
    try:
        run = request_sync()
    except Busy as busy:
        return _busy(busy, runs.get_run(company, busy.run_id))
    return Answer(run_body(run), 201, then=on_the_queue(run))


def _busy(busy: Busy, run: Run) -> Answer:
    told = {"type": "conflict", "message": busy.message, "param": None, "code": busy.code}
    return Answer({**told, "run": run_body(run)}, 409)


def _whole_body(run: Run) -> JsonDict:
    only_rows = subjects.rows(run)
    left = runs.untouched(run, None if only_rows is None else sorted(only_rows))
    met = bodies(problems.of_run(run))
    return run_body(run) | {"unchanged": left.unchanged, "skipped": left.skipped, "problems": met}


def run_body(run: Run) -> JsonDict:
    """The run without its problems."""
    figures = runs.figures(run.counts)
    took = runs.took(run)
    return {
        "id": run.id,
        "object": "sync_run",
        "kind": run.kind,
        "status": run.state,
        "trigger": run.trigger,
        "read": figures.read,
        "written": figures.written,
        "linked": figures.linked,
        "waiting": figures.waiting,
        "unknown": figures.unknown,
        "problem_count": figures.problems,
        "gateway_requests": run.counts.get("gateway_requests", 0),
        "gateway_functions": run.counts.get("gateway_functions", 0),
        "seconds": int(took.total_seconds()) if took is not None else 0,
        "error": run.error,
        "error_code": run.error_code,
        "warnings": list(run.warnings),
        "step": run.step,
        "position": run.position,
        "total": run.total,
        "created_at": seconds(run.created_at),
        "started_at": seconds(run.started_at),
        "ended_at": seconds(run.ended_at),
    }
