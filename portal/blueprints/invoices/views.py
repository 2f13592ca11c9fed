"""List and show invoices, issue drafts, void."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import VoidForm
from portal.blueprints.listing import date_arg, id_arg, text_arg
from portal.blueprints.rendering import METHODS
from portal.blueprints.syncing import state_shown, states_shown
from portal.blueprints.telling import tell
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Role
from portal.models.invoice import Invoice, InvoiceStatus
from portal.models.sync import Kind
from portal.money import ZERO
from portal.queries import invoices as queries
from portal.queries.customers import get_customer
from portal.queries.history import history
from portal.services import invoices

area = Blueprint("invoices", __name__, url_prefix="/invoices")

TABS = (
    ("", "All"),
    (InvoiceStatus.DRAFT, "Draft"),
    (InvoiceStatus.OPEN, "Open"),
    (InvoiceStatus.PARTIALLY_PAID, "Partly paid"),
    (InvoiceStatus.PAST_DUE, "Past due"),
    (InvoiceStatus.PAID, "Paid"),
    (InvoiceStatus.VOIDED, "Voided"),
)


@area.get("")
@needs(Role.VIEWER)
def list_invoices() -> str:
    """Invoices, newest first, narrowed by the filter in the address, with its count and sums."""
    company = current_company()
    wanted = queries.InvoiceFilter(
        text=text_arg("q"),
        status=text_arg("status"),
        customer_id=id_arg("customer"),
        currency=text_arg("currency", 3),
        date_from=date_arg("from"),
        date_to=date_arg("to"),
    )
    page = queries.list_invoices(company, wanted, after=request.args.get("after", ""))
    return render_template(
        "invoices/list.html",
        tabs=TABS,
        wanted=wanted,
        page=page,
        sums=queries.invoice_sums(company, wanted),
        customer=get_customer(company, wanted.customer_id) if wanted.customer_id else None,
        sync=states_shown(company, Kind.INVOICE, [invoice.id for invoice in page.items]),
        today=company.today(),
    )


@area.get("/<id:invoice_id>")
@needs(Role.VIEWER)
def show_invoice(invoice_id: int) -> str:
    """An invoice: what is due, its lines, the money on it, how it stands with Intacct, and its history."""
    company = current_company()
    invoice = queries.get_invoice(company, invoice_id)
    money = queries.applications_on(invoice)
    return render_template(
        "invoices/show.html",
        invoice=invoice,
        money_rows=money,
        money_on=invoice.total - invoice.balance if money else ZERO,
        methods=METHODS,
        sync=state_shown(company, Kind.INVOICE, invoice.id),
        money_sync=states_shown(company, Kind.PAYMENT, [row.payment_id for row in money if row.payment_id is not None]),
        history=[tell(entry, invoice.currency) for entry in history(company, "invoice", invoice.id)],
        today=company.today(),
    )


@area.post("/<id:invoice_id>/issue")
@needs(Role.ACCOUNTANT)
def issue_invoice(invoice_id: int) -> Response:
    """Make a draft an invoice."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    try:
        invoices.issue(invoice, actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for(".edit_invoice", invoice_id=invoice_id), 303)
    db.session.commit()
    flash(f"{invoice.number} is issued.", "success")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)


@area.get("/<id:invoice_id>/void")
@needs(Role.ACCOUNTANT)
def confirm_void(invoice_id: int) -> str:
    """What voiding does, here and in Intacct, before it is done."""
    return _void_page(queries.get_invoice(current_company(), invoice_id), VoidForm())


@area.post("/<id:invoice_id>/void")
@needs(Role.ACCOUNTANT)
def void_invoice(invoice_id: int) -> tuple[str, int] | Response:
    """Take the invoice back; its money stays with its payments."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    form = VoidForm()
    try:
        invoices.void(invoice, reason=form.reason.data or "", actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _void_page(invoice, form), 422
    db.session.commit()
    flash(f"{invoice.number} is voided. Nothing is due on it any more.", "success")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)


def _void_page(invoice: Invoice, form: VoidForm) -> str:
    company = current_company()
    return render_template(
        "invoices/void.html",
        invoice=invoice,
        form=form,
        money_rows=queries.applications_on(invoice),
        sync=state_shown(company, Kind.INVOICE, invoice.id),
    )
