"""List, show and void payments."""

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
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries import payments as queries
from portal.queries.customers import get_customer
from portal.queries.history import history
from portal.queries.invoices import owing
from portal.queries.words import PaymentStatus
from portal.services import payments

area = Blueprint("payments", __name__, url_prefix="/payments")

TABS = (
    ("", "All"),
    (PaymentStatus.UNAPPLIED, "Not applied"),
    (PaymentStatus.PARTIALLY_APPLIED, "Partly applied"),
    (PaymentStatus.APPLIED, "Applied"),
    (PaymentStatus.VOIDED, "Voided"),
)


@area.get("")
@needs(Role.VIEWER)
def list_payments() -> str:
    """Payments, newest first, narrowed by the filter in the address, with its count and sums."""
    company = current_company()
    wanted = queries.PaymentFilter(
        text=text_arg("q"),
        status=text_arg("status"),
        customer_id=id_arg("customer"),
        currency=text_arg("currency", 3),
        method=text_arg("method"),
        date_from=date_arg("from"),
        date_to=date_arg("to"),
    )
    page = queries.list_payments(company, wanted, after=request.args.get("after", ""))
    return render_template(
        "payments/list.html",
        tabs=TABS,
        methods=METHODS,
        wanted=wanted,
        page=page,
        sums=queries.payment_sums(company, wanted),
        customer=get_customer(company, wanted.customer_id) if wanted.customer_id else None,
        sync=states_shown(company, Kind.PAYMENT, [payment.id for payment in page.items]),
    )


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
        methods=METHODS,
        sync=state_shown(company, Kind.PAYMENT, payment.id),
        invoice_sync=states_shown(company, Kind.INVOICE, [row.invoice_id for row in payment.applications]),
        open_invoices=owing(company, payment.customer_id, payment.currency) if payment.balance else [],
        history=[tell(entry, payment.currency) for entry in history(company, "payment", payment.id)],
        today=company.today(),
    )


@area.get("/<id:payment_id>/void")
@needs(Role.ACCOUNTANT)
def confirm_void(payment_id: int) -> str:
    """What voiding does, here and in Intacct, before it is done."""
    return _void_page(queries.get_payment(current_company(), payment_id), VoidForm())


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
