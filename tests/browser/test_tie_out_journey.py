"""From a difference to its cause, to what mends it, to zero, in a browser; a sandbox stands in for Intacct."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models.company import Company, Role
from portal.models.run import Run, RunKind, RunState
from portal.services.wanted import active_book
from portal.sync import engine, runs
from tests.browser.conftest import LivePortal
from tests.factories import make_customer, make_invoice
from tests.integration.intacct_world import connect_company, make_core

PAGE = "/settings/accounting-sync/tie-out"


@pytest.fixture
def core(live_portal: LivePortal) -> Iterator[SandboxCore]:
    """The company connected, one invoice synced, and 40.00 of it paid in Intacct since."""
    made = make_core(live_portal.app)
    with live_portal.app.app_context():
        company = db.session.scalars(db.select(Company)).one()
        connect_company(company, made)
        make_invoice("100.00", customer=make_customer(company, "Brightwater Logistics"), number="INV-1")
        book = active_book(company.id)
        assert book is not None
        runs.request(book, RunKind.SYNC, trigger="test")
        db.session.commit()
    work(live_portal)
    made.act(do="receive_payment", invoice_recordid="INV-1", amount="40")
    yield made
    made.close()


def work(live_portal: LivePortal) -> None:
    """Carry out what is queued, as a worker would."""
    with live_portal.app.app_context():
        waiting = list(db.session.scalars(db.select(Run.id).where(Run.state == RunState.QUEUED).order_by(Run.id)))
        db.session.commit()
        for run_id in waiting:
            engine.perform(run_id)
        ended = [db.session.get_one(Run, run_id).state for run_id in waiting]
    assert ended == [RunState.FINISHED] * len(waiting)


def test_a_difference_is_explained_mended_and_gone(
    core: SandboxCore, live_portal: LivePortal, sign_in: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    page = sign_in(Role.ADMIN)
    page.goto(PAGE)
    check(page)
    page.get_by_role("button", name="Compare both books").first.click()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    check(page)
    work(live_portal)
    page.goto(PAGE)
    expect(page.get_by_text("All explained, 0.00 left over")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Brightwater Logistics").click()
    inset = page.locator("tr.inset")
    expect(inset).to_contain_text("Changed in Intacct")
    expect(inset).to_contain_text("40.00")
    check(page)
    inset.get_by_role("button", name="Read it now").click()
    work(live_portal)
    page.goto(PAGE)
    page.get_by_role("button", name="Refresh").click()
    work(live_portal)
    page.goto(f"{PAGE}?show=all&q=Brightwater")
    expect(page.get_by_role("row", name="Brightwater Logistics 60.00 60.00 0.00")).to_be_visible()
    page.get_by_role("link", name="Typed in Intacct").click()
    expect(page.get_by_role("heading", name="Typed in Intacct")).to_be_visible()
    check(page)
    page.goto(f"{PAGE}/print")
    check(page)
    page.goto("/")
    expect(page.get_by_role("link", name="Difference")).to_be_visible()
    check(page)
