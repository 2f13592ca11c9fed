"""Members, invitations, account and company through a browser, with axe on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.jobs.mail_jobs import send_due
from portal.models.company import Role


@pytest.fixture
def read_link(live_portal, tmp_path: Path) -> Callable[[], str]:
    """Sends what is due; the path of the link in the only mail."""
    extensions = live_portal.app.extensions
    extensions["portal_settings"] = replace(extensions["portal_settings"], mail_url=f"file://{tmp_path}/mail")

    def read() -> str:
        with live_portal.app.app_context():
            send_due()
        (file,) = (tmp_path / "mail").glob("*.eml")
        text = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
        file.unlink()
        return re.search(r"http://127\.0\.0\.1:8000(/\S+)", text)[1]

    return read


def test_somebody_is_invited_joins_and_is_removed(sign_in, open_page, check, read_link) -> None:
    page = sign_in(Role.ADMIN)
    page.get_by_role("link", name="Members").click()
    check(page)
    page.get_by_role("link", name="Invite").click()
    check(page)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
    page.get_by_label("E-mail").fill("bo@northfield.example")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status")).to_contain_text("bo@northfield.example is invited")
    check(page)

    guest = open_page()
    guest.goto(read_link())
    check(guest)
    guest.get_by_label("Your name").fill("Bo Berg")
    guest.get_by_label("Password").fill("short")
    guest.get_by_role("button", name="Join Northfield Supply").click()
    check(guest)
    guest.get_by_label("Password").fill("seven green bottles")
    guest.get_by_role("button", name="Join Northfield Supply").click()
    expect(guest.get_by_role("status")).to_contain_text("You are a member of Northfield Supply now, as accountant.")

    page.goto("/settings/members")
    page.get_by_role("link", name="Change bo@northfield.example").click()
    check(page)
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Save role").click()
    page.get_by_role("link", name="Change bo@northfield.example").click()
    page.get_by_role("link", name="Remove").click()
    check(page)
    page.get_by_role("button", name="Remove Bo Berg").click()
    expect(page.get_by_role("status")).to_contain_text("is no longer a member")
    guest.goto("/")
    expect(guest.get_by_text("You are not a member of any company")).to_be_visible()
    check(guest)
    guest.get_by_role("button", name="Sign out").click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_forgotten_password_without_script(open_page, check, read_link, live_portal) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/login")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail").fill(live_portal.email(Role.VIEWER))
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    page.goto(read_link())
    page.get_by_label("New password").fill("seven green bottles")
    page.get_by_role("button", name="Save the new password").click()
    page.get_by_label("E-mail").fill(live_portal.email(Role.VIEWER))
    page.get_by_label("Password").fill("seven green bottles")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_pages_of_a_forgotten_password_are_accessible(open_page, check, read_link, live_portal) -> None:
    page = open_page()
    page.goto("/forgot-password")
    check(page)
    page.get_by_label("E-mail").fill(live_portal.email(Role.VIEWER))
    page.get_by_role("button", name="Send the link").click()
    check(page)
    page.goto(read_link())
    check(page)
    page.goto("/reset-password/no-such-token")
    check(page)


@pytest.mark.parametrize("accent", ["#1a6b45", "#7a1f5c", "#000000", "#0f5ea8"])
def test_brand_colour_is_used_and_readable_light_and_dark(sign_in, check, accent) -> None:
    page = sign_in(Role.ADMIN)
    page.goto("/settings/company")
    check(page)
    page.get_by_label("Brand name").fill("Northfield Desk")
    page.get_by_label("Accent colour").fill("#ffdd00")
    page.get_by_role("button", name="Save company").click()
    expect(page.get_by_role("alert")).to_contain_text("too light")
    check(page)
    page.get_by_label("Accent colour").fill(accent)
    page.get_by_role("button", name="Save company").click()
    for path in ("/settings/company", "/settings/members", "/customers"):
        page.goto(path)
        check(page)
    page.emulate_media(color_scheme="light")
    red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
    assert colour_of_primary(page, "/settings/company") == f"rgb({red}, {green}, {blue})"


def colour_of_primary(page: Page, path: str) -> str:
    page.goto(path)
    return str(page.locator(".btn-primary").first.evaluate("button => getComputedStyle(button).backgroundColor"))


def test_own_look_wins_over_the_devices(sign_in, check) -> None:
    page = sign_in(Role.VIEWER, color_scheme="light")
    page.get_by_role("link", name="Your account").first.click()
    check(page)
    page.emulate_media(color_scheme="light")
    page.get_by_label("Look").select_option("dark")
    page.get_by_role("button", name="Save details").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 27)"
    check(page)
    page.get_by_label("Present password").fill("wrong")
    page.get_by_label("New password").fill("seven green bottles")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("not your present password")
    check(page)
