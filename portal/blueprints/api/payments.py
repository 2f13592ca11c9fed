"""Payments over the API, with what they are applied to."""

from __future__ import annotations

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import changes, found, listed, sent
from portal.queries.api_documents import PAYMENTS
from portal.queries.bodies import body, payment_bodies
from portal.queries.payments import get_payment
from portal.services import payments
from portal.services.bodies import payment_data

TAG = "Payments"


@operation("GET", "/payments", tag=TAG, gives="payment", listing=PAYMENTS)
def list_payments() -> Answer:
    """List payments."""
    page = found(PAYMENTS)
    return listed(page, payment_bodies(current_company(), page.rows))


@operation("POST", "/payments", tag=TAG, takes="payment", gives="payment", status=201)
def create_payment() -> Answer:
    """Record a payment and put it on invoices."""
    company = current_company()
    payment = payments.record(company, payment_data(company, sent()), actor=current_actor())
    return Answer(body(company, payment), 201)


@operation("GET", "/payments/<id:payment_id>", tag=TAG, gives="payment")
def retrieve_payment(payment_id: int) -> Answer:
    """Retrieve a payment."""
    company = current_company()
    return Answer(body(company, get_payment(company, payment_id)))


@operation("PATCH", "/payments/<id:payment_id>", tag=TAG, takes="payment", gives="payment")
def update_payment(payment_id: int) -> Answer:
    """Change what the body names of a payment."""
    company = current_company()
    payment = get_payment(company, payment_id)
    given, version = changes()
    payments.edit(payment, payment_data(company, given, payment), actor=current_actor(), expected_version=version)
    return Answer(body(company, payment))


@operation(
    "DELETE", "/payments/<id:payment_id>", tag=TAG, status=204,
    more="A voided payment stays in the book; its invoices are due again.",
)  # fmt: skip
def delete_payment(payment_id: int) -> Answer:
    """Void a payment."""
    payments.void(get_payment(current_company(), payment_id), reason="", actor=current_actor())
    return Answer(None, 204)
