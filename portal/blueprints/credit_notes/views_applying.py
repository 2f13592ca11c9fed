"""Put the rest of a credit note on invoices, and take it off again."""

from __future__ import annotations

from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.credit_notes.views import area
from portal.blueprints.moving import Source, do_apply, do_unapply, show_apply, show_unapply
from portal.models.company import Role
from portal.models.sync import Kind
from portal.queries.credit_notes import get_credit_note

CREDIT_NOTES = Source(
    "credit note", "Credit notes", "credit_notes.list_credit_notes", "credit_notes.show_credit_note",
    "credit_note_id", Kind.CREDIT_NOTE,
)  # fmt: skip


@area.get("/<id:credit_note_id>/apply")
@needs(Role.ACCOUNTANT)
def choose_invoices(credit_note_id: int) -> str:
    """The open invoices that the rest of the credit note can go on."""
    return show_apply(CREDIT_NOTES, get_credit_note(current_company(), credit_note_id))


@area.post("/<id:credit_note_id>/apply")
@needs(Role.ACCOUNTANT)
def apply_credit_note(credit_note_id: int) -> tuple[str, int] | Response:
    """Put the amounts on the invoices, all or none."""
    return do_apply(CREDIT_NOTES, get_credit_note(current_company(), credit_note_id))


@area.get("/<id:credit_note_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def confirm_unapply(credit_note_id: int, invoice_id: int) -> str:
    """How much comes off, and what that does, before it is done."""
    return show_unapply(CREDIT_NOTES, get_credit_note(current_company(), credit_note_id), invoice_id)


@area.post("/<id:credit_note_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def unapply_credit_note(credit_note_id: int, invoice_id: int) -> tuple[str, int] | Response:
    """Take the amount off the invoice; it becomes the credit note's rest."""
    return do_unapply(CREDIT_NOTES, get_credit_note(current_company(), credit_note_id), invoice_id)
