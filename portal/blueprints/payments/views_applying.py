"""Put the rest of a payment on invoices, and take it off again."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.payments.applying import ApplyTable
from portal.blueprints.payments.forms import UnapplyForm
from portal.blueprints.payments.views import area
from portal.blueprints.payments.views_recording import OLDEST_FIRST
from portal.blueprints.rendering import amount as shown
from portal.blueprints.rendering import typed_amount
from portal.blueprints.syncing import state_shown
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Role
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries.invoices import get_invoice, owing
from portal.queries.payments import get_payment
from portal.services import payments


@area.get("/<id:payment_id>/apply")
@needs(Role.ACCOUNTANT)
def choose_invoices(payment_id: int) -> str:
    """The open invoices that the rest of the payment can go on."""
    payment = get_payment(current_company(), payment_id)
    return _apply_page(payment, _table(payment))


@area.post("/<id:payment_id>/apply")
@needs(Role.ACCOUNTANT)
def apply_payment(payment_id: int) -> tuple[str, int] | Response:
    """Put the amounts on the invoices, all or none; `oldest_first` only fills them in."""
    payment = get_payment(current_company(), payment_id)
    table = ApplyTable(owing(current_company(), payment.customer_id, payment.currency), request.form)
    if request.form.get("action") == OLDEST_FIRST:
        table.oldest_first(payment.balance)
        return _apply_page(payment, table), 200
    if not _apply(payment, table):
        return _apply_page(payment, table), 422
    flash(f"{shown(table.sum, payment.currency)} {payment.currency} of {payment.number} is applied.", "success")
    return redirect(url_for(".show_payment", payment_id=payment_id), 303)


@area.get("/<id:payment_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def confirm_unapply(payment_id: int, invoice_id: int) -> str | Response:
    """How much comes off, and what that does, before it is done."""
    payment = get_payment(current_company(), payment_id)
    applied = next((row.amount for row in payment.applications if row.invoice_id == invoice_id), None)
    if applied is None:
        raise NotAllowedNow("Nothing of this payment lies on that invoice any more. Nothing was changed.")
    form = UnapplyForm(formdata=None)
    form.amount.raw_data = [typed_amount(applied, payment.currency)]
    return _unapply_page(payment, invoice_id, form)


@area.post("/<id:payment_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def unapply_payment(payment_id: int, invoice_id: int) -> tuple[str, int] | Response:
    """Take the amount off the invoice; it becomes the payment's rest."""
    payment = get_payment(current_company(), payment_id)
    invoice = get_invoice(current_company(), invoice_id)
    form = UnapplyForm()
    if not form.validate():
        return _unapply_page(payment, invoice_id, form), 422
    try:
        payments.unapply(payment, invoice, amount=form.amount.data, actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        if error.field != "amount":
            raise
        db.session.rollback()
        form.amount.errors = [*form.amount.errors, error.message]
        return _unapply_page(payment, invoice_id, form), 422
    db.session.commit()
    flash(f"{shown(form.amount.data, payment.currency)} {payment.currency} is off {invoice.number} again.", "success")
    return redirect(url_for(".show_payment", payment_id=payment_id), 303)


def _table(payment: Payment) -> ApplyTable:
    return ApplyTable(owing(current_company(), payment.customer_id, payment.currency))


def _apply(payment: Payment, table: ApplyTable) -> bool:
    """Put the table's amounts on their invoices; False, with the errors at their rows, when it cannot be."""
    if not table.validate(payment.balance):
        return False
    if not table.items():
        table.errors.append("No invoice has an amount. Enter one, or fill them in oldest first.")
        return False
    try:
        payments.apply(payment, table.items(), actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        if not table.add_errors(error):
            raise
        db.session.rollback()
        return False
    db.session.commit()
    return True


def _apply_page(payment: Payment, table: ApplyTable) -> str:
    return render_template(
        "payments/apply.html",
        payment=payment,
        table=table,
        currency=payment.currency,
        available=payment.balance,
        today=current_company().today(),
        sync=state_shown(current_company(), Kind.PAYMENT, payment.id),
    )


def _unapply_page(payment: Payment, invoice_id: int, form: UnapplyForm) -> str:
    invoice = get_invoice(current_company(), invoice_id)
    applied = sum(row.amount for row in payment.applications if row.invoice_id == invoice_id)
    sync = state_shown(current_company(), Kind.PAYMENT, payment.id)
    return render_template(
        "payments/unapply.html", payment=payment, invoice=invoice, applied=applied, form=form, sync=sync
    )
