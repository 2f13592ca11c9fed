"""Invoices over the API."""

from __future__ import annotations

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import changes, found, listed, sent_document, sent_or_nothing, text_of
from portal.queries.api_documents import INVOICES
from portal.queries.bodies import body, invoice_bodies
from portal.queries.invoices import get_invoice
from portal.services import invoices
from portal.services.bodies import invoice_data

TAG = "Invoices"
_STAYS = "Nothing of a book is ever deleted: a voided invoice stays, its money goes back to its payments."


@operation("GET", "/invoices", tag=TAG, gives="invoice", listing=INVOICES)
def list_invoices() -> Answer:
    """List invoices."""
    page = found(INVOICES)
    return listed(page, invoice_bodies(current_company(), page.rows))


@operation("POST", "/invoices", tag=TAG, takes="invoice", gives="invoice", status=201)
def create_invoice() -> Answer:
    """Create an invoice, issued unless `draft` is true."""
    company = current_company()
    invoice = invoices.create(company, invoice_data(company, sent_document()), actor=current_actor())
    return Answer(body(company, invoice), 201)


@operation("GET", "/invoices/<id:invoice_id>", tag=TAG, gives="invoice")
def retrieve_invoice(invoice_id: int) -> Answer:
    """Retrieve an invoice."""
    company = current_company()
    return Answer(body(company, get_invoice(company, invoice_id)))


@operation(
    "PATCH", "/invoices/<id:invoice_id>", tag=TAG, takes="invoice", gives="invoice",
    more="A draft is issued by `draft` false. Items are replaced as a whole where the body names them.",
)  # fmt: skip
def update_invoice(invoice_id: int) -> Answer:
    """Change what the body names of an invoice."""
    company = current_company()
    invoice = get_invoice(company, invoice_id)
    given, version = changes()
    invoices.edit(invoice, invoice_data(company, given, invoice), actor=current_actor(), expected_version=version)
    return Answer(body(company, invoice))


@operation("DELETE", "/invoices/<id:invoice_id>", tag=TAG, status=204, more=_STAYS)
def delete_invoice(invoice_id: int) -> Answer:
    """Void an invoice, answering nothing."""
    invoices.void(get_invoice(current_company(), invoice_id), reason="", actor=current_actor())
    return Answer(None, 204)


@operation("POST", "/invoices/<id:invoice_id>/void", tag=TAG, takes="reason", gives="invoice", more=_STAYS)
def void_invoice(invoice_id: int) -> Answer:
    """Void an invoice."""
    company = current_company()
    invoice = get_invoice(company, invoice_id)
    invoices.void(invoice, reason=text_of(sent_or_nothing("reason"), "reason"), actor=current_actor())
    return Answer(body(company, invoice))
