"""Customers over the API."""

from __future__ import annotations

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import changes, found, listed, sent_document
from portal.queries.api_documents import CUSTOMERS
from portal.queries.balances import balance_of
from portal.queries.bodies import body, customer_bodies
from portal.queries.customers import get_customer
from portal.services import customers
from portal.services.bodies import customer_data

TAG = "Customers"


@operation("GET", "/customers", tag=TAG, gives="customer", listing=CUSTOMERS)
def list_customers() -> Answer:
    """List customers."""
    page = found(CUSTOMERS)
    return listed(page, customer_bodies(current_company(), page.rows))


@operation("POST", "/customers", tag=TAG, takes="customer", gives="customer", status=201)
def create_customer() -> Answer:
    """Create a customer."""
    company = current_company()
    customer = customers.create(company, customer_data(sent_document()), actor=current_actor())
    return Answer(body(company, customer), 201)


@operation("GET", "/customers/<id:customer_id>", tag=TAG, gives="customer")
def retrieve_customer(customer_id: int) -> Answer:
    """Retrieve a customer."""
    company = current_company()
    return Answer(body(company, get_customer(company, customer_id)))


@operation("PATCH", "/customers/<id:customer_id>", tag=TAG, takes="customer", gives="customer")
def update_customer(customer_id: int) -> Answer:
    """Change what the body names of a customer."""
    company = current_company()
    customer = get_customer(company, customer_id)
    given, version = changes()
    customers.edit(customer, customer_data(given, customer), actor=current_actor(), expected_version=version)
    return Answer(body(company, customer))


@operation(
    "DELETE", "/customers/<id:customer_id>", tag=TAG, status=204,
    more="Nothing of a book is ever deleted: the customer and its documents stay, and the customer becomes inactive.",
)  # fmt: skip
def delete_customer(customer_id: int) -> Answer:
    """Make a customer inactive."""
    customer = get_customer(current_company(), customer_id)
    customers.edit(customer, customer_data({"active": False}, customer), actor=current_actor())
    return Answer(None, 204)


@operation("GET", "/customers/<id:customer_id>/balance", tag=TAG, gives="balance")
def retrieve_balance(customer_id: int) -> Answer:
    """Say what a customer owes and has left, in its own currency and by currency."""
    company = current_company()
    return Answer(balance_of(company, get_customer(company, customer_id)))
