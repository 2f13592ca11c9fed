"""The book through a browser: from the first customer to a voided payment, with and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.models.company import Role


def add_customer(page: Page, name: str) -> None:
    page.goto("/customers/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Payment terms").fill("Net 30")
    page.get_by_role("button", name="Add customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def issue_invoice(page: Page, description: str, cost: str) -> None:
    """From a customer's page."""
    page.get_by_role("link", name="New invoice").click()
    page.get_by_label("Description of line 1").fill(description)
    page.get_by_label("Unit cost of line 1").fill(cost)
    page.get_by_role("button", name="Issue invoice").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INV-")


def figure(page: Page, label: str) -> str:
    tile = page.locator(".tiles > div", has=page.locator(f"dt:text-is('{label}')"))
    return tile.locator(".fig").inner_text()


def test_from_first_customer_to_voided_payment(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    expect(page.get_by_role("heading", level=2)).to_contain_text("Three steps")
    check(page)
    add_customer(page, "Brightwater Logistics")
    customer = page.url
    issue_invoice(page, "Pallet racking", "1,000")
    page.goto(customer)
    issue_invoice(page, "Freight", "250.50")
    check(page)

    page.get_by_role("link", name="Record payment").click()
    expect(page.get_by_label("Amount on INV-00002")).to_have_value("250.50")
    page.get_by_label("Amount", exact=True).fill("1100")
    page.get_by_role("button", name="Fill oldest first").click()
    expect(page.get_by_label("Amount on INV-00001")).to_have_value("1000.00")
    expect(page.get_by_label("Amount on INV-00002")).to_have_value("100.00")
    page.get_by_label("Amount on INV-00002").fill("50")
    expect(page.locator("[data-left]")).to_have_text("50.00")
    check(page)
    page.get_by_role("button", name="Record payment").click()
    expect(page.get_by_role("status")).to_contain_text("PMT-00001 is recorded. 50.00 USD is left to apply.")
    assert figure(page, "Applied") == "1,050.00 USD"
    check(page)

    page.get_by_role("link", name="Un-apply from INV-00002").click()
    check(page)
    page.get_by_role("button", name="Un-apply").click()
    assert figure(page, "Left to apply") == "100.00 USD"
    page.get_by_role("link", name="Apply the rest").click()
    check(page)
    page.get_by_role("button", name="Fill oldest first").click()
    page.get_by_role("button", name="Apply", exact=True).click()
    assert figure(page, "Left to apply") == "0.00 USD"

    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Void this payment").click()
    check(page)
    page.get_by_role("button", name="Void PMT-00001").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Voided")
    page.goto("/invoices/1")
    assert figure(page, "Balance") == "1,000.00 USD"
    expect(page.locator(".line-time")).to_contain_text("1,000.00 USD of PMT-00001 taken off this invoice")


def test_invoice_is_written_without_script(sign_in):
    page = sign_in(Role.ACCOUNTANT, java_script_enabled=False)
    add_customer(page, "Redwood Clinic")
    page.get_by_role("link", name="New invoice").click()
    page.get_by_label("Description of line 1").fill("Crew day")
    page.get_by_label("Quantity of line 1").fill("3")
    page.get_by_label("Unit cost of line 1").fill("1450")
    page.get_by_role("button", name="Add rows").click()
    expect(page.get_by_label("Description of line 6")).to_be_visible()
    expect(page.get_by_label("Description of line 1")).to_have_value("Crew day")
    page.get_by_label("Description of line 6").fill("Freight")
    page.get_by_label("Unit cost of line 6").fill("50")
    page.get_by_role("button", name="Issue invoice").click()
    assert figure(page, "Total") == "4,400.00 USD"


def test_line_editor_computes_while_typing_and_adds_rows(sign_in):
    page = sign_in(Role.ACCOUNTANT)
    add_customer(page, "Redwood Clinic")
    page.get_by_role("link", name="New invoice").click()
    page.get_by_label("Quantity of line 1").fill("3")
    page.get_by_label("Unit cost of line 1").fill("0.335")
    expect(page.locator("[data-amount]").first).to_have_text("1.01")
    page.get_by_label("Discount").fill("2")
    expect(page.locator("[data-total]")).to_have_text("\N{MINUS SIGN}0.99")
    page.get_by_role("button", name="Add rows").click()
    expect(page.get_by_label("Description of line 4")).to_be_focused()
    page.get_by_label("Description of line 4").fill("Added by script")
    page.get_by_label("Unit cost of line 4").fill("10")
    page.get_by_label("Description of line 1").fill("Bolts")
    page.get_by_role("button", name="Save draft").click()
    assert figure(page, "Total") == "9.01 USD"


def test_mistakes_take_focus_and_lead_to_their_fields(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    page.goto("/customers/new")
    page.get_by_label("E-mail").fill("no address")
    page.get_by_role("button", name="Add customer").click()
    expect(page).to_have_title(re.compile("^Error: New customer"))
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
    page.get_by_role("link", name="Enter the customer's name.").click()
    expect(page.get_by_label("Name")).to_be_focused()


@pytest.mark.parametrize("path", ["/login", "/no-such-page"])
def test_pages_of_those_outside_are_accessible(open_page, check, path):
    page = open_page()
    page.goto(path)
    check(page)


def test_lists_and_forms_are_accessible(sign_in, check):
    page = sign_in(Role.ADMIN)
    add_customer(page, "Brightwater Logistics")
    check(page)
    issue_invoice(page, "Pallet racking", "1000")
    for path in ("/", "/customers", "/customers/1/edit", "/invoices", "/invoices/new", "/invoices/1/edit",
                 "/invoices/1/void", "/payments", "/payments/new", "/invoices?q=nothing"):  # fmt: skip
        page.goto(path)
        check(page)


def test_phone_menu_opens_without_script(sign_in):
    page = sign_in(Role.VIEWER, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.get_by_text("Menu: Dashboard").click()
    page.get_by_role("navigation", name="Main, narrow").get_by_role("link", name="Invoices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoices")
