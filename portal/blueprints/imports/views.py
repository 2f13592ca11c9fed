"""All imports there were, and one of them: live while it works, then what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.imports.progress import LABELS, STATES, TABS, Progress, options_in_words, progress
from portal.blueprints.listing import text_arg
from portal.blueprints.run_words import kind_of, run_state, run_url, took
from portal.extensions import db
from portal.imports import asking, mails
from portal.models.company import Role
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Problem
from portal.problems.catalogue import GUIDES, guide_for
from portal.problems.guide import Guide
from portal.queries import imports as queries
from portal.queries import problems as problem_queries
from portal.queries import runs as run_queries
from portal.queries.runs import ItemFilter
from portal.queries.sync_records import Named, named
from portal.sync import runs

area = Blueprint("imports", __name__)

KINDS = (
    (RunKind.IMPORT_CUSTOMERS.value, "Customers"),
    (RunKind.IMPORT_INVOICES.value, "Invoices"),
    (queries.PREVIEWS, "Previews"),
)


@dataclass(frozen=True)
class Shown:
    """One record that the import touched, with its page here, and the guide to what went wrong."""

    item: RunItem
    record: Named | None
    problem: Problem | None
    guide: Guide | None
    raw: list[tuple[str, str]]


@area.get("/imports")
@needs(Role.VIEWER)
def list_imports() -> str:
    """Every import and preview there was, newest first, narrowed by the filter in the address."""
    company = current_company()
    kind, state = text_arg("kind", 30), text_arg("state", 30)
    wanted = queries.ImportFilter(
        kind if kind in dict(KINDS) else "", state if state in {value.value for value in RunState} else ""
    )
    page = queries.list_imports(company, wanted, after=request.args.get("after", ""))
    rows = [(run, kind_of(run), run_state(run), queries.figures(run), took(run)) for run in page.items]
    chips = [(dict(KINDS)[wanted.kind], {"kind": None})] if wanted.kind else []
    chips += [(STATES[RunState(wanted.state)], {"state": None})] if wanted.state else []
    return render_template(
        "imports/list.html", page=page, rows=rows, chips=chips, count=queries.count_imports(company, wanted),
        kinds=KINDS, states=[(value.value, words) for value, words in STATES.items()],
    )  # fmt: skip


@area.get("/imports/<id:run_id>")
@needs(Role.VIEWER)
def show_import(run_id: int) -> str:
    """The import at work, or what came of it: every record that it touched, and why some could not be imported."""
    run = queries.get_import(current_company(), run_id)
    _note_watched(run)
    run = queries.get_import(current_company(), run_id)
    counts = run_queries.outcome_counts(run)
    tab = text_arg("tab", 20)
    tab = tab if tab in dict(TABS) else ""
    page = run_queries.items(run, ItemFilter((tab,) if tab else ()), after=request.args.get("after", ""))
    tabs = [("", "All", sum(counts.values()))]
    tabs += [(name, label, counts[name]) for name, label in TABS if counts.get(name)]
    return render_template(
        "imports/show.html",
        run=run,
        kind=kind_of(run),
        state=run_state(run),
        options=options_in_words(run),
        is_preview=run.kind == RunKind.PREVIEW,
        ambiguous=queries.count_ambiguous(run) if run.kind == RunKind.PREVIEW else 0,
        guide=GUIDES.get(run.error_code),
        labels=LABELS[run.kind == RunKind.PREVIEW],
        tabs=tabs,
        tab=tab,
        page=page,
        shown=_shown(page.items),
        **_moving(run),
    )


@area.get("/imports/<id:run_id>/progress")
@needs(Role.VIEWER)
def show_progress(run_id: int) -> str:
    """The part of the page that moves, for the script that keeps it live."""
    run = queries.get_import(current_company(), run_id)
    _note_watched(run)
    run = queries.get_import(current_company(), run_id)
    return render_template("imports/_progress.html", run=run, is_preview=run.kind == RunKind.PREVIEW, **_moving(run))


@area.post("/imports/<id:run_id>/cancel")
@needs(Role.ACCOUNTANT)
def cancel_import(run_id: int) -> Response:
    """Stop the import; what it brought stays."""
    run = queries.get_import(current_company(), run_id)
    was_queued = run.state == RunState.QUEUED
    runs.cancel(run)
    db.session.commit()
    flash("Cancelled before it began." if was_queued else "It stops soon. What was imported stays.", "info")
    return redirect(url_for(".show_import", run_id=run_id), 303)


def _moving(run: Run) -> dict[str, object]:
    waits_for = asking.waits_for(run)
    told: Progress = progress(run)
    return {
        "progress": told,
        "figures": queries.figures(run),
        "noun": queries.noun(run),
        "is_live": not RunState(run.state).ended,
        "waits_for": waits_for,
        "waits_kind": kind_of(waits_for).lower() if waits_for else "",
        "waits_url": run_url(waits_for) if waits_for else "",
    }


def _note_watched(run: Run) -> None:
    """Who looks at the page when the import ends needs no mail about it. Commits."""
    if not (run.user_id is None or RunState(run.state).ended and run.told_at is not None):
        mails.note_watched(run, current_user.id)
    db.session.commit()


def _shown(items: list[RunItem]) -> list[Shown]:
    rows = {row.id: row for row in run_queries.rows_of(items)}
    records = named(rows.values())
    problems = problem_queries.of_items([item for item in items if item.outcome == "problem"])
    return [
        Shown(
            item, records.get(item.sync_row_id or 0), problems.get(item.id), _guide(item, problems.get(item.id)),
            sorted((str(name), str(value)) for name, value in (item.details.get("raw") or {}).items()),
        )
        for item in items
    ]  # fmt: skip


def _guide(item: RunItem, problem: Problem | None) -> Guide | None:
    if item.outcome != "problem":
        return None
    code = str(item.details.get("code", ""))
    return guide_for(problem.guide if problem else code, problem.code if problem else code)
