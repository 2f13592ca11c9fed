"""Chromium against a portal that runs in this process. Without Chromium these tests are skipped, unless
REQUIRE_BROWSER=1 says that they must run."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.fernet import Fernet
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

import portal.models  # noqa: F401 - registers every table
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models.company import Role
from portal.services import companies, users
from portal.services.audit import Actor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery staple"
WIDE = {"width": 1360, "height": 900}
NARROW = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands here, and skip it, saying why, where there is no Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and os.environ.get("REQUIRE_BROWSER") != "1":
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@dataclass(frozen=True)
class LivePortal:
    """A portal that answers at `url`, with the company Northfield Supply and a member of each role."""

    app: Flask
    url: str

    def email(self, role: Role) -> str:
        """The address of the member with this role."""
        return f"{role}@northfield.example"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests; each test has a context of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def live_portal(tmp_path: Path) -> Iterator[LivePortal]:
    """A portal on a SQLite file of its own, served from a thread."""
    app = create_app(_settings(tmp_path))
    with app.app_context():
        db.create_all()
        company = companies.add("Northfield Supply", timezone="America/Chicago", actor=Actor("test"))
        for role in Role:
            users.add(f"{role}@northfield.example", company, role, password=PASSWORD, actor=Actor("test"))
        db.session.commit()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield LivePortal(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def open_page(chromium: Browser, live_portal: LivePortal) -> Iterator[Callable[..., Page]]:
    """Opens a page in a fresh context; at the end of the test, none may have complained (such as about the policy
    of what it may load)."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(**options: object) -> Page:
        # Without motion: axe would measure colours in the middle of their change.
        defaults = {"viewport": WIDE, "reduced_motion": "reduce"}
        context = chromium.new_context(base_url=live_portal.url, **{**defaults, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


@pytest.fixture
def sign_in(open_page: Callable[..., Page], live_portal: LivePortal) -> Callable[..., Page]:
    """Opens a page that is signed in with a role; `options` are those of the context."""

    def sign_in_as(role: Role, **options: object) -> Page:
        page = open_page(**options)
        page.goto("/login")
        page.get_by_label("E-mail").fill(live_portal.email(role))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        return page

    return sign_in_as


def assert_accessible(page: Page) -> None:
    """Fail with what axe finds on the page as it is now."""
    found = Axe().run(page).response["violations"]
    told = [f"{rule['id']} ({rule['impact']}): {[node['html'] for node in rule['nodes']][:3]}" for rule in found]
    assert told == [], page.url


def assert_fits(page: Page) -> None:
    """Fail when the page is wider than its window, so that a reader must scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url


@pytest.fixture
def check() -> Callable[[Page], None]:
    """Looks at a page narrow and light, then wide and dark: nothing for axe, nothing cut off."""

    def look(page: Page) -> None:
        for scheme, size in (("light", NARROW), ("dark", WIDE)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            assert_fits(page)
            assert_accessible(page)

    return look


def _settings(folder: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/portal.db",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="a secret of the tests, long enough",
        credentials_keys=(Fernet.generate_key().decode(),),
        testing=True,
    )
