"""One problem with its history and notes, all problems of one cause, the closed ones, and linking in bulk."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import can, current_actor, current_company, needs
from portal.blueprints.accounting_sync.causes import causes_of, shown
from portal.blueprints.accounting_sync.sent import as_sent
from portal.blueprints.accounting_sync.views import area
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Role
from portal.models.sync import Hold, Problem
from portal.problems import notes
from portal.problems.catalogue import GUIDES, guide_for
from portal.problems.causes import of_guide
from portal.queries import problem_history
from portal.queries import problems as queries
from portal.queries.sync_overview import postings
from portal.queries.sync_records import Named, named
from portal.sync.agreeing import CODE, agreeing, link_all


@area.get("/problems/<id:problem_id>")
@needs(Role.VIEWER)
def show_problem(problem_id: int) -> str:
    """What happened, what it blocks, what to do, what was tried, what was written about it; open or closed."""
    return _page(problem_id)


@area.post("/problems/<id:problem_id>/notes")
@needs(Role.ACCOUNTANT)
def add_note(problem_id: int) -> Response | tuple[str, int]:
    """Write a note for those who look next."""
    problem = queries.get_problem(current_company(), problem_id)
    text = request.form.get("text", "")
    try:
        notes.add(problem, text, actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        return _page(problem_id, note=text, fault=error.message), 422
    db.session.commit()
    return redirect(url_for(".show_problem", problem_id=problem_id, _anchor="notes"), 303)


@area.get("/problems/causes/<slug>")
@needs(Role.VIEWER)
def show_cause(slug: str) -> str:
    """All problems of one cause, in pages."""
    if slug not in GUIDES:
        abort(404)
    company = current_company()
    page = queries.open_page(company, of_guide(slug), after=request.args.get("after", ""))
    whole = causes_of(queries.open_where(company, of_guide(slug)))
    return render_template(
        "accounting_sync/cause.html",
        guide=GUIDES[slug],
        cause=whole[0] if whole else None,
        page=page,
        entries=shown(page.items),
    )


@area.get("/problems/closed")
@needs(Role.VIEWER)
def list_closed() -> str:
    """Problems that are over, with who or which run closed each."""
    page = queries.closed_page(current_company(), after=request.args.get("after", ""))
    records = named([problem.row for problem in page.items if problem.row is not None])
    closed = [
        (problem, records.get(problem.sync_row_id or 0), guide_for(problem.guide, problem.code))
        for problem in page.items
    ]
    return render_template("accounting_sync/closed.html", page=page, closed=closed)


@area.get("/problems/link")
@needs(Role.ACCOUNTANT)
def confirm_links() -> str:
    """The collisions whose customer, date and total agree, before they are linked together."""
    return render_template("accounting_sync/link.html", pairs=_agreeing())


@area.post("/problems/link")
@needs(Role.ACCOUNTANT)
def link_agreeing() -> Response:
    """Link the ticked collisions. One that agrees no longer, or is closed, is left as it is."""
    ticked = set(request.form.getlist("problem"))
    chosen = [problem for problem, _ in _agreeing() if str(problem.id) in ticked]
    try:
        linked = link_all(chosen, actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        db.session.rollback()
        flash(f"None was linked. {error.message}", "error")
        return redirect(url_for(".confirm_links"), 303)
    db.session.commit()
    many = "record is" if len(linked) == 1 else "records are"
    flash(f"{len(linked)} {many} linked. Nothing was sent; both sides are the same from now on.", "success")
    return redirect(url_for(".list_problems"), 303)


def _agreeing() -> list[tuple[Problem, Named]]:
    return agreeing(queries.open_where(current_company(), of_guide(CODE)))


def _page(problem_id: int, *, note: str = "", fault: str = "") -> str:
    problem = queries.get_problem(current_company(), problem_id)
    [entry] = shown([problem])
    row = problem.row
    return render_template(
        "accounting_sync/problem.html",
        entry=entry,
        problem=problem,
        guide=entry.guide,
        row=row,
        skipped=row is not None and row.hold in (Hold.SKIPPED, Hold.LEFT),
        tries=problem_history.tries(problem),
        notes=problem_history.notes(problem),
        sent=as_sent(row, postings(row)[:1]) if row is not None and can(Role.ACCOUNTANT) else [],
        note=note,
        fault=fault,
    )
