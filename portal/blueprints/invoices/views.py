"""Show an invoice; issue, duplicate, delete and void."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import VoidForm
from portal.blueprints.lines import suggestions
from portal.blueprints.rendering import METHODS
from portal.blueprints.syncing import state_shown, states_shown
from portal.blueprints.telling import told
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Role
from portal.models.invoice import Invoice
from portal.models.sync import Kind
from portal.money import ZERO
from portal.queries import invoices as queries
from portal.queries.credit_notes import credit_with_rest
from portal.queries.payments import with_rest
from portal.services import invoices
from portal.services.allowed import actions, require

area = Blueprint("invoices", __name__, url_prefix="/invoices")


@area.get("/<id:invoice_id>")
@needs(Role.VIEWER)
def show_invoice(invoice_id: int) -> str:
    """An invoice: what is due, its lines, the money on it, how it stands with Intacct, and its history."""
    company = current_company()
    invoice = queries.get_invoice(company, invoice_id)
    paid, credited = queries.applications_on(invoice), queries.credits_on(invoice)
    sync = state_shown(company, Kind.INVOICE, invoice.id)
    allowed = actions(invoice, synced=bool(sync and sync.intacct_key))
    owes = allowed["record_payment"].yes
    return render_template(
        "invoices/show.html",
        invoice=invoice,
        allowed=allowed,
        paid=paid,
        paid_sum=sum((row.amount for row in paid), ZERO),
        credited=credited,
        credited_sum=sum((row.amount for _, row in credited), ZERO),
        usable_payments=with_rest(company, invoice.customer_id, invoice.currency) if owes else [],
        usable_credit=credit_with_rest(company, invoice.customer_id, invoice.currency) if owes else [],
        methods=METHODS,
        suggested=suggestions(company),
        sync=sync,
        payment_sync=states_shown(company, Kind.PAYMENT, [row.payment_id for row in paid if row.payment_id]),
        credit_sync=states_shown(company, Kind.CREDIT_NOTE, [note.id for note, _ in credited]),
        history=told(company, Kind.INVOICE, invoice.id, invoice.currency),
        today=company.today(),
        has_pdf=queries.has_pdf(invoice),
    )


@area.get("/<id:invoice_id>/intacct.pdf")
@needs(Role.VIEWER)
def download_pdf(invoice_id: int) -> Response:
    """Intacct's own print of an imported invoice."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    answer = Response(queries.pdf_of(invoice), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{secure_filename(invoice.number) or "invoice"}.pdf"'
    return answer


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


@area.post("/<id:invoice_id>/duplicate")
@needs(Role.ACCOUNTANT)
def duplicate_invoice(invoice_id: int) -> Response:
    """Make a draft with the same lines, and open it for changes."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    try:
        made = invoices.duplicate(invoice, actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        flash(f"{error.message} Nothing was duplicated.", "error")
        return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)
    db.session.commit()
    lines = f"the lines of {invoice.number}"
    flash(f"{made.number} is a draft with {lines}. Change what differs, then issue it.", "success")
    return redirect(url_for(".edit_invoice", invoice_id=made.id), 303)


@area.get("/<id:invoice_id>/void")
@needs(Role.ACCOUNTANT)
def confirm_void(invoice_id: int) -> str:
    """What voiding does, here and in Intacct, before it is done."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    require(invoice, "void")
    return _void_page(invoice, VoidForm(formdata=None))


@area.post("/<id:invoice_id>/void")
@needs(Role.ACCOUNTANT)
def void_invoice(invoice_id: int) -> tuple[str, int] | Response:
    """Take the invoice back; its money stays with its payments and credit notes."""
    invoice = queries.get_invoice(current_company(), invoice_id)
    form, draft = VoidForm(), invoice.draft
    try:
        invoices.void(invoice, reason=form.reason.data or "", actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _void_page(invoice, form), 422
    db.session.commit()
    said = "deleted" if draft else "voided. Nothing is due on it any more"
    flash(f"{invoice.number} is {said}.", "success")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id), 303)


def _void_page(invoice: Invoice, form: VoidForm) -> str:
    company = current_company()
    return render_template(
        "invoices/void.html",
        invoice=invoice,
        form=form,
        on_it=[(row.amount, row.payment) for row in queries.applications_on(invoice)]
        + [(row.amount, note) for note, row in queries.credits_on(invoice)],
        sync=state_shown(company, Kind.INVOICE, invoice.id),
    )
