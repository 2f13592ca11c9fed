"""Show, issue and void credit notes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import VoidForm
from portal.blueprints.lines import suggestions
from portal.blueprints.syncing import state_shown, states_shown
from portal.blueprints.telling import told
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Role
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.sync import Kind
from portal.queries import credit_notes as queries
from portal.queries.invoices import owing
from portal.services import credit_notes
from portal.services.allowed import actions, require

area = Blueprint("credit_notes", __name__, url_prefix="/credit-notes")


@area.get("/<id:credit_note_id>")
@needs(Role.VIEWER)
def show_credit_note(credit_note_id: int) -> str:
    """A credit note: its lines, what it lies on, what is left, how it stands with Intacct, and its history."""
    company = current_company()
    note = queries.get_credit_note(company, credit_note_id)
    queries.with_details([note])
    return render_template(
        "credit_notes/show.html",
        note=note,
        made_from=db.session.get(Invoice, note.invoice_id) if note.invoice_id else None,
        allowed=actions(note),
        suggested=suggestions(company),
        sync=state_shown(company, Kind.CREDIT_NOTE, note.id),
        invoice_sync=states_shown(company, Kind.INVOICE, [row.invoice_id for row in note.applications]),
        open_invoices=owing(company, note.customer_id, note.currency) if note.balance else [],
        history=told(company, Kind.CREDIT_NOTE, note.id, note.currency),
        today=company.today(),
    )


@area.post("/<id:credit_note_id>/issue")
@needs(Role.ACCOUNTANT)
def issue_credit_note(credit_note_id: int) -> Response:
    """Make a draft a credit note."""
    note = queries.get_credit_note(current_company(), credit_note_id)
    try:
        credit_notes.issue(note, actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for(".edit_credit_note", credit_note_id=credit_note_id), 303)
    db.session.commit()
    flash(f"{note.number} is issued. It can be applied now.", "success")
    return redirect(url_for(".show_credit_note", credit_note_id=credit_note_id), 303)


@area.get("/<id:credit_note_id>/void")
@needs(Role.ACCOUNTANT)
def confirm_void(credit_note_id: int) -> str:
    """What voiding does, here and in Intacct, before it is done."""
    note = queries.get_credit_note(current_company(), credit_note_id)
    require(note, "void")
    return _void_page(note, VoidForm(formdata=None))


@area.post("/<id:credit_note_id>/void")
@needs(Role.ACCOUNTANT)
def void_credit_note(credit_note_id: int) -> tuple[str, int] | Response:
    """Take the credit note back; its invoices are due again."""
    note = queries.get_credit_note(current_company(), credit_note_id)
    form, draft = VoidForm(), note.draft
    try:
        credit_notes.void(note, reason=form.reason.data or "", actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _void_page(note, form), 422
    db.session.commit()
    flash(f"{note.number} is {'deleted' if draft else 'voided. What it credited is due again'}.", "success")
    return redirect(url_for(".show_credit_note", credit_note_id=credit_note_id), 303)


def _void_page(note: CreditNote, form: VoidForm) -> str:
    queries.with_details([note])
    sync = state_shown(current_company(), Kind.CREDIT_NOTE, note.id)
    return render_template("credit_notes/void.html", note=note, form=form, sync=sync)
