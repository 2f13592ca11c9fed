"""Credit notes over the API. Putting one on an invoice is a payment of amount 0 that says so."""

from __future__ import annotations

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import changes, found, listed, sent_document, sent_or_nothing, text_of
from portal.queries.api_documents import CREDIT_NOTES
from portal.queries.bodies import body, credit_note_bodies
from portal.queries.credit_notes import get_credit_note
from portal.services import credit_notes
from portal.services.bodies import credit_note_data

TAG = "Credit notes"
_STAYS = "Nothing of a book is ever deleted: a voided credit note stays, its invoices are due again."


@operation("GET", "/credit_notes", tag=TAG, gives="credit_note", listing=CREDIT_NOTES)
def list_credit_notes() -> Answer:
    """List credit notes."""
    page = found(CREDIT_NOTES)
    return listed(page, credit_note_bodies(current_company(), page.rows))


@operation(
    "POST", "/credit_notes", tag=TAG, takes="credit_note", gives="credit_note", status=201,
    more="It is put on an invoice by a payment of amount 0: see the payments' `applied_to`.",
)  # fmt: skip
def create_credit_note() -> Answer:
    """Create a credit note, issued unless `draft` is true."""
    company = current_company()
    note = credit_notes.create(company, credit_note_data(company, sent_document()), actor=current_actor())
    return Answer(body(company, note), 201)


@operation("GET", "/credit_notes/<id:credit_note_id>", tag=TAG, gives="credit_note")
def retrieve_credit_note(credit_note_id: int) -> Answer:
    """Retrieve a credit note."""
    company = current_company()
    return Answer(body(company, get_credit_note(company, credit_note_id)))


@operation(
    "PATCH", "/credit_notes/<id:credit_note_id>", tag=TAG, takes="credit_note", gives="credit_note",
    more="A draft is issued by `draft` false. Items are replaced as a whole where the body names them.",
)  # fmt: skip
def update_credit_note(credit_note_id: int) -> Answer:
    """Change what the body names of a credit note."""
    company = current_company()
    note = get_credit_note(company, credit_note_id)
    given, version = changes()
    credit_notes.edit(note, credit_note_data(company, given, note), actor=current_actor(), expected_version=version)
    return Answer(body(company, note))


@operation("DELETE", "/credit_notes/<id:credit_note_id>", tag=TAG, status=204, more=_STAYS)
def delete_credit_note(credit_note_id: int) -> Answer:
    """Void a credit note, answering nothing."""
    credit_notes.void(get_credit_note(current_company(), credit_note_id), reason="", actor=current_actor())
    return Answer(None, 204)


@operation(
    "POST", "/credit_notes/<id:credit_note_id>/void", tag=TAG, takes="reason", gives="credit_note", more=_STAYS
)  # fmt: skip
def void_credit_note(credit_note_id: int) -> Answer:
    """Void a credit note."""
    company = current_company()
    note = get_credit_note(company, credit_note_id)
    credit_notes.void(note, reason=text_of(sent_or_nothing("reason"), "reason"), actor=current_actor())
    return Answer(body(company, note))
