"""What is read on a phone fits it: the amounts of large companies, and the set-up guide by keyboard and in the dark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models.company import Company, Role
from portal.models.sync import Kind, Problem
from portal.models.types import utcnow
from portal.models.usage import GatewayUsage
from portal.services.wanted import active_book, find_row
from tests.browser.conftest import NARROW, LivePortal, assert_fits
from tests.browser.test_tie_out_journey import PAGE, core, work
from tests.factories import make_customer, make_invoice

__all__ = ["core"]

SCROLLS = """table => { const box = table.closest('.scroll'); return box.scrollWidth - box.clientWidth }"""


def test_the_aging_of_large_sums_fits_a_phone(
    core: SandboxCore, live_portal: LivePortal, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    with live_portal.app.app_context():
        company = db.session.scalars(db.select(Company)).one()
        make_invoice("98765432.10", customer=make_customer(company, "Harbor Lane"), number="INV-2")
        db.session.commit()
    page = sign_in(Role.ADMIN, viewport=NARROW)
    expect(page.get_by_role("heading", name="Aging")).to_be_visible()
    assert page.locator("table.age").evaluate(SCROLLS) <= 0
    assert_fits(page)
    page.goto(PAGE)
    page.get_by_role("button", name="Compare both books").first.click()
    work(live_portal)
    page.goto(PAGE)
    aging = page.get_by_role("region", name="Aging on both sides").locator("table")
    assert aging.evaluate(SCROLLS) <= 0
    expect(aging).to_contain_text("differs by 98,765,472.10")
    owing = page.get_by_role("region", name="Table of customers").get_by_role("row", name="Harbor Lane")
    expect(owing.get_by_text("Intacct 0.00")).to_be_visible()
    check(page)


@pytest.mark.parametrize("path", ["/invoices/new", "/payments/new", "/credit-notes/new"])
def test_customers_of_one_name_are_told_apart_by_their_numbers(
    path: str, live_portal: LivePortal, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    with live_portal.app.app_context():
        company = db.session.scalars(db.select(Company)).one()
        for number in ("C-1007", "C-2014"):
            make_customer(company, "Harbor Lane", number=number)
        db.session.commit()
    page = sign_in(Role.ACCOUNTANT, viewport=NARROW)
    page.goto(path)
    for number in ("C-1007", "C-2014"):
        expect(page.get_by_role("row", name=f"Harbor Lane {number}")).to_be_visible()
    check(page)


def test_a_closed_problem_of_a_long_title_and_address_fits_a_phone(
    core: SandboxCore, live_portal: LivePortal, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    with live_portal.app.app_context():
        book = active_book(db.session.scalars(db.select(Company)).one().id)
        assert book is not None
        row = find_row(book.id, Kind.CUSTOMER, 1)
        assert row is not None
        about = {"code": "customer_name_linked", "guide": "customer_name_linked", "text": "Its name is taken."}
        for closed_by in ("run 1", "accounts.receivable@northfield-supply.example"):
            closed = Problem(book_id=book.id, sync_row_id=row.id, closed_at=utcnow(), closed_by=closed_by, **about)
            db.session.add(closed)
        db.session.commit()
    page = sign_in(Role.ADMIN, viewport=NARROW)
    for path in ("/settings/accounting-sync/problems", "/settings/accounting-sync/problems/closed"):
        page.goto(path)
        page.set_viewport_size(NARROW)
        title = page.get_by_role("link", name="belongs to another one here").first.bounding_box()
        person = page.get_by_text("closed by accounts.receivable").bounding_box()
        assert title is not None
        assert person is not None
        assert person["y"] >= title["y"] + title["height"]
        check(page)


def test_the_last_day_of_a_month_is_whole_in_the_chart_of_use(
    core: SandboxCore, live_portal: LivePortal, sign_in: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    today = dt.date(2026, 11, 20)
    monkeypatch.setattr(Company, "today", lambda company: today)
    with live_portal.app.app_context():
        company = db.session.scalars(db.select(Company)).one()
        about = {"purpose": "sync", "requests": 3, "functions": 9, "milliseconds": 1}
        db.session.add(GatewayUsage(company_id=company.id, day=today, **about))
        db.session.commit()
    page = sign_in(Role.ADMIN, viewport=NARROW)
    page.goto("/settings/accounting-sync")
    chart = page.locator(".use-chart")
    last = chart.get_by_text("30", exact=True)
    right = "element => element.getBoundingClientRect().right"
    assert last.evaluate(right) <= chart.evaluate(right)


def test_the_set_up_guide_is_read_by_keyboard_and_in_the_dark(
    core: SandboxCore, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    page = sign_in(Role.ADMIN)
    page.goto("/help/intacct")
    check(page)
    page.goto("/account")
    check(page)


UNDER_THE_BAR = """() => {
    const bar = document.querySelector('.phone-bar').getBoundingClientRect();
    const at = document.activeElement.getBoundingClientRect();
    return Math.min(bar.bottom, at.bottom) - Math.max(bar.top, at.top);
}"""


def test_the_bar_of_a_phone_covers_nothing_that_has_focus(core: SandboxCore, sign_in: Callable[..., Page]) -> None:
    page = sign_in(Role.ADMIN, viewport=NARROW)
    page.goto("/settings/accounting-sync")
    page.get_by_role("link", name="Enter your allowance").click()
    page.wait_for_url("**#monthly_allowance")
    label = page.locator("label[for=monthly_allowance]").bounding_box()
    bar = page.locator(".phone-bar").bounding_box()
    assert label is not None
    assert bar is not None
    assert label["y"] >= bar["y"] + bar["height"]
    page.locator("#monthly_allowance").focus()
    seen = 0
    while not page.evaluate("document.activeElement.closest('.phone-bar') !== null"):
        assert page.evaluate(UNDER_THE_BAR) <= 0, page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Shift+Tab")
        seen += 1
    assert seen > 10
