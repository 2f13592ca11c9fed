"""Performing a run of a company in this process, and telling what it did in the contract's words."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import click
from flask import Flask, current_app
from sqlalchemy import select

from portal.cli.output import ExitCode, emit, table
from portal.cli.progress import shown
from portal.database import now_ms
from portal.errors import Busy, NotAllowedNow
from portal.extensions import db
from portal.imports.steps import STEPS
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.queries import problems as problem_queries
from portal.queries import runs as queries
from portal.services import integration_settings
from portal.services.wanted import active_book
from portal.sync import due, engine, runs, subjects
from portal.sync.problem_bodies import bodies

TRIGGER = "command line"
LOOK_EVERY_SECONDS = 0.5

Subject = Callable[[], dict[str, Any]]


def book_of(company: Company) -> Book:
    """The company's book. Raises NotAllowedNow, saying what to do, when no Intacct company is connected."""
    book = active_book(company.id)
    if book is None:
        raise NotAllowedNow(
            f"{company.name} is connected to no Intacct company. Nothing was sent. Connect one first:"
            f" portal intacct connect --company {company.slug}",
            code="not_connected",
        )
    return book


def perform(company: Company, kind: RunKind, subject: Subject | None = None, *, wait_seconds: float = 0) -> int:
    """Request a run and carry it out here; its id. Raises Busy when the book is not free within `wait_seconds`.

    A run that its worker abandoned is taken up first: a sync then is the sync that was asked for.
    """
    _warn_of_missing(company)
    book_id = book_of(company).id
    abandoned = _wait_until_free(book_id, kind, time.monotonic() + wait_seconds) if kind.exclusive else None
    if abandoned is not None:
        _work(abandoned)
        if kind == RunKind.SYNC and _kind_of(abandoned) == RunKind.SYNC:
            return abandoned
    book = db.session.get_one(Book, book_id)
    run = runs.request(book, kind, trigger=TRIGGER, subject=subject() if subject else None)
    run_id = run.id
    due.stamp([run_id])  # the tick must not put on the queue what is carried out here
    db.session.commit()
    _work(run_id)
    _follow(run_id, book_id)
    return run_id


def told(company: Company, run_id: int) -> int:
    """Print the run's result; the command's exit status."""
    db.session.expire_all()
    run = queries.get_run(company, run_id)
    answer = result(run)
    db.session.commit()
    emit(answer, sentences)
    return exit_code(RunState(answer["status"]))


def exit_code(state: RunState) -> int:
    """How a command that performed a run ends."""
    if state == RunState.FINISHED:
        return ExitCode.FINE
    return ExitCode.PROBLEMS if state == RunState.FINISHED_WITH_PROBLEMS else ExitCode.FAILED


def result(run: Run) -> dict[str, Any]:
    """The run as the contract's JSON, its problems as they are now."""
    only_rows = subjects.rows(run)
    left = queries.untouched(run, None if only_rows is None else sorted(only_rows))
    answer = brief(run)
    problems = bodies(problem_queries.of_run(run))
    if run.kind == RunKind.PREVIEW:
        answer |= {"preview": run.summary, "records": [_shown(item) for item in queries.all_items(run)]}
    return answer | {"unchanged": left.unchanged, "skipped": left.skipped, "problems": problems}


def _shown(item: RunItem) -> dict[str, Any]:
    """A record of a preview: what would happen to it, and what would be sent."""
    told_of = {key: value for key, value in item.details.items() if key != "fingerprint"}
    return {"outcome": item.outcome, "text": item.text, "object": item.object, "key": item.key, **told_of}


def brief(run: Run) -> dict[str, Any]:
    """The run as one row of a list: `problems` is their number."""
    figures = queries.figures(run.counts)
    took = queries.took(run)
    return {
        "run_id": run.id,
        "kind": run.kind,
        "status": run.state,
        "trigger": run.trigger,
        "read": figures.read,
        "written": figures.written,
        "linked": figures.linked,
        "waiting": figures.waiting,
        "unknown": figures.unknown,
        "problems": figures.problems,
        "gateway_requests": run.counts.get("gateway_requests", 0),
        "gateway_functions": run.counts.get("gateway_functions", 0),
        "seconds": round(took.total_seconds(), 3) if took is not None else 0,
        "error": run.error,
        "error_code": run.error_code,
        "warnings": list(run.warnings),
        "step": run.step,
        "position": run.position,
        "total": run.total,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }


def sentences(answer: dict[str, Any]) -> str:
    """A run's result for people."""
    names = [name for name in queries.OBJECTS if answer["read"].get(name) or answer["written"].get(name)]
    rows = [(name, answer["written"].get(name, 0), answer["read"].get(name, 0)) for name in names]
    would = "would be " if answer["kind"] == RunKind.PREVIEW else ""
    headers = ("", f"{would}written to Intacct", f"{would}read from Intacct")
    lines = [table(headers, rows, right=(1, 2))] if rows else []
    lines.append(f"Run {answer['run_id']} {answer['status'].replace('_', ' ')} in {answer['seconds']:.1f} s.")
    lines += [answer["error"]] if answer["error"] else []
    lines += [f"  {problem['number']}: {problem['message']}" for problem in answer["problems"]]
    return "\n".join(lines)


def _warn_of_missing(company: Company) -> None:
    for _, sentence in integration_settings.missing(integration_settings.load(company.id)):
        click.echo(f"note: {sentence}", err=True)


def _wait_until_free(book_id: int, kind: RunKind, until: float) -> int | None:
    """Wait until nobody holds the book. Returns a run whose worker died, which is to be taken up. Raises Busy."""
    while True:
        held = runs.holder(book_id) or (runs.unended(book_id, RunKind.SYNC) if kind == RunKind.SYNC else None)
        found = (held.id, held.state, held.kind) if held else None
        lost = found is not None and _lease_is_over(found[0])
        db.session.rollback()
        if found is None:
            return None
        if lost:
            return found[0]
        if time.monotonic() >= until:
            raise Busy(f"Run {found[0]} ({found[2]}) of this company is {found[1]}. Nothing was done.", run_id=found[0])
        time.sleep(LOOK_EVERY_SECONDS)


def _lease_is_over(run_id: int) -> bool:
    over = select(Run.id).where(Run.id == run_id, Run.state == RunState.RUNNING, Run.lease_until < now_ms())
    return db.session.scalar(over) is not None


def _work(run_id: int) -> None:
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    with shown(app, run_id):
        engine.perform(run_id, STEPS)


def _follow(run_id: int, book_id: int) -> None:
    """Wait for the end of a run that somebody else took up. Raises Busy, and takes the run back, if nobody could."""
    while True:
        db.session.expire_all()
        run = db.session.get_one(Run, run_id)
        if RunState(run.state).ended:
            db.session.rollback()
            return
        if run.state == RunState.QUEUED:
            held = runs.holder(book_id)
            holder_id = held.id if held else run_id
            runs.cancel(run)
            db.session.commit()
            raise Busy(f"Run {holder_id} took the book meanwhile. Nothing was done.", run_id=holder_id)
        db.session.rollback()
        time.sleep(LOOK_EVERY_SECONDS)


def _kind_of(run_id: int) -> str:
    kind = db.session.scalar(select(Run.kind).where(Run.id == run_id))
    db.session.rollback()
    return str(kind)
