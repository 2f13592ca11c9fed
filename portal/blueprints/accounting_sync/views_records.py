"""One record and Intacct: sync it now, leave it out, take it back, and what was sent for it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.accounting_sync.boxes import record_url
from portal.blueprints.accounting_sync.sent import as_sent
from portal.blueprints.accounting_sync.starting import start_records
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.forms import VoidForm
from portal.blueprints.urls import page_before
from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.company import Role
from portal.models.sync import Kind, SyncRow
from portal.queries.sync_overview import postings
from portal.queries.sync_records import Named, named, row_of
from portal.sync import choices, unlinking


@area.post("/records/<kind>/<id:record_id>/sync")
@needs(Role.ACCOUNTANT)
def sync_record(kind: str, record_id: int) -> Response:
    """Sync this record, with what it stands on, in a run of its own."""
    row, _ = _found(kind, record_id)
    run_id = start_records({"records": [{"kind": row.kind, "id": row.record_id}]})
    return redirect(url_for(".show_run", run_id=run_id), 303)


@area.post("/records/<kind>/<id:record_id>/skip")
@needs(Role.ACCOUNTANT)
def skip_record(kind: str, record_id: int) -> Response:
    """Leave the record out of every sync, with a reason."""
    row, record = _found(kind, record_id)
    try:
        choices.skip(row, VoidForm().reason.data or "", actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        return _refused(record, "skipped", error)
    db.session.commit()
    flash(f"{record.number} stays out of every sync until somebody takes it back.", "success")
    return _back(record)


@area.post("/records/<kind>/<id:record_id>/unskip")
@needs(Role.ACCOUNTANT)
def unskip_record(kind: str, record_id: int) -> Response:
    """Take the record back into the sync."""
    row, record = _found(kind, record_id)
    choices.unskip(row, actor=current_actor())
    db.session.commit()
    flash(f"{record.number} is back in the sync and goes with the next one.", "success")
    return _back(record)


@area.post("/records/<kind>/<id:record_id>/unlink")
@needs(Role.ACCOUNTANT)
def unlink_record(kind: str, record_id: int) -> Response:
    """Take back that the record was linked by hand."""
    row, record = _found(kind, record_id)
    try:
        unlinking.unlink(row, actor=current_actor())
    except NotAllowedNow as error:
        return _refused(record, "unlinked", error)
    db.session.commit()
    flash(f"{record.number} is linked to nothing in Intacct now. The next sync looks at it anew.", "success")
    return _back(record)


@area.get("/records/<kind>/<id:record_id>/sent")
@needs(Role.ACCOUNTANT)
def show_sent(kind: str, record_id: int) -> str:
    """Every attempt to write the record to Intacct, as it was sent, and what came back."""
    row, record = _found(kind, record_id)
    sent = as_sent(row, postings(row))
    return render_template("accounting_sync/sent.html", row=row, record=record, sent=sent)


def _refused(record: Named, what: str, error: PortalError) -> Response:
    db.session.rollback()
    flash(f"{record.number} was not {what}. {error.message}", "error")
    return _back(record)


def _found(kind: str, record_id: int) -> tuple[SyncRow, Named]:
    if kind not in list(Kind):
        abort(404)
    row = row_of(current_company(), Kind(kind), record_id)
    record = named([row]).get(row.id) if row is not None else None
    if row is None or record is None:
        abort(404)
    return row, record


def _back(record: Named) -> Response:
    return redirect(page_before(record_url(record.kind, record.record_id)), 303)
