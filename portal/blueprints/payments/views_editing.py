"""Edit a payment's own facts; what it lies on is changed on its page."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.payments.forms import PaymentForm, form_of
from portal.blueprints.payments.views import area
from portal.blueprints.stale import meanwhile, version_of
from portal.blueprints.syncing import state_shown
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Role
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries.payments import get_payment
from portal.services import payments
from portal.services.allowed import actions
from portal.services.records import STALE


@area.get("/<id:payment_id>/edit")
@needs(Role.ACCOUNTANT)
def edit_payment(payment_id: int) -> str | Response:
    """The form with what the payment is now; a voided one is only shown."""
    payment = get_payment(current_company(), payment_id)
    answer = actions(payment)["edit"]
    if not answer.yes:
        flash(answer.reason, "warning")
        return redirect(url_for(".show_payment", payment_id=payment_id), 303)
    return _page(payment, form_of(payment))


@area.post("/<id:payment_id>/edit")
@needs(Role.ACCOUNTANT)
def update_payment(payment_id: int) -> tuple[str, int] | Response:
    """Save the payment, unless somebody else saved it meanwhile."""
    payment = get_payment(current_company(), payment_id)
    form = PaymentForm()
    if not form.validate():
        return _page(payment, form), 422
    data = form.payment_data(payment.customer_id, payment.currency, (), payment)
    try:
        payments.edit(payment, data, actor=current_actor(), expected_version=version_of(form.version.data))
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _page(payment, form), 422
    except NotAllowedNow as error:
        if error.code != STALE:
            raise
        db.session.rollback()
        form.version.data = str(payment.version)
        return _page(payment, form, stale=True), 409
    db.session.commit()
    flash(f"{payment.number} is saved.", "success")
    return redirect(url_for(".show_payment", payment_id=payment_id), 303)


def _page(payment: Payment, form: PaymentForm, *, stale: bool = False) -> str:
    company = current_company()
    return render_template(
        "payments/edit.html",
        payment=payment,
        form=form,
        stale=stale,
        meanwhile=meanwhile(company, "payment", payment.id) if stale else None,
        remark=actions(payment)["edit"].reason,
        sync=state_shown(company, Kind.PAYMENT, payment.id),
    )
