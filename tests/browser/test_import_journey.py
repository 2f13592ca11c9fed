"""An import as a person does it, on a whole stack: start it, leave, get the mail, come back to the result."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, expect

from portal.cli.place import port_to_use
from tests.browser.conftest import NARROW, WIDE, assert_accessible, assert_fits
from tests.integration.ops.stacks import Started, until
from tests.integration.people.conftest import Inbox, text_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes through /proc")


@dataclass(frozen=True)
class Stack:
    """A running portal with a demo company, and what its mails reach."""

    url: str
    login: dict[str, str]
    inbox: Inbox


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A portal with real workers whose mails go to a real mail server."""
    inbox, port = Inbox(), port_to_use("127.0.0.1", 0, "--port")
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    argv = ["-m", "portal", "up", "--demo", "--port", "0", "--sandbox-port", "0", "--data", str(tmp_path)]
    started = Started(argv, env={"MAIL_URL": f"smtp://127.0.0.1:{port}"})
    try:
        told: dict[str, Any] = started.first_line()
        yield Stack(told["url"], told["login"], inbox)
    finally:
        started.kill_all()
        server.stop()


def look(page: Page) -> None:
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert_fits(page)
        assert_accessible(page)


def test_start_leave_read_the_mail_and_come_back(chromium: Browser, stack: Stack) -> None:
    context = chromium.new_context(base_url=stack.url, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(stack.login["email"])
    page.get_by_label("Password").fill(stack.login["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{stack.url}/")
    page.goto("/invoices/import/intacct")
    look(page)
    page.get_by_label("Sales Invoice").check()
    page.get_by_role("button", name="Start import").click()
    page.wait_for_url("**/imports/*")
    page.goto("/invoices")
    until(lambda: stack.inbox.mails, "the mail about the import arrives")
    (mail,) = stack.inbox.mails
    assert (mail["To"], mail["Subject"][:14]) == (stack.login["email"], "Invoice import")
    found = re.search(r"http://\S+(/imports/\d+)", text_of(mail))
    assert found, text_of(mail)
    page.goto(found[1])
    expect(page.get_by_role("heading", level=2, name="Finished")).to_be_visible()
    expect(page.get_by_text("Created").first).to_be_visible()
    look(page)
    page.goto("/imports")
    look(page)
    context.close()
