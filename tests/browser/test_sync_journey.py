"""The main job as a person does it, on a whole stack: connect, choose accounts, issue an invoice, sync, look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from tests.browser.conftest import PASSWORD, assert_accessible, assert_fits
from tests.integration.ops.stacks import Started, portal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes through /proc")

EMAIL = "controller@harbor.example"


@dataclass(frozen=True)
class Stack:
    """A running portal and sandbox."""

    url: str
    sandbox_url: str


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A portal with real workers and Valkey, a sandbox beside it, a company, and an admin of it."""
    started = Started(["-m", "portal", "up", "--demo", "--port", "0", "--sandbox-port", "0", "--data", str(tmp_path)])
    try:
        told: dict[str, Any] = started.first_line()
        assert portal("companies", "add", "Harbor Supply", data=tmp_path).returncode == 0
        added = portal(
            "users", "add", EMAIL, "--company", "harbor-supply", "--role", "admin", data=tmp_path, stdin=PASSWORD
        )
        assert added.returncode == 0, added.stderr
        yield Stack(told["url"], told["sandbox_url"])
    finally:
        started.kill_all()


def sign_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{stack.url}/")


def look(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def connect(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/settings/integrations")
    look(page)
    page.get_by_role("link", name="Connect").first.click()
    page.get_by_label("Intacct company ID").fill(COMPANY_ID)
    page.get_by_label("Web Services user").fill(sessions.USER_ID)
    page.get_by_label("Password").fill("not the password")
    look(page)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("401").first).to_be_visible()
    expect(page.get_by_label("Intacct company ID")).to_have_value(COMPANY_ID)
    look(page)
    page.get_by_label("Password").fill(sessions.USER_PASSWORD)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_label("Income account")).to_be_visible()


def configure(page: Page) -> None:
    look(page)
    page.get_by_label("Income account").select_option("4000")
    page.get_by_label("Deposit payments to").select_option("bank:CHK-01")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_label("Income account")).to_have_value("4000")


def issue_invoice(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/customers/new")
    page.get_by_label("Name").fill("Brightwater Logistics")
    page.get_by_role("button", name="customer").click()
    page.goto(f"{stack.url}/invoices/new")
    if page.get_by_role("link", name="Brightwater Logistics").count():
        page.get_by_role("link", name="Brightwater Logistics").first.click()
    page.get_by_label("Number").fill("HS-1001")
    page.get_by_label("Description").first.fill("Pallet racking")
    page.get_by_label("Quantity").first.fill("2")
    page.get_by_label("Unit cost").first.fill("50.25")
    page.get_by_role("button", name="Issue").click()
    expect(page.get_by_role("heading", name="HS-1001")).to_be_visible()


def test_a_person_connects_issues_an_invoice_and_sees_it_in_intacct(
    stack: Stack, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    sign_in(page, stack)
    connect(page, stack)
    configure(page)
    issue_invoice(page, stack)
    page.goto(f"{stack.url}/settings/accounting-sync")
    look(page)
    page.get_by_role("button", name="Sync Now").click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_text("Would be created in Intacct").first).to_be_visible(timeout=30_000)
    look(page)
    page.get_by_role("button", name="Run as shown").click()
    expect(page.get_by_text("Created there").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("HS-1001").first).to_be_visible()
    look(page)
    page.goto(f"{stack.url}/settings/accounting-sync")
    expect(page.get_by_text("Finished").first).to_be_visible()
    page.goto(f"{stack.url}/settings/accounting-sync/problems")
    look(page)
    page.goto(stack.sandbox_url)
    expect(page.get_by_text("HS-1001").first).to_be_visible()
    expect(page.get_by_text("Brightwater Logistics").first).to_be_visible()
