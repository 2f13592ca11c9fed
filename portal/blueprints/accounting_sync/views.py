"""How the sync stands, Sync Now, and the runs there were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints import run_words
from portal.blueprints.access import current_company, needs
from portal.blueprints.accounting_sync import words
from portal.blueprints.accounting_sync.boxes import record_url, sync_box
from portal.blueprints.accounting_sync.causes import added_up, causes_of, setting_url
from portal.blueprints.accounting_sync.health import current_standing, sync_health
from portal.blueprints.accounting_sync.places import place_there
from portal.blueprints.accounting_sync.run_rows import Fold, folded, is_fold, rows_of
from portal.blueprints.accounting_sync.starting import start_preview, start_sync, sync_needs_a_look
from portal.blueprints.accounting_sync.usage_shown import usage_shown
from portal.blueprints.last_tie_out import last_tie_out
from portal.models.company import Role
from portal.queries import problems as problem_queries
from portal.queries import runs as queries
from portal.queries.sync_overview import count_waiting, to_send
from portal.services import integration_settings

area = Blueprint("accounting_sync", __name__, url_prefix="/settings/accounting-sync")

READ_FOR_RECENT = 150
"""Hourly syncs with nothing to do fold into one row, so more is read than is shown: about six days."""
SHOWN_RECENT = 12

area.add_app_template_global(sync_health)
area.add_app_template_global(sync_box)
area.add_app_template_global(record_url)
area.add_app_template_global(setting_url)
area.add_app_template_global(place_there)
area.add_app_template_global(words.record_word)
area.add_app_template_global(run_words.run_url)
area.add_app_template_global(words.outcome, "outcome_said")


@area.get("")
@needs(Role.VIEWER)
def show_sync() -> str:
    """The state in words, the last and next sync, what is to be sent, and what ran lately."""
    company, found = current_company(), current_standing()
    newest = queries.list_runs(company, limit=READ_FOR_RECENT).items
    recent = folded(newest)[:SHOWN_RECENT]
    listed = [entry for entry in recent if not isinstance(entry, Fold)]
    causes = causes_of(problem_queries.open_problems(company)) if found.problems else []
    return render_template(
        "accounting_sync/show.html",
        standing=found,
        missing=integration_settings.missing(integration_settings.load(company.id)),
        recent=recent,
        rows=rows_of(listed),
        is_fold=is_fold,
        to_send=to_send(found.book) if found.book else None,
        waiting=count_waiting(found.book) if found.book else 0,
        causes=causes,
        sums=added_up(causes),
        wait=_until(found.next_at),
        tie_out=last_tie_out(company, found),
        usage=usage_shown(company, newest[0] if newest else None) if found.book else None,
    )


@area.post("/sync")
@needs(Role.ACCOUNTANT)
def sync_now() -> Response:
    """Start a sync, or lead to the one that is queued or running. Before anything was ever sent, people are shown once
    what would be."""
    if sync_needs_a_look():
        flash("Nothing was ever sent to Intacct from here. See what would be sent first, then run it.", "info")
        return redirect(url_for(".show_run", run_id=start_preview()), 303)
    run_id, is_new = start_sync()
    if not is_new:
        flash(f"Sync {run_id} was asked for already. There is never more than one at a time.", "info")
    return redirect(url_for(".show_run", run_id=run_id), 303)


@area.get("/runs")
@needs(Role.VIEWER)
def list_runs() -> str:
    """All runs, newest first, none folded."""
    page = queries.list_runs(current_company(), after=request.args.get("after", ""))
    return render_template("accounting_sync/runs.html", page=page, rows=rows_of(page.items), is_fold=is_fold)


def _until(moment: datetime | None) -> str:
    """in 48 minutes; "due now" when it is past."""
    if moment is None:
        return ""
    left = moment - datetime.now(UTC)
    minutes = int(left / timedelta(minutes=1)) + 1
    return f"in {minutes} minute{'' if minutes == 1 else 's'}" if left > timedelta(0) else "due now"
