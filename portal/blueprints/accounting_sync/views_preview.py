"""Previewing a sync, and sending exactly what a preview showed."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.accounting_sync.export import csv_answer
from portal.blueprints.accounting_sync.preview import CSV_HEADER, csv_rows
from portal.blueprints.accounting_sync.starting import start_as_shown, start_preview
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.accounting_sync.views_runs import all_touched
from portal.models.company import Role
from portal.queries import runs as queries


@area.post("/preview")
@needs(Role.ACCOUNTANT)
def preview_sync() -> Response:
    """Start a preview, or lead to the one that is queued or running."""
    return redirect(url_for(".show_run", run_id=start_preview()), 303)


@area.post("/runs/<id:run_id>/as-shown")
@needs(Role.ACCOUNTANT)
def run_as_shown(run_id: int) -> Response:
    """Start a sync that sends what the preview showed, and nothing else."""
    preview = queries.get_run(current_company(), run_id)
    started, is_new = start_as_shown(preview)
    if not is_new:
        flash(
            f"Run {started} is at work already. Nothing was started; run the preview again when it has ended.", "info"
        )
    return redirect(url_for(".show_run", run_id=started), 303)


@area.get("/runs/<id:run_id>/preview.csv")
@needs(Role.VIEWER)
def export_preview(run_id: int) -> Response:
    """Every record of the preview, one row a line that would be booked."""
    run = queries.get_run(current_company(), run_id)
    rows = [row for entry in all_touched(run) for row in csv_rows(entry.item, entry.record)]
    return csv_answer(f"preview-{run.id}.csv", CSV_HEADER, rows)
