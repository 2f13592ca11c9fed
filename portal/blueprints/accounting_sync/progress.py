"""A run's page in figures: its steps, how far each is, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from portal.blueprints import run_words
from portal.blueprints.accounting_sync import words
from portal.blueprints.accounting_sync.health import current_standing
from portal.blueprints.rendering import number, plural
from portal.extensions import db
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.queries import runs as queries
from portal.queries.durations import duration

STEPS = ("sign_in", "settle", "read", "take_back", "customers", "invoices", "credit_notes", "payments", "close")
WRITING = ("customers", "invoices", "credit_notes", "payments")
_STEPS_OF = {
    RunKind.SETTLE: ("sign_in", "settle", "close"),
    RunKind.TIE_OUT: ("sign_in", "there", "here", "explain", "add_up", "close"),
}
_NAMES = {
    "sign_in": "Sign in",
    "settle": "Settle",
    "read": "Read",
    "take_back": "Take back",
    "there": "Read Intacct",
    "here": "Read this book",
    "explain": "Explain",
    "add_up": "Add up",
    "close": "Close",
}
_TOLD_OF_TIE_OUT = {
    "there": "{there} open records",
    "here": "What is open here and was not met there",
    "explain": "Each document that differs, source by source",
    "add_up": "{differing} documents differ",
}
_READ = {
    "read.invoices": "invoice",
    "read.payments_received": "payment received",
    "read.payments_changed": "payment changed",
    "read.payments_voided": "payment voided",
    "read.credits_received": "credit received",
    "read.credit_notes_changed": "credit note changed",
    "read.full_credits_left": "full credit left in Intacct",
}
_PLURALS = {"payment received": "payments received", "payment changed": "payments changed",
            "payment voided": "payments voided", "credit received": "credits received",
            "credit note changed": "credit notes changed",
            "full credit left in Intacct": "full credits left in Intacct"}  # fmt: skip
_ONE = {name: name.removesuffix("s").replace("_", " ") for name in WRITING}
ENOUGH_TO_GUESS = 5
"""Records after which the rate says something about the time left."""


@dataclass(frozen=True)
class Part:
    """One object that is being written: done of total. The total of what is still to come is not known."""

    label: str
    done: int
    total: int
    is_known: bool


@dataclass(frozen=True)
class Step:
    """One line of the list. `state` is done, now, todo, failed or stopped."""

    label: str
    text: str
    state: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """What the top of a run's page says."""

    heading: str
    place: str
    done: int
    total: int
    facts: list[str]
    steps: list[Step]


def progress(run: Run) -> Progress:
    """How far the run is."""
    items = _items_by_step(run)
    steps = _steps(run, items)
    done = min(max(items.get(run.step, 0), run.position), run.total) if run.total else 0
    at = next((place for place, step in enumerate(steps, 1) if step.state in ("now", "failed", "stopped")), len(steps))
    return Progress(
        heading=_heading(run, done),
        place=f"step {at} of {len(steps)}" if run.state == RunState.RUNNING else "",
        done=done,
        total=run.total if run.state == RunState.RUNNING else 0,
        facts=_facts(run, done),
        steps=steps,
    )


def _heading(run: Run, done: int) -> str:
    if run.state == RunState.QUEUED:
        return "Waiting for a worker"
    if run.state == RunState.RUNNING:
        name = "Writing to Intacct" if run.step in WRITING else _NAMES.get(run.step, "Starting")
        return f"{name}: {number(done)} of {plural(run.total, 'record')}" if run.total else name
    took = run_words.took(run)
    return {
        RunState.FINISHED: f"Finished in {took}",
        RunState.FINISHED_WITH_PROBLEMS: f"Finished in {took}, with problems",
        RunState.FAILED: f"Failed after {took}",
        RunState.CANCELLED: f"Cancelled after {took}" if took else "Cancelled before it began",
    }[RunState(run.state)]


def _facts(run: Run, done: int) -> list[str]:
    took = queries.took(run)
    if run.state == RunState.QUEUED or took is None:
        return []
    if run.state != RunState.RUNNING:
        requests = int(run.counts.get("gateway_requests", 0))
        functions = int(run.counts.get("gateway_functions", 0))
        return [f"{plural(requests, 'request')} to Intacct", plural(functions, "function")]
    facts = [f"{duration(took)} so far"]
    seconds = took.total_seconds()
    if run.total and done >= ENOUGH_TO_GUESS and done < run.total and seconds > 0:
        left = timedelta(seconds=seconds * (run.total - done) / done)
        facts = [f"{100 * done // run.total} %", f"about {duration(left)} left in this step", *facts]
    return facts


def _steps(run: Run, items: dict[str, int]) -> list[Step]:
    names = _STEPS_OF.get(RunKind(run.kind), STEPS)
    reached = names.index(run.step) if run.step in names else -1
    states = {name: _state(run, place, reached) for place, name in enumerate(names)}
    steps = [Step(_NAMES[name], _told(run, name), states[name]) for name in names if name not in WRITING]
    if names is STEPS:
        steps.insert(4, _write_step(run, states, items))
    return steps


def _state(run: Run, place: int, reached: int) -> str:
    if place < reached or run.state in (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS):
        return "done"
    if place > reached:
        return "todo"
    return {RunState.RUNNING: "now", RunState.FAILED: "failed", RunState.CANCELLED: "stopped"}.get(
        RunState(run.state), "todo"
    )


def _write_step(run: Run, states: dict[str, str], items: dict[str, int]) -> Step:
    inner = [states[name] for name in WRITING]
    unfinished = next((state for state in inner if state not in ("done", "todo")), "")
    state = unfinished or ("done" if inner[-1] == "done" else "now" if "done" in inner else "todo")
    parts = []
    if state == "now":
        for name in WRITING:
            total = run.total if run.step == name else items.get(name, 0)
            label = name.replace("_", " ").capitalize()
            parts.append(Part(label, min(items.get(name, 0), total), total, states[name] != "todo"))
    told = _written(run)
    return Step("Write", told or ("" if state == "now" else "Nothing to write"), state, parts)


def _told(run: Run, name: str) -> str:
    counts = run.counts
    if name == "sign_in":
        return f"Company {run.book.intacct_company_id}" + (f", entity {run.book.entity}" if run.book.entity else "")
    if name == "settle":
        found = words.counted(counts, {"settled": "record"})
        waits = words.counted(counts, {"unknown": "record"})
        told = [f"{found} whose answer was missing found in Intacct"] if found else []
        told += [f"{waits} still unknown"] if waits else []
        return "; ".join(told) or "No record was left without an answer"
    if name == "read":
        return _read(counts)
    if name == "take_back":
        reversed_ = words.counted(counts, {"reversed.payments": "payment", "reversed.invoices": "invoice"})
        return f"{reversed_} reversed" if reversed_ else "Nothing to take back"
    if name in _TOLD_OF_TIE_OUT:
        return _TOLD_OF_TIE_OUT[name].format(
            there=f"{run.counts.get('read.open_there', 0):,}", differing=f"{run.counts.get('differing', 0):,}"
        )
    if run.kind == RunKind.TIE_OUT:
        return "Nothing was changed on either side"
    if run.kind == RunKind.PREVIEW:
        return "Counted; nothing was kept" if run.ended_at else "Count"
    if run.kind != RunKind.SYNC or not current_standing().auto_sync:
        return "Counted" if run.ended_at else "Count"
    return "Counted, and the next sync set" if run.ended_at else "Count, and set the next sync"


def _read(counts: dict[str, int]) -> str:
    told = [plural(counts[name], one, _PLURALS.get(one, "")) for name, one in _READ.items() if counts.get(name)]
    others = counts.get("read.not_ours", 0)
    if others:
        told.append(f"{plural(others, 'record')} of others")
    return ", ".join(told) or "Nothing new in Intacct"


def _written(run: Run) -> str:
    counts = run.counts
    names = {f"written.{name}": one for name, one in _ONE.items()}
    linked = {f"linked.{name}": one for name, one in _ONE.items()}
    applied = {f"applied.{name}": one for name, one in _ONE.items()}
    told = [f"{words.counted(counts, names)} written"] if words.counted(counts, names) else []
    told += [f"{words.counted(counts, applied)} applied"] if words.counted(counts, applied) else []
    told += [f"{words.counted(counts, linked)} linked"] if words.counted(counts, linked) else []
    told += [plural(counts["problems"], "problem")] if counts.get("problems") else []
    told += [f"{counts['waiting']:,} waiting"] if counts.get("waiting") else []
    would = "In a sync: " if told and run.kind == RunKind.PREVIEW else ""
    return would + "; ".join(told)


def _items_by_step(run: Run) -> dict[str, int]:
    query = select(RunItem.step, func.count(RunItem.id)).where(RunItem.run_id == run.id).group_by(RunItem.step)
    return {step: count for step, count in db.session.execute(query)}
