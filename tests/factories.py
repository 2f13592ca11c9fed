"""Records for tests, made through the services, so that a test says only what it is about.

Everything works inside an application context and flushes; a test that uses several sessions commits.
"""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from cryptography.fernet import Fernet

from portal.config import Settings
from portal.extensions import db
from portal.models.company import Company, Role, User
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import companies, credit_notes, customers, invoices, payments, users
from portal.services.audit import Actor
from portal.services.invoices import InvoiceData, LineData

ACTOR = Actor("test")
PASSWORD = "correct horse battery staple"
TODAY = dt.date(2026, 3, 1)
_KEY = Fernet.generate_key().decode()
_serial = itertools.count(1)


def make_settings(database_url: str, **changes: Any) -> Settings:
    """Settings for an application of the tests."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": "redis://127.0.0.1:1/0",
        "secret_key": "a secret of the tests, long enough",
        "credentials_keys": (_KEY,),
        "testing": True,
    }
    return Settings(**(given | changes))


def make_company(name: str = "", *, currency: str = "USD", timezone: str = "UTC") -> Company:
    """A company; each call without a name makes another one."""
    return companies.add(name or f"Company {next(_serial)}", currency=currency, timezone=timezone, actor=ACTOR)


def make_user(
    company: Company | None = None, role: Role = Role.ADMIN, *, email: str = "", password: str = PASSWORD
) -> User:
    """A member of the company."""
    email = email or f"member{next(_serial)}@company.example"
    return users.add(email, company or make_company(), role, password=password, actor=ACTOR).user


def make_customer(company: Company | None = None, name: str = "", **fields: Any) -> Customer:
    """A customer; `fields` are those of CustomerData (and `origin`)."""
    options = {"origin": fields.pop("origin")} if "origin" in fields else {}
    data = customers.CustomerData(name or f"Customer {next(_serial)}", **fields)
    return customers.create(company or make_company(), data, actor=ACTOR, **options)


def make_line(price: str = "100.00", **fields: Any) -> LineData:
    """One piece at this price; `fields` are those of LineData."""
    given: dict[str, Any] = {"description": "Service plan", "quantity": Decimal(1), "unit_cost": Decimal(price)}
    return LineData(**(given | fields))


def make_invoice_data(customer: Customer, amount: str = "100.00", **fields: Any) -> InvoiceData:
    """An invoice with one line of this amount; `fields` are those of InvoiceData."""
    given: dict[str, Any] = {"customer_id": customer.id, "date": TODAY, "lines": (make_line(amount),)}
    return InvoiceData(**(given | fields))


def make_invoice(amount: str = "100.00", *, customer: Customer | None = None, **fields: Any) -> Invoice:
    """An issued invoice; `fields` are those of InvoiceData (and `origin`)."""
    customer = customer or make_customer()
    options = {"origin": fields.pop("origin")} if "origin" in fields else {}
    data = make_invoice_data(customer, amount, **fields)
    return invoices.create(company_of(customer), data, actor=ACTOR, **options)


def make_payment(
    amount: str = "100.00", *, customer: Customer | None = None, on: dict[Invoice, str] | None = None, **fields: Any
) -> Payment:
    """A payment, put `on` invoices; `fields` are those of PaymentData (and `origin`)."""
    on = on or {}
    owner_id = customer.id if customer is not None else next(iter(on)).customer_id if on else make_customer().id
    owner = db.session.get_one(Customer, owner_id)
    options = {"origin": fields.pop("origin")} if "origin" in fields else {}
    applied = tuple((invoice.id, Decimal(part)) for invoice, part in on.items())
    given: dict[str, Any] = {"customer_id": owner.id, "date": TODAY, "amount": Decimal(amount), "applications": applied}
    return payments.record(company_of(owner), payments.PaymentData(**(given | fields)), actor=ACTOR, **options)


def make_credit_note_data(customer: Customer, amount: str = "100.00", **fields: Any) -> credit_notes.CreditNoteData:
    """A credit note with one line of this amount; `fields` are those of CreditNoteData."""
    given: dict[str, Any] = {"customer_id": customer.id, "date": TODAY, "lines": (make_line(amount),)}
    return credit_notes.CreditNoteData(**(given | fields))


def make_credit_note(
    amount: str = "100.00", *, customer: Customer | None = None, on: dict[Invoice, str] | None = None, **fields: Any
) -> CreditNote:
    """An issued credit note, put `on` invoices; `fields` are those of CreditNoteData (and `origin`)."""
    on = on or {}
    owner_id = customer.id if customer is not None else next(iter(on)).customer_id if on else make_customer().id
    owner = db.session.get_one(Customer, owner_id)
    options = {"origin": fields.pop("origin")} if "origin" in fields else {}
    data = make_credit_note_data(owner, amount, **fields)
    note = credit_notes.create(company_of(owner), data, actor=ACTOR, **options)
    return credit_notes.apply(note, [(invoice, Decimal(part)) for invoice, part in on.items()], actor=ACTOR)


def company_of(record: Customer | Invoice | Payment | CreditNote) -> Company:
    """The company that a record belongs to."""
    return db.session.get_one(Company, record.company_id)
