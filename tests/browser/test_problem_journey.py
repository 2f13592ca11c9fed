"""From a sync that meets a problem to its guide, the fix in Intacct, the retry, and the problem gone by that run."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_accessible, assert_fits
from tests.integration.ops.stacks import Started, portal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes through /proc")

SYNC = "/settings/accounting-sync"
COMPANY = "fernhill-supplies"


@dataclass(frozen=True)
class Stack:
    """A running portal with its demo company, and the sandbox beside it."""

    url: str
    sandbox_url: str
    login: dict[str, str]
    data: Path

    def command(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """Run a command for the demo company; its JSON answer."""
        done = portal(*arguments, "--company", COMPANY, "--json", data=self.data, stdin=stdin)
        assert done.returncode in (0, 1), done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer

    def in_intacct(self, **switches: object) -> None:
        """Change how the Intacct company is set up."""
        body = json.dumps(switches).encode()
        request = urllib.request.Request(f"{self.sandbox_url}/_control/switches", data=body, method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A portal with real workers and Valkey, its demo company connected to the sandbox."""
    started = Started(["-m", "portal", "up", "--demo", "--port", "0", "--sandbox-port", "0", "--data", str(tmp_path)])
    try:
        told: dict[str, Any] = started.first_line()
        yield Stack(told["url"], told["sandbox_url"], told["login"], tmp_path)
    finally:
        started.kill_all()


def look(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def sell(stack: Stack, customer_id: int) -> None:
    invoice = {
        "customer": customer_id, "number": "INV-5001", "date": 1794873600,
        "items": [{"name": "Pallet racking", "quantity": 2, "unit_cost": 50.25}],
    }  # fmt: skip
    stack.command("book", "add", "invoice", stdin=json.dumps(invoice))


def sync(page: Page, stack: Stack, ends: str) -> None:
    page.goto(f"{stack.url}{SYNC}")
    page.get_by_role("button", name="Sync Now").click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_text(ends).first).to_be_visible(timeout=30_000)


def test_a_problem_is_followed_from_the_sync_to_its_guide_mended_retried_and_gone(
    stack: Stack, open_page: Callable[..., Page]
) -> None:
    customer = stack.command("book", "add", "customer", stdin=json.dumps({"name": "Brightwater Logistics"}))
    stack.command("sync", "run")  # the first Sync Now of all shows a preview; this journey is about a later one
    stack.in_intacct(closed_through="12/31/2026")
    sell(stack, customer["id"])
    page = open_page()
    page.goto(f"{stack.url}/login")
    page.get_by_label("E-mail").fill(stack.login["email"])
    page.get_by_label("Password").fill(stack.login["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{stack.url}/")
    sync(page, stack, "with problems")
    page.get_by_role("link", name="Fix INV-5001").click()
    expect(page.get_by_role("heading", name="Problems", exact=True)).to_be_visible()
    look(page)
    page.get_by_role("link", name="Details of INV-5001").first.click()
    expect(page.get_by_role("heading", name="History of tries")).to_be_visible()
    look(page)
    page.get_by_label("Add a note").fill("Asked the controller to open November.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("Asked the controller to open November.")).to_be_visible()
    here = page.url
    page.get_by_role("link", name="Guide").first.click()
    expect(page.get_by_role("heading", name="What to do", exact=False).first).to_be_visible()
    look(page)
    stack.in_intacct(closed_through="")
    page.goto(here)
    page.get_by_role("button", name="Retry").first.click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=30_000)
    run = page.url.rsplit("/", 1)[1]
    page.goto(here)
    expect(page.get_by_text("Nothing is left to do about it.")).to_be_visible()
    expect(page.get_by_role("link", name=f"run {run}").first).to_be_visible()
    look(page)
    page.goto(f"{stack.url}{SYNC}/problems")
    expect(page.get_by_text("No open problem")).to_be_visible()
    expect(page.get_by_text(f"closed by run {run}")).to_be_visible()
    look(page)
