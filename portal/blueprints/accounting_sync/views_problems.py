"""The problems of the sync: what could not be synced and why, retried, decided; what waits; what was left out."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.accounting_sync.causes import ProblemShown, added_up, causes_of, shown
from portal.blueprints.accounting_sync.export import csv_answer
from portal.blueprints.accounting_sync.starting import start_records
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.rendering import typed_amount
from portal.blueprints.urls import page_before
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Company, Role
from portal.models.sync import Problem, SyncRow
from portal.problems.catalogue import GUIDES, guide_for
from portal.problems.causes import of_guide, of_settings
from portal.queries import problems as queries
from portal.queries.sync_records import Named, named
from portal.sync import choices
from portal.sync.agreeing import agreeing
from portal.sync.choice_options import options

SENDS_AGAIN = ("renumber", "post_again", "create_second", "post_on_open_day", "post_it")
"""Choices after which the record is to be sent at once."""


@area.get("/problems")
@needs(Role.VIEWER)
def list_problems() -> str:
    """Open problems by cause, most money first; what waits; what people left out; what was cleared lately."""
    company = current_company()
    causes = causes_of(queries.open_problems(company))
    closed = queries.lately_closed(company)
    return render_template(
        "accounting_sync/problems.html",
        causes=causes,
        count=sum(len(cause.shown) for cause in causes),
        sums=added_up(causes),
        agreeing=agreeing([entry.problem for cause in causes for entry in cause.shown]),
        waiting=_waiting(company),
        taken_out=_with_records(queries.taken_out(company)),
        closed=[(problem, record, guide_for(problem.guide, problem.code)) for problem, record in _named(closed)],
    )


@area.get("/problems.csv")
@needs(Role.VIEWER)
def export_problems() -> Response:
    """The open problems as CSV."""
    header = (
        "record",
        "kind",
        "customer",
        "amount",
        "currency",
        "cause",
        "message",
        "code",
        "first seen (UTC)",
        "tries",
    )
    causes = causes_of(queries.open_problems(current_company()))
    rows = [_csv_row(entry) for cause in causes for entry in cause.shown]
    return csv_answer("problems.csv", header, rows)


@area.post("/problems/retry")
@needs(Role.ACCOUNTANT)
def retry_problems() -> Response:
    """Try again, in a run of their own: the problems named in the form, all of a cause, or all that a setting held
    up, however many pages they fill."""
    found = _asked_for()
    if not any(problem.sync_row_id for problem in found):
        flash("These problems are closed already. Nothing was sent.", "info")
        return redirect(page_before(url_for(".list_problems")), 303)
    run_id = start_records(choices.retry(found))
    return redirect(url_for(".show_run", run_id=run_id), 303)


@area.post("/problems/<id:problem_id>/resolve")
@needs(Role.ACCOUNTANT)
def resolve_problem(problem_id: int) -> Response:
    """Carry out one of the problem's choices."""
    problem = queries.get_problem(current_company(), problem_id)
    back = page_before(url_for(".list_problems"))
    choice, to = request.form.get("choice", ""), request.form.get("to", "")[:200]
    try:
        _refuse_unseen(problem, choice)
        choices.resolve(problem, choice, to=to, actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(back, 303)
    subject = choices.retry([problem]) if choice in SENDS_AGAIN else None
    db.session.commit()
    flash(_done(problem, choice, start_records(subject) if subject else None), "success")
    return redirect(back, 303)


def _refuse_unseen(problem: Problem, choice: str) -> None:
    """What differs on the two sides must have been seen by whoever links them, as it stands now."""
    (entry,) = shown([problem])
    despite = next((offered.despite for offered in entry.choices if offered.name == choice), "")
    if despite and request.form.get("despite") != despite:
        raise NotAllowedNow(f"The two differ in {despite}. Nothing was changed. Say that you have seen it, then link.")


def _asked_for() -> list[Problem]:
    company, form = current_company(), request.form
    if form.get("cause") in GUIDES:
        return queries.open_where(company, of_guide(form["cause"]))
    if form.get("settings"):
        return queries.open_where(company, of_settings(form["settings"].split(",")))
    ids = [int(text) for text in form.getlist("problem") if text.isdecimal() and len(text) < 10]
    return queries.open_problems(company, ids) if ids else []


def _waiting(company: Company) -> list[tuple[Named, str]]:
    """Each record that goes by itself later, and why: it waits for another one, or Intacct took no more calls."""
    rows = [(row, row.waiting_for) for row in queries.waiting(company)] + queries.held_back(company)
    records = named([row for row, _ in rows])
    return [(records[row.id], why) for row, why in rows if row.id in records]


def _csv_row(entry: ProblemShown) -> tuple[object, ...]:
    record, problem = entry.record, entry.problem
    money = (typed_amount(record.amount, record.currency), record.currency) if record else ("", "")
    seen = f"{problem.first_seen:%Y-%m-%d %H:%M}"
    whose = (entry.number, entry.kind, record.customer if record else "")
    return (*whose, *money, entry.guide.title, problem.text, problem.code, seen, problem.tries)


def _done(problem: Problem, choice: str, run_id: int | None) -> str:
    label = next((option.label for option in options(problem) if option.name == choice), choice)
    return f"{label}: done. Run {run_id} sends it now." if run_id else f"{label}: done. The problem is closed."


def _named(found: list[Problem]) -> list[tuple[Problem, Named | None]]:
    records = named([problem.row for problem in found if problem.row is not None])
    return [(problem, records.get(problem.sync_row_id or 0)) for problem in found]


def _with_records(rows: list[SyncRow]) -> list[tuple[SyncRow, Named]]:
    records = named(rows)
    return [(row, records[row.id]) for row in rows if row.id in records]
