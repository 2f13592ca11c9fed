"""What people mistype: each fault at its field, all of them at once, and nothing half-saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.services import companies, customers, invoices, payments, users
from portal.services.renumbering import renumber
from tests.factories import ACTOR, make_company, make_customer, make_invoice, make_invoice_data, make_line, make_payment

MEGABYTE = "x" * 1_000_000


@pytest.fixture
def backend() -> str:
    """These faults are found before a database is asked, but for taken numbers (test_at_once has them on both)."""
    return "sqlite"


def faults(action: Callable[[], Any]) -> dict[str, str]:
    """The text of each fault by field."""
    with pytest.raises(InvalidInput) as caught:
        action()
    return {fault.field: fault.message for fault in caught.value.all}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "", "The name is missing."),
        ("name", " \t ", "The name is missing."),
        ("name", MEGABYTE, "The name may have at most 100 characters; this has 1,000,000."),
        ("name", "A\x07B", "The name holds a character that cannot be kept (U+0007). Remove it."),
        ("name", "A\x00", "(U+0000)"),
        ("name", "two\nlines", "(U+000A)"),
        ("name", "lone \ud800", "(U+D800)"),
        ("name", "no \uffff", "(U+FFFF)"),
        ("email", "ada", "That is not an e-mail address."),
        ("email", "ada@a.example; bob", "That is not an e-mail address."),
        ("currency", "dollars", "A currency is a code of three letters, such as USD."),
        ("phone", "1" * 31, "at most 30 characters"),
        ("metadata", {"k": "v" * 1001}, "at most 1000 characters"),
        ("metadata", {"k": ["v"]}, "A metadata value is text"),
        ("metadata", {str(n): n for n in range(101)}, "At most 100 metadata fields"),
    ],
)
def test_a_customer_with_a_fault_is_refused_at_its_field(company: Company, field: str, value: Any, text: str) -> None:
    data = customers.CustomerData(**{"name": "Harbor Lane", field: value})
    found = faults(lambda: customers.create(company, data, actor=ACTOR))
    assert list(found) == [field]
    assert text in found[field]
    assert db.session.scalar(select(func.count(Customer.id))) == 0


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("quantity", Decimal(0), "must be above zero"),
        ("quantity", Decimal(-1), "must be above zero"),
        ("quantity", Decimal("NaN"), "is not a number"),
        ("quantity", Decimal("Infinity"), "is not a number"),
        ("quantity", Decimal("1e1000"), "too large"),
        ("quantity", Decimal("0.0000001"), "at most 6 decimals"),
        ("unit_cost", Decimal(-1), "may not be negative"),
        ("unit_cost", Decimal("1e13"), "too large"),
        ("amount", Decimal("99.99"), "must be quantity x unit cost: 100.00 USD"),
        ("amount", Decimal("100.001"), "too many decimals"),
        ("name", "", "is missing"),
        ("name", MEGABYTE, "at most 1000 characters"),
        ("account", "4" * 61, "at most 60 characters"),
    ],
)
def test_a_line_with_a_fault_is_refused_at_its_field(company: Company, field: str, value: Any, text: str) -> None:
    line = make_line(**{"description" if field == "name" else field: value})
    data = make_invoice_data(make_customer(company), lines=(make_line(), line))
    found = faults(lambda: invoices.create(company, data, actor=ACTOR))
    assert text in found[f"items.1.{field}"]
    assert db.session.scalar(select(func.count(Invoice.id))) == 0


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("number", "N" * 46, "at most 45 characters; this has 46"),
        ("number", "inv-7", "An invoice with the number inv-7 exists already. Choose another number."),
        ("currency", "US", "three letters"),
        ("date", dt.date(1999, 12, 31), "years 2000 to 2100"),
        ("due_date", dt.date(2101, 1, 1), "years 2000 to 2100"),
        ("discount", Decimal(-1), "may not be negative"),
        ("discount", Decimal("100.01"), "The total may not be negative; it would be -0.01 USD"),
        ("tax", Decimal("0.001"), "too many decimals"),
        ("purchase_order", MEGABYTE, "at most 60 characters"),
    ],
)
def test_an_invoice_with_a_fault_is_refused_at_its_field(field: str, value: Any, text: str) -> None:
    customer = make_customer()
    make_invoice(customer=customer, number="INV-7")
    data = make_invoice_data(customer, **{field: value})
    found = faults(lambda: invoices.create(db.session.get_one(Company, customer.company_id), data, actor=ACTOR))
    assert list(found) == [field]
    assert text in found[field]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("amount", Decimal(0), "must be above zero"),
        ("amount", Decimal(-5), "may not be negative"),
        ("amount", Decimal("1e12") + 1, "too large"),
        ("amount", Decimal("0.005"), "USD has 2"),
        ("method", "barter", "A method is one of ach, cash, check"),
        ("reference", "r" * 201, "at most 200 characters"),
        ("number", "pmt-00001", "A payment with the number pmt-00001 exists already"),
        ("currency", "€", "three letters"),
    ],
)
def test_a_payment_with_a_fault_is_refused_at_its_field(field: str, value: Any, text: str) -> None:
    customer = make_payment().customer
    found = faults(lambda: make_payment(customer=customer, **{field: value}))
    assert list(found) == [field]
    assert text in found[field]


def test_every_fault_is_told_at_once(company: Company) -> None:
    lines = (make_line(description="", quantity=Decimal(-1)),)
    data = invoices.InvoiceData(77, dt.date(1900, 1, 1), currency="usd", number="N" * 50, lines=lines)
    found = faults(lambda: invoices.create(company, data, actor=ACTOR))
    assert list(found) == ["customer", "date", "number", "items.0.quantity", "items.0.name"]


def test_another_companys_customer_is_unknown() -> None:
    stranger = make_customer(make_company())
    found = faults(lambda: invoices.create(make_company(), make_invoice_data(stranger), actor=ACTOR))
    assert found == {"customer": "There is no such customer."}


def test_an_issued_invoice_needs_a_line_and_a_draft_does_not() -> None:
    customer = make_customer()
    with pytest.raises(InvalidInput, match="at least one line"):
        make_invoice(customer=customer, lines=())
    draft = make_invoice(customer=customer, lines=(), draft=True)
    with pytest.raises(InvalidInput, match="has no lines"):
        invoices.issue(draft, actor=ACTOR)


def test_an_issued_invoice_never_becomes_a_draft_again() -> None:
    invoice = make_invoice()
    with pytest.raises(NotAllowedNow, match="cannot become a draft again") as caught:
        invoices.edit(invoice, make_invoice_data(invoice.customer, draft=True), actor=ACTOR)
    assert (caught.value.field, invoice.draft) == ("draft", False)
    with pytest.raises(NotAllowedNow, match="is issued already"):
        invoices.issue(invoice, actor=ACTOR)


def test_a_number_taken_on_edit_is_refused_and_the_own_is_not() -> None:
    first = make_invoice(number="A-1")
    second = make_invoice(customer=first.customer, number="B-1")
    found = faults(lambda: invoices.edit(second, make_invoice_data(first.customer, number="a-1"), actor=ACTOR))
    assert list(found) == ["number"]
    assert invoices.edit(second, make_invoice_data(first.customer, number="b-1"), actor=ACTOR).number == "b-1"
    assert invoices.edit(second, make_invoice_data(first.customer), actor=ACTOR).number == "b-1"
    assert list(faults(lambda: renumber(second, " ", actor=ACTOR))) == ["number"]
    renumber(second, "C-1", actor=ACTOR)
    assert second.number == "C-1"


def test_lines_from_intacct_may_be_negative_and_priced_in_other_ways() -> None:
    lines = (make_line("120.00"), make_line(quantity=Decimal(1), unit_cost=Decimal(-20), amount=Decimal("-19.99")))
    assert make_invoice(lines=lines, origin=Origin.INTACCT).total == Decimal("100.01")


def test_a_company_and_a_user_with_faults_are_refused_at_their_fields() -> None:
    assert list(faults(lambda: companies.add("", currency="x", timezone="Mars/Base", actor=ACTOR))) == [
        "name", "currency", "timezone",
    ]  # fmt: skip
    company = make_company()
    assert list(faults(lambda: users.add("ada", company, "owner", password="long enough", actor=ACTOR))) == [
        "email", "role",
    ]  # fmt: skip
    assert list(faults(lambda: users.add("a@b.example", company, "admin", password="short", actor=ACTOR))) == [
        "password"
    ]


def test_a_refused_edit_changes_nothing() -> None:
    customer = make_customer(name="Before")
    data = customers.CustomerData("After", email="not an address")
    assert list(faults(lambda: customers.edit(customer, data, actor=ACTOR))) == ["email"]
    db.session.commit()
    assert (customer.name, customer.version) == ("Before", 1)


def test_a_payment_on_an_unknown_invoice_is_refused_at_its_place() -> None:
    customer = make_customer()
    applied = ((99, Decimal(1)),)
    assert list(faults(lambda: make_payment(customer=customer, applications=applied))) == ["applied_to.0.invoice"]
    assert db.session.scalar(select(func.count(payments.Payment.id))) == 0


@pytest.fixture(autouse=True)
def _book(company: Company) -> None:
    assert company.id == 1
