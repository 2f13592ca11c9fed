"""Show and void payments."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import VoidForm
from portal.blueprints.rendering import METHODS
from portal.blueprints.syncing import state_shown, states_shown
from portal.blueprints.telling import told
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Role
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries import payments as queries
from portal.queries.invoices import owing
from portal.services import payments
from portal.services.allowed import actions, require

area = Blueprint("payments", __name__, url_prefix="/payments")


@area.get("/<id:payment_id>")
@needs(Role.VIEWER)
def show_payment(payment_id: int) -> str:
    """A payment: what came, what it lies on, what is left, how it stands with Intacct, and its history."""
    company = current_company()
    payment = queries.get_payment(company, payment_id)
    queries.with_applications([payment])
    return render_template(
        "payments/show.html",
        payment=payment,
        allowed=actions(payment),
        methods=METHODS,
        sync=state_shown(company, Kind.PAYMENT, payment.id),
        invoice_sync=states_shown(company, Kind.INVOICE, [row.invoice_id for row in payment.applications]),
        open_invoices=owing(company, payment.customer_id, payment.currency) if payment.balance else [],
        history=told(company, Kind.PAYMENT, payment.id, payment.currency),
        today=company.today(),
    )


@area.get("/<id:payment_id>/void")
@needs(Role.ACCOUNTANT)
def confirm_void(payment_id: int) -> str:
    """What voiding does, here and in Intacct, before it is done."""
    payment = queries.get_payment(current_company(), payment_id)
    require(payment, "void")
    return _void_page(payment, VoidForm(formdata=None))


@area.post("/<id:payment_id>/void")
@needs(Role.ACCOUNTANT)
def void_payment(payment_id: int) -> tuple[str, int] | Response:
    """Take the payment back; its invoices are due again."""
    payment = queries.get_payment(current_company(), payment_id)
    form = VoidForm()
    try:
        payments.void(payment, reason=form.reason.data or "", actor=current_actor())
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _void_page(payment, form), 422
    db.session.commit()
    flash(f"{payment.number} is voided. What it paid is due again.", "success")
    return redirect(url_for(".show_payment", payment_id=payment_id), 303)


def _void_page(payment: Payment, form: VoidForm) -> str:
    queries.with_applications([payment])
    sync = state_shown(current_company(), Kind.PAYMENT, payment.id)
    return render_template("payments/void.html", payment=payment, form=form, sync=sync)
