"""Write a new invoice, edit one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.choosing import choose_customer
from portal.blueprints.invoices.forms import InvoiceForm, empty_form, form_of
from portal.blueprints.invoices.views import area
from portal.blueprints.lines import currency_shown, suggestions, typed_form
from portal.blueprints.listing import id_arg
from portal.blueprints.stale import meanwhile, version_of
from portal.blueprints.syncing import state_shown
from portal.errors import InvalidInput, NotAllowedNow, NotFound
from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.sync import Kind
from portal.queries.customers import get_customer
from portal.queries.invoices import get_invoice
from portal.services import invoices
from portal.services.allowed import actions
from portal.services.invoice_checks import InvoiceData
from portal.services.terms import KNOWN

ADD_ROWS = "add_rows"
DRAFT = "draft"


@area.get("/new")
@needs(Role.ACCOUNTANT)
def new_invoice() -> str:
    """First the customer, then the empty form."""
    company = current_company()
    customer_id = id_arg("customer")
    if customer_id is None:
        return choose_customer("New invoice: for whom?", "Invoices", url_for(".list_invoices"))
    customer = get_customer(company, customer_id)
    return _page(empty_form(company, customer), customer)


@area.post("/new")
@needs(Role.ACCOUNTANT)
def create_invoice() -> tuple[str, int] | Response:
    """Save the invoice as a draft or issue it."""
    customer = _customer_asked_for()
    form = typed_form(InvoiceForm)
    if _asked() == ADD_ROWS:
        form.add_rows()
        return _page(form, customer), 200
    invoice = _save(form, customer, None, draft=_asked() == DRAFT)
    if invoice is None:
        return _page(form, customer), 422
    flash(f"{invoice.number} is {'saved as a draft' if invoice.draft else 'issued'}.", "success")
    return redirect(url_for(".show_invoice", invoice_id=invoice.id), 303)


@area.get("/<id:invoice_id>/edit")
@needs(Role.ACCOUNTANT)
def edit_invoice(invoice_id: int) -> str | Response:
    """The form with what the invoice is now; a voided one is only shown."""
    invoice = get_invoice(current_company(), invoice_id)
    if invoice.voided:
        flash(f"{invoice.number} is voided and cannot be changed any more.", "warning")
        return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)
    return _page(form_of(invoice), invoice.customer, invoice)


@area.post("/<id:invoice_id>/edit")
@needs(Role.ACCOUNTANT)
def update_invoice(invoice_id: int) -> tuple[str, int] | Response:
    """Save the invoice, unless somebody else saved it meanwhile."""
    invoice = get_invoice(current_company(), invoice_id)
    form = typed_form(InvoiceForm)
    if _asked() == ADD_ROWS:
        form.add_rows()
        return _page(form, invoice.customer, invoice), 200
    try:
        saved = _save(form, invoice.customer, invoice, draft=_asked() == DRAFT)
    except NotAllowedNow as error:
        if error.code != "stale":
            raise
        db.session.rollback()
        form.version.data = invoice.version
        return _page(form, invoice.customer, invoice, stale=True), 409
    if saved is None:
        return _page(form, invoice.customer, invoice), 422
    flash(f"{invoice.number} is saved.", "success")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)


def _asked() -> str:
    """Which button of the form was pressed."""
    return request.form.get("action", "")


def _customer_asked_for() -> Customer:
    customer_id = id_arg("customer")
    if customer_id is None:
        raise NotFound("There is no such customer. Nothing was saved. Choose one, then write the invoice.")
    return get_customer(current_company(), customer_id)


def _save(form: InvoiceForm, customer: Customer, invoice: Invoice | None, *, draft: bool) -> Invoice | None:
    """Store what the form says; None, with the errors in the form, when it cannot be taken."""
    if not form.validate():
        return None
    data = form.invoice_data(customer, invoice, draft=draft)
    try:
        invoice = _create(data) if invoice is None else _update(invoice, data, form)
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error, form.form_field)
        return None
    db.session.commit()
    return invoice


def _create(data: InvoiceData) -> Invoice:
    return invoices.create(current_company(), data, actor=current_actor())


def _update(invoice: Invoice, data: InvoiceData, form: InvoiceForm) -> Invoice:
    expected = version_of(form.version.data)
    return invoices.edit(invoice, data, actor=current_actor(), expected_version=expected)


def _page(form: InvoiceForm, customer: Customer, invoice: Invoice | None = None, *, stale: bool = False) -> str:
    company = current_company()
    known = currency_shown(form.currency.data, customer.currency)
    sync = state_shown(company, Kind.INVOICE, invoice.id) if invoice else None
    return render_template(
        "invoices/form.html",
        form=form,
        customer=customer,
        invoice=invoice,
        currency=known,
        amounts=form.amounts(known),
        total=form.total(known),
        suggested=suggestions(company),
        terms=KNOWN,
        remark=actions(invoice, synced=bool(sync and sync.intacct_key))["edit"].reason if invoice else "",
        stale=stale,
        meanwhile=meanwhile(company, "invoice", invoice.id) if invoice and stale else None,
    )
