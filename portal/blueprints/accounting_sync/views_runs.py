"""One run: its progress, what it touched, as a page and as CSV, and stopping it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints import run_words
from portal.blueprints.access import current_company, needs
from portal.blueprints.accounting_sync import words
from portal.blueprints.accounting_sync.export import csv_answer
from portal.blueprints.accounting_sync.preview import preview_box
from portal.blueprints.accounting_sync.progress import progress
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.accounting_sync.why import whys
from portal.blueprints.listing import text_arg
from portal.blueprints.rendering import typed_amount
from portal.extensions import db
from portal.models.company import Role
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Kind, Problem, SyncRow
from portal.problems.catalogue import GUIDES
from portal.queries import problems as problem_queries
from portal.queries import runs as queries
from portal.queries.runs import EVERYTHING, ItemFilter
from portal.queries.sync_records import Named, named
from portal.sync import runs

ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Touched:
    """One record that a run touched."""

    item: RunItem
    row: SyncRow | None
    record: Named | None
    problem: Problem | None


@area.get("/runs/<id:run_id>")
@needs(Role.VIEWER)
def show_run(run_id: int) -> str:
    """What the run does or did, step by step, and every record it touched."""
    run = queries.get_run(current_company(), run_id)
    asked = text_arg("why")
    counts = queries.outcome_counts(run)
    page = queries.items(run, _filter(), after=request.args.get("after", ""))
    return render_template(
        "accounting_sync/run.html",
        run=run,
        kind=words.kinds_of([run])[run.id],
        state=run_words.run_state(run),
        trigger=words.trigger(run),
        progress=progress(run),
        is_live=not RunState(run.state).ended,
        guide=GUIDES.get(run.error_code),
        tabs=_tabs(run, counts),
        tab=text_arg("tab"),
        kinds=list(words.RECORD_WORDS.items()),
        asked=asked,
        whys=whys(run, asked) if asked else [],
        page=page,
        touched=_touched(page.items),
        waits_for=_waits_for(run),
        preview=preview_box(run),
        would=run.kind == RunKind.PREVIEW,
    )


@area.get("/runs/<id:run_id>/progress")
@needs(Role.VIEWER)
def show_progress(run_id: int) -> str:
    """The part of the run's page that moves, for the script that keeps it live."""
    run = queries.get_run(current_company(), run_id)
    return render_template(
        "accounting_sync/_progress.html", run=run, progress=progress(run), is_live=not RunState(run.state).ended,
        waits_for=_waits_for(run),
    )  # fmt: skip


@area.get("/runs/<id:run_id>/records.csv")
@needs(Role.VIEWER)
def export_run(run_id: int) -> Response:
    """Every record that the run touched (exactly those of the page's filter), oldest last."""
    run = queries.get_run(current_company(), run_id)
    header = ("record", "kind", "customer", "what happened", "text", "Intacct record", "amount", "currency", "at (UTC)")
    found = [_csv_row(entry) for entry in all_touched(run, _filter())]
    return csv_answer(f"run-{run.id}.csv", header, found)


@area.post("/runs/<id:run_id>/cancel")
@needs(Role.ACCOUNTANT)
def cancel_run(run_id: int) -> Response:
    """Stop the run after the record it is at."""
    run = queries.get_run(current_company(), run_id)
    was_queued = run.state == RunState.QUEUED
    runs.cancel(run)
    db.session.commit()
    flash(
        "Cancelled before it began." if was_queued else "It stops after the record it is at. What is done stays.",
        "info",
    )
    return redirect(url_for(".show_run", run_id=run_id), 303)


def _filter() -> ItemFilter:
    """What the address asks for; a kind that does not exist leaves nothing out."""
    outcomes = {name: wanted for name, _, wanted in words.TABS}.get(text_arg("tab"), ())
    kind = text_arg("object")
    return ItemFilter(outcomes, kind if kind in list(Kind) else "", text_arg("q"))


def _tabs(run: Run, counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """(name, label, count) of each tab that has records; "all" always."""
    labels = words.TABS if run.kind != RunKind.PREVIEW else words.WOULD_TABS
    shown = [(name, label, sum(counts.get(outcome, 0) for outcome in wanted)) for name, label, wanted in labels]
    return [("", "All", sum(counts.values()))] + [tab for tab in shown[1:] if tab[2]]


def _touched(items: list[RunItem]) -> list[Touched]:
    rows = {row.id: row for row in queries.rows_of(items)}
    records = named(rows.values())
    problems = problem_queries.of_items([item for item in items if item.outcome == "problem"])
    return [
        Touched(item, rows.get(item.sync_row_id or 0), records.get(item.sync_row_id or 0), problems.get(item.id))
        for item in items
    ]


def all_touched(run: Run, wanted: ItemFilter = EVERYTHING) -> list[Touched]:
    """Every record that the run touched and that the filter leaves."""
    found: list[Touched] = []
    after = ""
    while True:
        page = queries.items(run, wanted, after=after, limit=ROWS_AT_ONCE)
        found += _touched(page.items)
        after = page.next_after
        if not after:
            return found


def _csv_row(entry: Touched) -> tuple[object, ...]:
    record, item = entry.record, entry.item
    key = entry.row.key if entry.row else item.key
    said = words.outcome(item.outcome).text
    at = f"{item.at:%Y-%m-%d %H:%M:%S}"
    if record is None:
        return (f"{item.object} {item.key}".strip(), "", "", said, item.text, key, "", "", at)
    amount = typed_amount(record.amount, record.currency)
    return (record.number, record.kind, record.customer, said, item.text, key, amount, record.currency, at)


def _waits_for(run: Run) -> int | None:
    """The run that a queued one has to wait for."""
    held = runs.holder(run.book_id) if run.state == RunState.QUEUED else None
    return held.id if held is not None and held.id != run.id else None
