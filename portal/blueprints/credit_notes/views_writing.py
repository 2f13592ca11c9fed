"""Write a new credit note, alone or from an invoice; edit one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.choosing import choose_customer
from portal.blueprints.credit_notes.forms import CreditNoteForm, empty_form, form_from, form_of
from portal.blueprints.credit_notes.views import area
from portal.blueprints.lines import currency_shown, suggestions, typed_form
from portal.blueprints.listing import id_arg
from portal.blueprints.stale import meanwhile, version_of
from portal.errors import InvalidInput, NotAllowedNow, NotFound
from portal.extensions import db
from portal.models.company import Role
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.queries.credit_notes import get_credit_note
from portal.queries.customers import get_customer
from portal.queries.invoices import get_invoice
from portal.services import credit_notes
from portal.services.allowed import actions
from portal.services.records import STALE

ADD_ROWS = "add_rows"
DRAFT = "draft"


@area.get("/new")
@needs(Role.ACCOUNTANT)
def new_credit_note() -> str:
    """The form over an invoice's lines where the address names one; else first the customer, then the empty form."""
    company = current_company()
    customer, invoice = _about()
    if invoice is not None:
        return _page(form_from(credit_notes.from_invoice(invoice)), invoice.customer, made_from=invoice)
    if customer is None:
        return choose_customer("New credit note: for whom?", "Credit notes", url_for(".list_credit_notes"))
    return _page(empty_form(company, customer), customer)


@area.post("/new")
@needs(Role.ACCOUNTANT)
def create_credit_note() -> tuple[str, int] | Response:
    """Save the credit note as a draft or issue it."""
    customer, invoice = _about()
    if customer is None:
        raise NotFound("There is no such customer. Nothing was saved. Choose one, then write the credit note.")
    form = typed_form(CreditNoteForm)
    if _asked() == ADD_ROWS:
        form.add_rows()
        return _page(form, customer, made_from=invoice), 200
    note = _save(form, customer, invoice, None)
    if note is None:
        return _page(form, customer, made_from=invoice), 422
    flash(f"{note.number} is {'saved as a draft' if note.draft else 'issued. It can be applied now'}.", "success")
    return redirect(url_for(".show_credit_note", credit_note_id=note.id), 303)


@area.get("/<id:credit_note_id>/edit")
@needs(Role.ACCOUNTANT)
def edit_credit_note(credit_note_id: int) -> str | Response:
    """The form with what the credit note is now; a voided one is only shown."""
    note = get_credit_note(current_company(), credit_note_id)
    answer = actions(note)["edit"]
    if not answer.yes:
        flash(answer.reason, "warning")
        return redirect(url_for(".show_credit_note", credit_note_id=credit_note_id), 303)
    return _page(form_of(note), note.customer, note)


@area.post("/<id:credit_note_id>/edit")
@needs(Role.ACCOUNTANT)
def update_credit_note(credit_note_id: int) -> tuple[str, int] | Response:
    """Save the credit note, unless somebody else saved it meanwhile."""
    note = get_credit_note(current_company(), credit_note_id)
    form = typed_form(CreditNoteForm)
    if _asked() == ADD_ROWS:
        form.add_rows()
        return _page(form, note.customer, note), 200
    try:
        saved = _save(form, note.customer, _made_from(note), note)
    except NotAllowedNow as error:
        if error.code != STALE:
            raise
        db.session.rollback()
        form.version.data = str(note.version)
        return _page(form, note.customer, note, stale=True), 409
    if saved is None:
        return _page(form, note.customer, note), 422
    flash(f"{note.number} is saved.", "success")
    return redirect(url_for(".show_credit_note", credit_note_id=credit_note_id), 303)


def _asked() -> str:
    """Which button of the form was pressed."""
    return request.form.get("action", "")


def _about() -> tuple[Customer | None, Invoice | None]:
    """The customer, and the invoice if one, that the address names."""
    if invoice_id := id_arg("invoice"):
        invoice = get_invoice(current_company(), invoice_id)
        return invoice.customer, invoice
    customer_id = id_arg("customer")
    return (get_customer(current_company(), customer_id), None) if customer_id else (None, None)


def _made_from(note: CreditNote | None) -> Invoice | None:
    return db.session.get(Invoice, note.invoice_id) if note and note.invoice_id else None


def _save(
    form: CreditNoteForm, customer: Customer, invoice: Invoice | None, note: CreditNote | None
) -> CreditNote | None:
    """Store what the form says; None, with the errors in the form, when it cannot be taken."""
    if not form.validate():
        return None
    data = form.credit_note_data(customer.id, invoice.id if invoice else None, note, draft=_asked() == DRAFT)
    actor = current_actor()
    try:
        if note is None:
            note = credit_notes.create(current_company(), data, actor=actor)
        else:
            credit_notes.edit(note, data, actor=actor, expected_version=version_of(form.version.data))
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error, form.form_field)
        return None
    db.session.commit()
    return note


def _page(
    form: CreditNoteForm,
    customer: Customer,
    note: CreditNote | None = None,
    *,
    made_from: Invoice | None = None,
    stale: bool = False,
) -> str:
    company = current_company()
    currency = currency_shown(form.currency.data, customer.currency)
    return render_template(
        "credit_notes/form.html",
        form=form,
        customer=customer,
        note=note,
        made_from=made_from or _made_from(note),
        currency=currency,
        amounts=form.amounts(currency),
        total=form.total(currency),
        suggested=suggestions(company),
        remark=actions(note)["edit"].reason if note else "",
        stale=stale,
        meanwhile=meanwhile(company, "credit_note", note.id) if note and stale else None,
    )
