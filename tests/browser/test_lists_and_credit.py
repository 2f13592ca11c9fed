"""Credit notes, lists, acting on many, and the dashboard, through a browser with and without script."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from portal.models.company import Role


def add_customer(page: Page, name: str) -> None:
    page.goto("/customers/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Payment terms").fill("Due on receipt")
    page.get_by_role("button", name="Add customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def write_invoice(page: Page, cost: str, button: str = "Issue invoice") -> None:
    page.goto("/invoices/new?customer=1")
    page.get_by_label("Description of line 1").fill("Freight")
    page.get_by_label("Unit cost of line 1").fill(cost)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INV-")


def figure(page: Page, label: str) -> str:
    return page.locator(".tiles > div", has=page.locator(f"dt:text-is('{label}')")).locator(".fig").inner_text()


def test_credit_note_from_an_invoice_is_applied_to_two_and_taken_off_one(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    add_customer(page, "Brightwater Logistics")
    write_invoice(page, "1000")
    write_invoice(page, "250")
    page.get_by_text("More", exact=True).click()
    check(page)
    page.get_by_role("link", name="Credit this invoice").click()
    expect(page.get_by_label("Description of line 1")).to_have_value("Freight")
    page.get_by_label("Unit cost of line 1").fill("300")
    check(page)
    page.get_by_role("button", name="Issue credit note").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("CN-00001")
    page.get_by_role("link", name="Apply to invoices").click()
    page.get_by_label("Amount on INV-00001").fill("100")
    page.get_by_label("Amount on INV-00002").fill("200")
    expect(page.locator("[data-left]")).to_have_text("0.00")
    check(page)
    page.get_by_role("button", name="Apply", exact=True).click()
    assert figure(page, "Left to apply") == "0.00 USD"
    check(page)
    page.get_by_role("link", name="INV-00002").first.click()
    assert figure(page, "Credited") == "200.00 USD"
    assert figure(page, "Balance") == "50.00 USD"
    page.get_by_role("link", name="Un-apply CN-00001").click()
    page.get_by_role("button", name="Un-apply").click()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Void this credit note").click()
    check(page)
    page.get_by_role("button", name="Void CN-00001").click()
    page.goto("/invoices/1")
    assert figure(page, "Balance") == "1,000.00 USD"


def test_list_is_filtered_sorted_and_acted_on_without_script(sign_in):
    page = sign_in(Role.ACCOUNTANT, java_script_enabled=False)
    add_customer(page, "Redwood Clinic")
    write_invoice(page, "500", "Save draft")
    write_invoice(page, "70", "Save draft")
    write_invoice(page, "9")
    page.goto("/invoices")
    page.get_by_role("link", name="Draft 2").click()
    page.get_by_role("link", name="Total").click()
    expect(page.get_by_role("columnheader", name="Total")).to_have_attribute("aria-sort", "descending")
    page.get_by_text("More filters").click()
    page.get_by_label("Amount from").fill("60")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="from 60")).to_be_visible()
    expect(page.locator(".bulk")).to_be_hidden()
    page.get_by_label("All 2 invoices of this list").check()
    expect(page.locator(".bulk")).to_contain_text("All 2 invoices of this list, on every page")
    page.get_by_role("button", name="Issue").click()
    expect(page.get_by_text("2 invoices over 570.00 USD")).to_be_visible()
    page.get_by_role("button", name="Issue 2 invoices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 invoices issued")
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(re.compile("status=draft"))
    expect(page.get_by_text("No invoice matches")).to_be_visible()


def test_ticks_of_a_list_by_keyboard_and_its_file(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    add_customer(page, "Redwood Clinic")
    write_invoice(page, "500")
    write_invoice(page, "70")
    page.goto("/invoices?status=unpaid")
    page.get_by_label("All 2 invoices of this list").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Choose INV-00001")).to_be_checked()
    page.get_by_label("Choose INV-00001").press("Space")
    expect(page.get_by_label("All 2 invoices of this list")).not_to_be_checked()
    expect(page.locator(".bulk")).to_contain_text("With the ticked invoices")
    check(page)
    page.get_by_role("button", name="Void").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Void 1 invoice")
    check(page)
    page.get_by_label("Reason").fill("Ordered twice")
    page.get_by_role("button", name="Void 1 invoice").click()
    expect(page.get_by_role("status")).to_contain_text("1 invoice voided.")
    check(page)
    page.goto("/invoices?status=unpaid")
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV of this").click()
    assert started.value.suggested_filename == "invoices.csv"


def test_duplicate_and_payment_are_changed_and_the_dashboard_adds_up(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    add_customer(page, "Kestrel Marine")
    write_invoice(page, "500")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("status").first).to_contain_text("INV-00002 is a draft with the lines of INV-00001")
    page.get_by_role("button", name="Issue invoice").click()
    page.goto("/payments/new?customer=1")
    page.get_by_label("Amount", exact=True).fill("600")
    page.get_by_role("button", name="Fill oldest first").click()
    page.get_by_label("Amount on INV-00002").fill("40")
    page.get_by_role("button", name="Record payment").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    check(page)
    page.get_by_label("Amount").fill("610")
    page.get_by_role("button", name="Save payment").click()
    assert figure(page, "Left to apply") == "70.00 USD"
    page.goto("/payments?status=with_rest")
    expect(page.get_by_role("rowheader", name="PMT-00001")).to_be_visible()
    page.goto("/")
    assert figure(page, "Outstanding") == "460.00 USD"
    assert figure(page, "Not yet applied") == "70.00 USD"
    expect(page.locator(".line-time")).to_contain_text("Payment PMT-00001 changed, Kestrel Marine")
    check(page)
    page.get_by_role("link", name="Not due").click()
    expect(page.get_by_role("rowheader", name="INV-00002")).to_be_visible()


def test_customer_is_made_inactive_and_its_documents_stand_in_tabs(sign_in, check):
    page = sign_in(Role.ACCOUNTANT)
    add_customer(page, "Quarry Hill Builders")
    write_invoice(page, "500")
    page.goto("/customers/1")
    page.get_by_role("link", name="Payments 0").click()
    expect(page.get_by_text("Nothing came in from Quarry Hill Builders.")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Make inactive").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inactive")
    page.get_by_text("More", exact=True).click()
    check(page)
    page.goto("/customers?status=inactive")
    expect(page.get_by_role("rowheader", name="Quarry Hill Builders")).to_be_visible()
    check(page)


def test_new_pages_are_accessible_empty_and_full(sign_in, check):
    page = sign_in(Role.ADMIN)
    for path in ("/credit-notes", "/payments", "/invoices?amount_from=abc"):
        page.goto(path)
        check(page)
    add_customer(page, "Brightwater Logistics")
    write_invoice(page, "100")
    for path in ("/credit-notes/new", "/credit-notes/new?invoice=1", "/invoices?amount_from=1&from=soon",
                 "/invoices/bulk?do=issue&id=1", "/customers/1?show=credit_notes"):  # fmt: skip
        page.goto(path)
        check(page)
    page.goto("/credit-notes/new?customer=1")
    page.get_by_label("Date").fill("")
    page.get_by_role("button", name="Issue credit note").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
