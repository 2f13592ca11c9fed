"""What every page calls a run: its kind, its state, how long it took, and where its page is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from portal.blueprints.rendering import plural
from portal.models.run import Run, RunKind, RunState
from portal.queries import imports
from portal.queries import runs as queries
from portal.queries.durations import duration

KINDS = {
    RunKind.SYNC: "Sync",
    RunKind.RECORD: "Records",
    RunKind.SETTLE: "Look for open records",
    RunKind.SWEEP: "Deletion sweep",
    RunKind.IMPORT_CUSTOMERS: "Customer import",
    RunKind.IMPORT_INVOICES: "Invoice import",
    RunKind.PREVIEW: "Preview",
    RunKind.TIE_OUT: "Tie-out",
}


@dataclass(frozen=True)
class Said:
    """A state on a page: the class of its colour, its icon, its words."""

    tone: str
    icon: str
    text: str


def kind_of(run: Run) -> str:
    """What the run is: "Sync", "Invoice import", "Preview of customer import"."""
    what = imports.what(run)
    if what is not None and run.kind == RunKind.PREVIEW:
        return f"Preview of {KINDS[what].lower()}"
    return KINDS[RunKind(run.kind)]


def run_state(run: Run) -> Said:
    """A run's state; one with problems says how many."""
    problems = int(run.counts.get("problems", 0))
    return {
        RunState.QUEUED: Said("wait", "hourglass-split", "Queued"),
        RunState.RUNNING: Said("wait", "arrow-repeat", "Stopping" if run.cancel_asked else "Running"),
        RunState.FINISHED: Said("good", "check2", "Finished"),
        RunState.FINISHED_WITH_PROBLEMS: Said("bad", "exclamation-triangle-fill", plural(problems, "problem")),
        RunState.FAILED: Said("bad", "x-octagon-fill", "Failed"),
        RunState.CANCELLED: Said("off", "slash-circle", "Cancelled"),
    }[RunState(run.state)]


def took(run: Run) -> str:
    """How long a run worked, in words."""
    return duration(queries.took(run))


def run_url(run: Run) -> str:
    """The address of the run's page: imports have pages of their own."""
    return url_for("accounting_sync.show_run" if imports.what(run) is None else "imports.show_import", run_id=run.id)
