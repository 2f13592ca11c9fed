"""A portal on its own SQLite file for each test, and browsers that are signed in to it by role."""

from __future__ import annotations

import contextvars
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

import portal.models  # noqa: F401 - registers every table
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models.company import Company, Role
from portal.models.connection import Book, IntacctList
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.invoice_pdf import InvoicePdf
from portal.models.payment import Payment
from portal.services import companies, customers, invoices, payments, users
from portal.services.audit import Actor
from portal.services.customers import CustomerData
from portal.services.invoice_checks import InvoiceData, LineData
from portal.services.payments import PaymentData
from tests.factories import make_settings
from tests.integration.lending import copied, lent

ACTOR = Actor("test")
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """The templates, compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, to be copied for each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    app = create_app(settings_with(path))
    with app.app_context():
        db.create_all()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # all of it in the one file
        db.engine.dispose()
    return path


@pytest.fixture
def app(
    sqlite_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compiled: FileSystemBytecodeCache,
    empty_database: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Flask]:
    """The portal with an empty database, and passwords that are cheap to check."""
    monkeypatch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with lent(settings_with(copied(empty_database, sqlite_path)), request) as app:
        app.jinja_env.bytecode_cache = compiled
        yield app


def settings_with(path: Path) -> Settings:
    """Settings of a portal on the SQLite file `path`."""
    return make_settings(f"sqlite:///{path}")


@pytest.fixture
def company(app: Flask) -> Company:
    """Northfield Supply, with a member of each role."""
    return make_company("Northfield Supply")


def make_company(name: str) -> Company:
    """A company with a member of each role, such as viewer@northfield-supply.example."""
    company = companies.add(name, currency="USD", timezone="America/Chicago", actor=ACTOR)
    for role in Role:
        users.add(f"{role}@{company.slug}.example", company=company, role=role, password=PASSWORD, actor=ACTOR)
    db.session.commit()
    return company


@dataclass(frozen=True)
class SmallBook:
    """A company with a customer that has two open invoices, a draft, and a payment on the first invoice."""

    company: Company
    customer: Customer
    first: Invoice
    second: Invoice
    draft: Invoice
    payment: Payment


@pytest.fixture
def book_of(app: Flask) -> Callable[[str], SmallBook]:
    """Makes the small book of a company by its name."""
    return lambda name: _small_book(make_company(name))


@pytest.fixture
def book(app: Flask, company: Company) -> SmallBook:
    """The small book of Northfield Supply: invoices of 300.00 and 120.50, 100.00 of a 150.00 payment on the first."""
    return _small_book(company)


def _small_book(company: Company) -> SmallBook:
    customer = customers.create(company, CustomerData(name="Harbor Lane Dental", payment_terms="Net 30"), actor=ACTOR)
    first = _invoice(company, customer, dt.date(2026, 9, 1), "300")
    second = _invoice(company, customer, dt.date(2026, 10, 1), "120.50")
    draft = _invoice(company, customer, dt.date(2026, 11, 1), "80", draft=True)
    data = PaymentData(
        customer_id=customer.id,
        date=dt.date(2026, 10, 5),
        amount=Decimal("150"),
        method="check",
        reference="4711",
        applications=((first.id, Decimal("100")),),
    )
    payment = payments.record(company, data, actor=ACTOR)
    db.session.add(InvoicePdf(company_id=company.id, invoice_id=first.id, content=b"%PDF-1.4 a print", modified=""))
    db.session.commit()
    return SmallBook(company, customer, first, second, draft, payment)


def _invoice(company: Company, customer: Customer, date: dt.date, cost: str, *, draft: bool = False) -> Invoice:
    line = LineData("Service plan", Decimal(1), Decimal(cost), metadata={"shelf": "A7"})
    return invoices.create(
        company, InvoiceData(customer_id=customer.id, date=date, lines=(line,), draft=draft), actor=ACTOR
    )


class Browser:
    """A test client that reads a page's token before it sends a form, as a browser would.

    Each request runs in a context of its own: with the test's application context around it, Flask would share
    what it keeps for one request with the next.
    """

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: object) -> TestResponse:
        """Open a page."""
        return self._alone(self.client.get, path, **options)

    def post(self, path: str, data: dict[str, object] | None = None, *, page: str = "", **options: object):
        """Send `data` to `path` with the token that the forms of `page` (default: of `path`) carry."""
        fields = {**(data or {}), "csrf_token": self.token(page or path)}
        return self._alone(self.client.post, path, data=fields, **options)

    def post_bare(self, path: str, data: dict[str, object] | None = None) -> TestResponse:
        """Send a form without a token."""
        return self._alone(self.client.post, path, data=data)

    def token(self, page: str) -> str:
        """The token in the forms of `page`; every page of a member has one, to sign out."""
        text = self.get(page, follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert found, f"{page} shows no form"
        return found[1]

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Sign in through the login page."""
        return self.post("/login", {"email": email, "password": password})

    def _alone(self, send: Callable[..., TestResponse], path: str, **options: object) -> TestResponse:
        db.session.commit()  # lets go of the database: on SQLite a transaction holds it whole
        return contextvars.Context().run(send, path, buffered=True, **options)


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, company: Company) -> Callable[[Role], Browser]:
    """Makes a browser that is signed in to the company in a role."""

    def sign_in(role: Role, of: Company = company) -> Browser:
        browser = Browser(app.test_client())
        browser.sign_in(f"{role}@{of.slug}.example")
        return browser

    return sign_in


@pytest.fixture
def with_intacct(company: Company) -> Callable[..., Book]:
    """Gives the company a book of Intacct, and the lists that were last read of it."""

    def connect(**lists: list[dict[str, str]]) -> Book:
        book = Book(company_id=company.id, intacct_company_id="northfield")
        db.session.add(book)
        db.session.flush()
        db.session.add_all(IntacctList(book_id=book.id, kind=kind, items=items) for kind, items in lists.items())
        db.session.commit()
        return book

    return connect
