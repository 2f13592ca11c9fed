"""Payments over the API, with what they are applied to."""

from __future__ import annotations

from decimal import Decimal

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import changes, found, listed, sent_document
from portal.models.base import JsonDict
from portal.models.company import Company
from portal.money import ZERO
from portal.queries.api_documents import PAYMENTS
from portal.queries.bodies import body, credit_applied, payment_bodies
from portal.queries.payments import get_payment
from portal.services import applying, payments
from portal.services.bodies import credit_data, is_credit, payment_data
from portal.services.body_reader import BodyReader
from portal.services.payment_changes import change

TAG = "Payments"


@operation("GET", "/payments", tag=TAG, gives="payment", listing=PAYMENTS)
def list_payments() -> Answer:
    """List payments."""
    page = found(PAYMENTS)
    return listed(page, payment_bodies(current_company(), page.rows))


@operation(
    "POST", "/payments", tag=TAG, takes="payment", gives="payment", status=201,
    more="What no invoice takes stays as the payment's balance. The answer to credit notes has no id: no money moved.",
)  # fmt: skip
def create_payment() -> Answer:
    """Record a payment and put it on invoices; or, with amount 0, put credit notes on invoices."""
    company = current_company()
    given = sent_document()
    if is_credit(given):
        moves = [(move.source, move.invoice, move.amount or ZERO) for move in credit_data(company, given)]
        applying.apply_all(moves, actor=current_actor())
        return Answer(credit_applied(company, moves), 201)
    payment = payments.record(company, payment_data(company, given), actor=current_actor())
    return Answer(body(company, payment), 201)


@operation("GET", "/payments/<id:payment_id>", tag=TAG, gives="payment")
def retrieve_payment(payment_id: int) -> Answer:
    """Retrieve a payment."""
    company = current_company()
    return Answer(body(company, get_payment(company, payment_id)))


@operation(
    "PATCH", "/payments/<id:payment_id>", tag=TAG, takes="payment", gives="payment",
    more="`applied_to`, where the body names it, becomes all that the payment is put on.",
)  # fmt: skip
def update_payment(payment_id: int) -> Answer:
    """Change what the body names of a payment."""
    company = current_company()
    payment = get_payment(company, payment_id)
    given, version = changes()
    header = {name: value for name, value in given.items() if name != "applied_to"}
    data = payment_data(company, header, payment)
    if "applied_to" in given:
        applied = _applied_to(company, given)
        change(payment, data, applied, actor=current_actor(), expected_version=version)
    else:
        payments.edit(payment, data, actor=current_actor(), expected_version=version)
    return Answer(body(company, payment))


@operation(
    "DELETE", "/payments/<id:payment_id>", tag=TAG, status=204,
    more="A voided payment stays in the book; its invoices are due again.",
)  # fmt: skip
def delete_payment(payment_id: int) -> Answer:
    """Void a payment."""
    payments.void(get_payment(current_company(), payment_id), reason="", actor=current_actor())
    return Answer(None, 204)


def _applied_to(company: Company, given: JsonDict) -> tuple[tuple[int, Decimal], ...]:
    read = BodyReader(given)
    applied = read.applications(company)
    read.faults.end()
    return applied
