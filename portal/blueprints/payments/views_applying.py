"""Put the rest of a payment on invoices, and take it off again."""

from __future__ import annotations

from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.moving import Source, do_apply, do_unapply, show_apply, show_unapply
from portal.blueprints.payments.views import area
from portal.models.company import Role
from portal.models.sync import Kind
from portal.queries.payments import get_payment

PAYMENTS = Source(
    "payment", "Payments", "payments.list_payments", "payments.show_payment", "payment_id", Kind.PAYMENT
)  # fmt: skip


@area.get("/<id:payment_id>/apply")
@needs(Role.ACCOUNTANT)
def choose_invoices(payment_id: int) -> str:
    """The open invoices that the rest of the payment can go on."""
    return show_apply(PAYMENTS, get_payment(current_company(), payment_id))


@area.post("/<id:payment_id>/apply")
@needs(Role.ACCOUNTANT)
def apply_payment(payment_id: int) -> tuple[str, int] | Response:
    """Put the amounts on the invoices, all or none."""
    return do_apply(PAYMENTS, get_payment(current_company(), payment_id))


@area.get("/<id:payment_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def confirm_unapply(payment_id: int, invoice_id: int) -> str:
    """How much comes off, and what that does, before it is done."""
    return show_unapply(PAYMENTS, get_payment(current_company(), payment_id), invoice_id)


@area.post("/<id:payment_id>/unapply/<id:invoice_id>")
@needs(Role.ACCOUNTANT)
def unapply_payment(payment_id: int, invoice_id: int) -> tuple[str, int] | Response:
    """Take the amount off the invoice; it becomes the payment's rest."""
    return do_unapply(PAYMENTS, get_payment(current_company(), payment_id), invoice_id)
