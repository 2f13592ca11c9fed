"""What a person may decide about a record that is only in Intacct: whose customer it is here."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.customer import Customer
from portal.models.sync import Kind, Problem
from portal.models.types import utcnow
from portal.services import customers, wanted
from portal.services.audit import Actor
from portal.services.customers import CustomerData
from portal.sync import links


def pick_customer(problem: Problem, to: str, actor: Actor) -> None:
    """Link Intacct's customer to the one here whose number is `to`. Raises InvalidInput, NotAllowedNow. Flushes."""
    company_id = db.session.get_one(Book, problem.book_id).company_id
    query = select(Customer).where(Customer.company_id == company_id, Customer.number_key == to.casefold())
    customer = db.session.scalar(query)
    if customer is None:
        raise InvalidInput(f"There is no customer {to} here.", field="to")
    _link(problem, customer, actor)


def create_customer(problem: Problem, to: str, actor: Actor) -> None:
    """Add another customer of that name here; the next import brings its details. Flushes."""
    company_id = db.session.get_one(Book, problem.book_id).company_id
    company = db.session.get_one(Company, company_id)
    data = CustomerData(name=problem.details["name"])
    _link(problem, customers.create(company, data, actor=actor, origin=Origin.INTACCT), actor)


def _link(problem: Problem, customer: Customer, actor: Actor) -> None:
    book = db.session.get_one(Book, problem.book_id)
    row = wanted.sync_row(book, Kind.CUSTOMER, customer)
    if row.key:
        raise NotAllowedNow(f"{customer.number} stands for {row.number_there} in Intacct already. Nothing was changed.")
    links.link_without_posting(
        row, problem.key, problem.details["customer_id"], {"name": problem.details["name"]}, ""
    )  # fmt: skip
    problem.closed_at, problem.closed_by = utcnow(), actor.text
    db.session.flush()
