"""What is read on a phone fits it: the amounts of large companies, and the set-up guide by keyboard and in the dark."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models.company import Company, Role
from tests.browser.conftest import NARROW, LivePortal
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
    page.goto(PAGE)
    page.get_by_role("button", name="Compare both books").first.click()
    work(live_portal)
    page.goto(PAGE)
    aging = page.get_by_role("region", name="Aging on both sides").locator("table")
    assert aging.evaluate(SCROLLS) <= 0
    expect(aging).to_contain_text("differs by 98,765,472.10")
    check(page)


def test_the_set_up_guide_is_read_by_keyboard_and_in_the_dark(
    core: SandboxCore, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    page = sign_in(Role.ADMIN)
    page.goto("/help/intacct")
    check(page)
    page.goto("/account")
    check(page)
