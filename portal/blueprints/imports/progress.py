"""An import in figures and words: how far it is, how fast it goes, and what it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.blueprints.rendering import day, number, plural
from portal.blueprints.run_words import Said, took
from portal.models.run import Run, RunKind, RunState
from portal.queries import imports
from portal.queries import runs as queries
from portal.queries.durations import duration

ENOUGH_TO_GUESS = 5
"""Records after which the rate says something about the time left."""

STATES = {
    RunState.QUEUED: "Queued",
    RunState.RUNNING: "Running",
    RunState.FINISHED: "Finished",
    RunState.FINISHED_WITH_PROBLEMS: "With problems",
    RunState.FAILED: "Failed",
    RunState.CANCELLED: "Cancelled",
}
TABS = (
    ("created", "Created"), ("updated", "Updated"), ("linked", "Linked"), ("received", "Money"), ("left", "Left out"),
    ("problem", "Failed"),
)  # fmt: skip
_DONE = {
    "created": Said("good", "check2", "Created"),
    "updated": Said("good", "check2", "Updated"),
    "linked": Said("good", "link-45deg", "Linked"),
    "received": Said("good", "box-arrow-in-down", "Came from Intacct"),
    "left": Said("off", "dash-circle", "Left out"),
    "problem": Said("bad", "exclamation-triangle-fill", "Failed"),
}
_WOULD = {
    "created": Said("good", "plus-lg", "New"),
    "updated": Said("wait", "pencil", "Changed"),
    "linked": Said("good", "link-45deg", "Matched"),
    "received": Said("good", "box-arrow-in-down", "Would come"),
    "left": Said("off", "dash-circle", "Left out"),
    "problem": Said("bad", "exclamation-triangle-fill", "Could not be imported"),
}
LABELS = {False: _DONE, True: _WOULD}
"""What each outcome is called, by whether it is a preview's."""

_STEPS = {
    "sign_in": "Signing in", "customers": "Reading customers", "invoices": "Reading invoices",
    "documents": "Reading documents", "payments": "Reading payments", "pdf": "Fetching PDFs", "close": "Counting",
}  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """What the top of an import's page says."""

    heading: str
    done: int
    total: int
    facts: list[str]


def progress(run: Run) -> Progress:
    """How far the import is."""
    running = run.state == RunState.RUNNING
    return Progress(_heading(run), run.position if running else 0, run.total if running else 0, _facts(run))


def options_in_words(run: Run) -> list[str]:
    """What the import was asked for."""
    if imports.what(run) == RunKind.IMPORT_CUSTOMERS:
        return ["The whole customer list"]
    options = run.subject.get("options", {})
    told = [", ".join(options.get("document_types", []))]
    told += ["only open items" if options.get("open_only", True) else "open and settled items"]
    told += [f"dated from {_day(options['dated_from'])}"] if options.get("dated_from") else []
    told += [f"dated to {_day(options['dated_to'])}"] if options.get("dated_to") else []
    return told + (["with Intacct's PDF"] if options.get("with_pdf") else [])


def _day(text: str) -> str:
    return day(date.fromisoformat(text))


def _heading(run: Run) -> str:
    if run.state == RunState.QUEUED:
        return "Waiting to begin"
    if run.state == RunState.RUNNING:
        step = _STEPS.get(run.step, run.step.replace("_", " ").capitalize() or "Starting")
        return f"{step}: {number(run.position)} of {number(run.total)}" if run.total else step
    lasted = took(run)
    return {
        RunState.FINISHED: f"Finished in {lasted}",
        RunState.FINISHED_WITH_PROBLEMS: f"Finished in {lasted}, with problems",
        RunState.FAILED: f"Failed after {lasted}" if lasted else "Failed",
        RunState.CANCELLED: f"Cancelled after {lasted}" if lasted else "Cancelled before it began",
    }[RunState(run.state)]


def _facts(run: Run) -> list[str]:
    lasted = queries.took(run)
    if lasted is None:
        return []
    if run.state != RunState.RUNNING:
        requests = int(run.counts.get("gateway_requests", 0))
        return [f"{plural(imports.figures(run).read, 'record')} looked at", f"{plural(requests, 'request')} to Intacct"]
    facts = [f"{duration(lasted)} so far"]
    seconds = lasted.total_seconds()
    if run.total and ENOUGH_TO_GUESS <= run.position < run.total and seconds > 0:
        rate = run.position / seconds
        speed = f"{rate:,.0f} a second" if rate >= 1 else f"{60 * rate:,.0f} a minute"
        left = timedelta(seconds=(run.total - run.position) / rate)
        facts = [f"{100 * run.position // run.total} %", speed, f"about {duration(left)} left", *facts]
    return facts
