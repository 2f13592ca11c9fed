"""The demo's company: its members, its connection to the sandbox, and what it sells."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.cli.intacct import refresh_lists
from portal.cli.sandbox import Sandbox
from portal.extensions import db
from portal.jobs.metering import metered
from portal.models.company import Company, Role
from portal.models.connection import Connection
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.usage import CHECK
from portal.services import companies, connection, customers, gateways, integration_settings, invoices, payments, users
from portal.services.audit import Actor
from portal.services.customers import CustomerData
from portal.services.invoices import InvoiceData, LineData
from portal.services.payments import PaymentData

COMPANY = "Fernhill Supplies"
LOGIN = {"email": "demo@fernhill.example", "password": "fernhill-demo"}
"""Known to everybody: the demo serves on this machine only and holds made-up records."""

_MEMBERS = (
    (LOGIN["email"], Role.ADMIN, "Dana Demo"),
    ("accountant@fernhill.example", Role.ACCOUNTANT, "Alex Accountant"),
    ("viewer@fernhill.example", Role.VIEWER, "Vic Viewer"),
)
_ACTOR = Actor("demo")

_CUSTOMERS = {
    "Harbor Lane Dental": ("ap@harborlane.example", "12 Harbor Lane", "Portland", "OR", "97204"),
    "Juniper & Sons Books": ("accounts@juniper.example", "48 Elm Street", "Burlington", "VT", "05401"),
    "Quarry Road Garage": ("office@quarryroad.example", "3 Quarry Road", "Duluth", "MN", "55802"),
}
_SALES: tuple[tuple[str, str, int, str, str], ...] = (
    ("Harbor Lane Dental", "Appointment cards, box of 500", 4, "38.50", "check"),
    ("Harbor Lane Dental", "Patient folders, box of 100", 2, "61.25", ""),
    ("Juniper & Sons Books", "Kraft paper bags, 1,000", 3, "54.00", "ach"),
    ("Juniper & Sons Books", "Till rolls, box of 20", 6, "21.90", ""),
    ("Quarry Road Garage", "Job sheets, pad of 50", 12, "9.75", ""),
)
"""Customer, what was sold, how many, unit cost, and how it was paid in full ("" = not yet)."""


def prepare(box: Sandbox) -> Company:
    """The demo company with its members, connected to the sandbox; harmless when all is there. Commits."""
    company = companies.add(COMPANY, actor=_ACTOR)
    for email, role, name in _MEMBERS:
        users.add(email, company, role, password=LOGIN["password"], name=name, actor=_ACTOR)
    db.session.commit()
    connect(company, box)
    return company


def sell(company: Company) -> Invoice:
    """A day's business: an invoice for each sale, and the payments for those that were paid. Commits.

    Returns an invoice that nobody has paid yet.
    """
    unpaid = None
    for name, text, quantity, unit_cost, method in _SALES:
        invoice = _invoice(company, _customer(company, name), text, quantity, Decimal(unit_cost))
        if method:
            _pay(company, invoice, method)
        else:
            unpaid = invoice
    db.session.commit()
    assert unpaid is not None
    return unpaid


def _customer(company: Company, name: str) -> Customer:
    present = db.session.scalar(select(Customer).where(Customer.company_id == company.id, Customer.name == name))
    if present is not None:
        return present
    email, street, city, state, postal_code = _CUSTOMERS[name]
    data = CustomerData(
        name=name, email=email, address1=street, city=city, state=state, postal_code=postal_code, country="US"
    )
    return customers.create(company, data, actor=_ACTOR)


def _invoice(company: Company, customer: Customer, text: str, quantity: int, unit_cost: Decimal) -> Invoice:
    today = company.today()
    line = LineData(description=text, quantity=Decimal(quantity), unit_cost=unit_cost)
    data = InvoiceData(customer_id=customer.id, date=today, due_date=today + timedelta(days=30), lines=(line,))
    return invoices.create(company, data, actor=_ACTOR)


def _pay(company: Company, invoice: Invoice, method: str) -> None:
    data = PaymentData(
        customer_id=invoice.customer_id,
        date=company.today(),
        amount=invoice.balance,
        method=method,
        applications=((invoice.id, invoice.balance),),
    )
    payments.record(company, data, actor=_ACTOR)


def connect(company: Company, box: Sandbox) -> None:
    """Connect the company to the sandbox's, and choose the accounts; harmless when that is done. Commits."""
    present = db.session.get(Connection, company.id)
    if present is not None:
        gateways.keep_session(present, None)  # it names the port that the sandbox had last time
        db.session.commit()
        return
    db.session.commit()
    login = connection.LoginData(box.company_id, box.user_id, box.user_password)
    with metered(company.id, CHECK):
        checked = connection.check(login)
    connection.save(company, login, checked, actor=_ACTOR)
    accounts = {"income_account": box.gl_account, "deposit_to": f"bank:{box.bank_account}"}
    integration_settings.change(company, accounts, actor=_ACTOR)
    db.session.commit()
    refresh_lists(company)
