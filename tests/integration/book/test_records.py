"""What becomes of customers, invoices, companies and users, and the history that tells it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company, Role
from portal.queries import companies as company_queries
from portal.queries.customers import CustomerFilter, get_customer, get_customer_by_number, list_customers, open_balances
from portal.queries.history import history
from portal.queries.invoices import (
    InvoiceFilter,
    applications_on,
    get_invoice,
    get_invoice_by_number,
    invoice_sums,
    list_invoices,
    owing,
)  # fmt: skip
from portal.queries.payments import PaymentFilter, get_payment_by_number, list_payments, payment_sums, with_rest
from portal.services import companies, customers, invoices, payments, users
from tests.factories import (
    ACTOR,
    PASSWORD,
    make_company,
    make_customer,
    make_invoice,
    make_invoice_data,
    make_line,
    make_payment,
    make_user,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("app")


def test_an_invoice_takes_currency_terms_and_due_date_from_its_customer() -> None:
    customer = make_customer(currency="eur", payment_terms="NET 30")
    invoice = make_invoice(customer=customer, date=dt.date(2026, 1, 31))
    assert (invoice.currency, invoice.payment_terms, invoice.due_date) == ("EUR", "NET 30", dt.date(2026, 3, 2))


def test_totals_are_lines_less_discount_plus_tax() -> None:
    lines = (make_line(quantity=Decimal(2), unit_cost=Decimal("50.25")), make_line("0.005"))
    invoice = make_invoice(lines=lines, discount=Decimal(5), tax=Decimal(3))
    assert [line.amount for line in invoice.lines] == [Decimal("100.50"), Decimal("0.01")]
    assert (invoice.total, invoice.balance) == (Decimal("98.51"), Decimal("98.51"))


def test_editing_replaces_the_lines_and_raises_the_version() -> None:
    invoice = make_invoice(lines=(make_line("1.00"), make_line("2.00"), make_line("3.00")))
    invoices.edit(
        invoice, make_invoice_data(invoice.customer, lines=(make_line("4.00"), make_line("5.00"))), actor=ACTOR
    )
    db.session.expire_all()
    assert [(line.position, line.amount) for line in invoice.lines] == [(0, 4), (1, 5)]
    assert (invoice.total, invoice.version) == (9, 2)


def test_a_document_without_money_can_move_to_another_customer(company: Company) -> None:
    old, new = make_customer(company, "Old"), make_customer(company, "New")
    invoice, payment = make_invoice(customer=old), make_payment(customer=old)
    assert (invoice.customer.name, payment.customer.name) == ("Old", "Old")
    invoices.edit(invoice, make_invoice_data(new), actor=ACTOR)
    payments.edit(payment, payments.PaymentData(new.id, payment.date, payment.amount), actor=ACTOR)
    assert (invoice.customer.name, payment.customer.name) == ("New", "New")


def test_saving_without_a_change_writes_no_history() -> None:
    invoice = make_invoice()
    invoices.edit(invoice, make_invoice_data(invoice.customer), actor=ACTOR)
    assert invoice.version == 1
    assert [entry.action for entry in history(db.session.get_one(Company, 1), "invoice", invoice.id)] == ["created"]


def test_the_history_says_who_did_what_with_the_values_before_and_after(company: Company) -> None:
    invoice = make_invoice(customer=make_customer(company), draft=True)
    invoices.issue(invoice, actor=ACTOR)
    invoices.edit(invoice, make_invoice_data(invoice.customer, purchase_order="PO 1", tax=Decimal(1)), actor=ACTOR)
    payment = make_payment("101.00", on={invoice: "101.00"})
    invoices.void(invoice, reason="sent twice", actor=ACTOR)
    newest_first = history(company, "invoice", invoice.id)
    assert [entry.action for entry in newest_first] == ["voided", "unapplied", "applied", "edited", "issued", "created"]
    voided, _, applied, edited, _, _ = newest_first
    assert (voided.actor, voided.text) == ("test", "sent twice")
    assert applied.text == "101.00 USD of PMT-00001"
    assert edited.before == {"purchase_order": "", "tax": "0", "total": "100"}
    assert edited.after == {"purchase_order": "PO 1", "tax": "1", "total": "101"}
    assert [entry.text for entry in history(company, "payment", payment.id)] == [
        "101.00 USD off INV-00001", "101.00 USD on INV-00001", "",
    ]  # fmt: skip


def test_editing_a_customer_keeps_its_number_unless_another_is_given() -> None:
    customer = make_customer(name="Harbor Lane")
    customers.edit(customer, customers.CustomerData("Harbor  Lane Dental", active=False), actor=ACTOR)
    assert (customer.number, customer.name_key, customer.active) == ("CUST-00001", "harbor lane dental", False)
    customers.edit(customer, customers.CustomerData("Harbor Lane", number="H-1"), actor=ACTOR, expected_version=2)
    assert (customer.number, customer.number_key, customer.version) == ("H-1", "h-1", 3)


def test_adding_a_company_twice_gives_the_same_one() -> None:
    first = companies.add("Harbor Lane & Co.", actor=ACTOR)
    assert first.slug == "harbor-lane-co"
    assert companies.add("harbor lane,  co", currency="EUR", actor=ACTOR) is first
    assert first.base_currency == "USD"


def test_companies_without_latin_letters_get_slugs_of_their_own() -> None:
    slugs = [companies.add(name, actor=ACTOR).slug for name in ("株式会社", "Компания", "株式会社")]
    assert slugs == ["company-1", "company-2", "company-1"]


def test_adding_a_member_twice_changes_neither_role_nor_password() -> None:
    company = make_company()
    first = users.add("Ada@Example.com", company, Role.VIEWER, password=PASSWORD, actor=ACTOR)
    again = users.add("ada@example.com ", company, Role.ADMIN, password="another password", actor=ACTOR)
    assert (again, again.role) == (first, "viewer")
    assert users.authenticate(" ADA@example.com", PASSWORD) is first.user
    assert users.authenticate("ada@example.com", "another password") is None


def test_only_an_active_user_with_the_right_password_signs_in() -> None:
    user = make_user()
    assert users.authenticate(user.email, PASSWORD) is user
    assert users.authenticate(user.email, PASSWORD + "x") is None
    assert users.authenticate("nobody@company.example", PASSWORD) is None
    assert users.authenticate(user.email, "x" * 1_000_000) is None
    user.active = False
    assert users.authenticate(user.email, PASSWORD) is None
    assert PASSWORD not in user.password_hash


def test_one_user_can_be_a_member_of_several_companies() -> None:
    first, second = make_company("Alpha"), make_company("Beta")
    user = make_user(second, Role.ADMIN)
    users.add(user.email, first, Role.VIEWER, actor=ACTOR)
    assert [(m.company.slug, m.role) for m in company_queries.companies_of(user)] == [
        ("alpha", "viewer"),
        ("beta", "admin"),
    ]
    assert [m.user_id for m in company_queries.members(first)] == [user.id]


def test_another_companys_records_are_not_found() -> None:
    mine, invoice = make_company(), make_invoice(number="X-1")
    for read in (
        lambda: get_invoice(mine, invoice.id),
        lambda: get_invoice_by_number(mine, "X-1"),
        lambda: get_customer(mine, invoice.customer_id),
        lambda: get_customer_by_number(mine, "CUST-00001"),
        lambda: get_payment_by_number(mine, "PMT-00001"),
    ):
        with pytest.raises(NotFound):
            read()
    assert list_invoices(mine).items == []


def test_a_record_is_found_by_its_number_in_any_case() -> None:
    invoice = make_invoice(number="Straße-1")
    assert get_invoice_by_number(db.session.get_one(Company, 1), " STRASSE-1 ") is invoice


def test_pages_follow_each_other_without_gap_or_repeat(company: Company) -> None:
    customer = make_customer(company)
    for day in (1, 2, 2, 2, 3, 3, 9):
        make_invoice(customer=customer, date=dt.date(2026, 1, day))
    seen, after = [], ""
    while True:
        page = list_invoices(company, after=after, limit=2)
        seen += [(invoice.date, invoice.id) for invoice in page.items]
        after = page.next_after
        if not after:
            break
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


def test_customers_page_by_name_even_when_names_are_equal(company: Company) -> None:
    for name in ("b", "A", "a", "B", "c"):
        make_customer(company, name)
    first = list_customers(company, limit=3)
    second = list_customers(company, after=first.next_after, limit=3)
    assert [c.name for c in first.items + second.items] == ["A", "a", "b", "B", "c"]
    assert second.next_after == ""
    assert [c.name for c in list_customers(company, CustomerFilter(text="C")).items] == ["A", "a", "b", "B", "c"]
    assert [c.name for c in list_customers(company, CustomerFilter(text="%")).items] == []


def test_the_status_filter_agrees_with_the_status_of_each_invoice(company: Company) -> None:
    customer, today = make_customer(company), company.today()
    tomorrow, yesterday = today + dt.timedelta(1), today - dt.timedelta(1)
    made = {
        "draft": make_invoice(customer=customer, draft=True, due_date=yesterday),
        "open": make_invoice(customer=customer, due_date=today),
        "past_due": make_invoice(customer=customer, due_date=yesterday),
        "partially_paid": make_invoice(customer=customer, due_date=tomorrow),
        "paid": make_invoice(customer=customer, due_date=yesterday),
        "voided": make_invoice(customer=customer, due_date=yesterday),
    }
    make_payment("150.00", on={made["partially_paid"]: "50.00", made["paid"]: "100.00"})
    invoices.void(made["voided"], actor=ACTOR)
    for status, invoice in made.items():
        assert invoice.status(today) == status
        assert list_invoices(company, InvoiceFilter(status=status)).items == [invoice]


def test_sums_follow_the_filter_by_currency(company: Company) -> None:
    customer = make_customer(company)
    first = make_invoice("10.10", customer=customer)
    make_invoice("20.20", customer=customer, currency="EUR")
    make_invoice("30.30", customer=customer, draft=True)
    payment = make_payment("50.00", on={first: "10.00"})
    payments.void(make_payment("7.00", customer=customer), actor=ACTOR)
    euro, dollar = invoice_sums(company)
    assert (euro.currency, euro.count, euro.total, euro.balance) == ("EUR", 1, Decimal("20.20"), Decimal("20.20"))
    assert (dollar.currency, dollar.count, dollar.total) == ("USD", 2, Decimal("40.40"))
    assert invoice_sums(company, InvoiceFilter(number="nothing")) == []
    received = payment_sums(company)[0]
    assert (received.count, received.total, received.balance) == (2, Decimal("57.00"), Decimal("40.00"))
    assert open_balances(company, customer) == {"EUR": Decimal("20.20"), "USD": Decimal("0.10")}
    assert owing(company, customer.id, "usd") == [first]
    assert with_rest(company, customer.id) == [payment]
    assert [row.amount for row in applications_on(first)] == [10]
    assert list_payments(company, PaymentFilter(status="partially_applied", text="pmt")).items == [payment]
