"""What every plan starts from: a migrated database with a connected company and a book, made once and copied.

The book has what can go wrong in its own way: batches of invoices (more than one request holds), a discount and a tax,
payments whole, in part, over two invoices and with a rest, and credit notes used in part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.services import connection
from tests.drills.plans.place import INVOICES, SECRETS, Place, number
from tests.factories import make_company, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.conftest import migrate
from tests.integration.intacct_world import connect_company, make_core
from tests.integration.ops.stacks import clean_environment
from tests.postgres import Databases, Server, programs


@contextmanager
def server() -> Iterator[tuple[Server, Databases]]:
    """A PostgreSQL server of our own."""
    found = programs()
    assert found is not None, "no PostgreSQL: install Debian's postgresql"
    running = Server(found)
    try:
        running.start()
        yield running, Databases(running.address)
    finally:
        running.remove()


@contextmanager
def made() -> Iterator[Place]:
    """A PostgreSQL server of our own with the template on it."""
    with server() as (running, databases):
        yield Place(databases, lay(databases), running)


def lay(databases: Databases) -> str:
    """Make the database; its name. Nothing of it is in Intacct yet."""
    name = databases.create()
    migrate(databases.url(name))
    own = {"DATABASE_URL": databases.url(name), "REDIS_URL": "redis://127.0.0.1:1/0"}
    app = create_app(Settings.from_env(clean_environment() | SECRETS | own))
    core = make_core(app)
    with app.app_context():
        company = make_company("Northfield Supply")
        connect_company(company, core)
        _fill(company)
        connection.get(company)[0].session_encrypted = b""  # of a sandbox that ends with this function
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    core.close()
    return name


def _fill(company: Company) -> None:
    customers = [
        make_customer(company, "Brightwater Logistics", number="C-1"),
        make_customer(company, "Kestrel Tool Works", number="C-2"),
    ]
    bills = [_invoice(customers[place % 2], place) for place in range(INVOICES)]
    for place in range(6):
        make_payment(str(bills[place].total), on={bills[place]: str(bills[place].total)}, number=f"NP-{place:02}")
    make_payment("15.50", on={bills[6]: "10.25", bills[8]: "5.25"}, number="NP-06")
    make_payment("50.00", on={bills[9]: "12.34"}, number="NP-07")
    make_payment("15.00", on={bills[7]: "0.01"}, number="NP-08")
    make_payment(str(bills[12].total), on={bills[12]: str(bills[12].total)}, number="NP-09")
    make_credit_note("8.00", on={bills[10]: "5.00"}, number="NC-00")
    make_credit_note("3.00", on={bills[11]: "3.00"}, number="NC-01")


def _invoice(customer: Customer, place: int) -> Invoice:
    extra = {"discount": Decimal("5.00"), "tax": Decimal("3.00")} if place in (12, 13) else {}
    return make_invoice(f"{20 + place}.{place:02}", customer=customer, number=number(place), **extra)
