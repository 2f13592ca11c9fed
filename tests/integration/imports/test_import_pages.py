"""Imports on pages: asked for with their options, watched, read afterwards, started from a preview."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from portal.extensions import db
from portal.imports.steps import STEPS
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.run import Run, RunKind
from portal.sync import engine, runs
from tests.factories import make_customer
from tests.integration.imports.conftest import World, import_, preview
from tests.integration.sync_web.conftest import signed_in
from tests.integration.web.conftest import Browser

__all__ = ["signed_in"]
SignIn = Callable[[Role], Browser]


@pytest.fixture
def backend() -> str:
    """Pages are tried on SQLite; what they call is tried on both databases elsewhere."""
    return "sqlite"


def perform(run_id: int) -> None:
    db.session.commit()
    engine.perform(run_id, STEPS)
    db.session.expire_all()


def id_in(location: str) -> int:
    found = re.search(r"/imports/(\d+)$", location)
    assert found, location
    return int(found[1])


def test_the_lists_lead_to_their_imports(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    assert 'href="/customers/import/intacct"' in browser.get("/customers").text
    assert 'href="/invoices/import/intacct"' in browser.get("/invoices").text
    assert 'href="/imports"' in browser.get("/customers").text


def test_customers_are_previewed_then_imported_with_one_button(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    asked = browser.post("/customers/import/intacct", {"act": "preview"})
    assert asked.status_code == 303, asked.text
    shown = id_in(asked.headers["Location"])
    perform(shown)
    page = browser.get(f"/imports/{shown}").text
    count = len(world.there("CUSTOMER"))
    assert "Nothing was imported." in page
    assert f"New <span>{count}</span>" in page
    assert db.session.scalar(db.select(db.func.count(Customer.id))) == 0
    started = browser.post(f"/imports/{shown}/start", {})
    perform(id_in(started.headers["Location"]))
    page = browser.get(started.headers["Location"]).text
    assert f"Created <span>{count}</span>" in page
    assert db.session.scalar(db.select(db.func.count(Customer.id))) == count
    assert re.search(r'href="/customers/\d+"', page)


def test_a_failure_shows_its_reason_what_intacct_has_and_its_guide(world: World, signed_in: SignIn) -> None:
    there = world.there("CUSTOMER")[0]
    for number in ("C-1", "C-2"):
        make_customer(world.company, there["NAME"], number=number)
    run = import_(world)
    page = signed_in(Role.VIEWER).get(f"/imports/{run.id}?tab=problem").text
    assert "2 customers here are called" in page
    assert f'<dd class="text-break">{there["CUSTOMERID"]}</dd>' in page
    assert "/help/troubleshooting/customer_ambiguous_here" in page


def test_a_preview_counts_the_names_that_fit_several(world: World, signed_in: SignIn) -> None:
    there = world.there("CUSTOMER")[0]
    for number in ("C-1", "C-2"):
        make_customer(world.company, there["NAME"], number=number)
    run = preview(world)
    page = signed_in(Role.VIEWER).get(f"/imports/{run.id}").text
    assert "1 name fits several customers" in page
    assert "Start import" not in page


def test_a_double_click_starts_one_import(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    first, second = (browser.post("/customers/import/intacct", {"act": "start"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_an_import_that_waits_names_the_run_it_waits_for(world: World, signed_in: SignIn) -> None:
    held = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    browser = signed_in(Role.ACCOUNTANT)
    asked = browser.post("/customers/import/intacct", {"act": "start"})
    page = browser.get(asked.headers["Location"]).text
    assert f'/settings/accounting-sync/runs/{held}">run {held}</a>' in page
    assert "Waiting to begin" in page


def test_invoices_ask_for_a_document_type_of_intaccts_list(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get("/invoices/import/intacct").text
    assert "Sales Invoice" in page
    assert "typed directly in Accounts Receivable" in page
    refused = browser.post("/invoices/import/intacct", {"act": "start", "open_only": "y"})
    assert refused.status_code == 400
    assert "Choose at least one document type." in refused.text
    backwards = {
        "act": "start",
        "document_types": "Sales Invoice",
        "dated_from": "2026-02-01",
        "dated_to": "2026-01-01",
    }
    refused = browser.post("/invoices/import/intacct", backwards)
    assert "The last day lies before the first one." in refused.text
    assert 'value="2026-02-01"' in refused.text
    assert db.session.scalar(db.select(db.func.count(Run.id))) == 0
    asked = browser.post("/invoices/import/intacct", {"act": "start", "document_types": "Sales Invoice"})
    run = db.session.get_one(Run, id_in(asked.headers["Location"]))
    assert run.subject["options"]["document_types"] == ["Sales Invoice"]
    assert run.subject["options"]["open_only"] is False


def test_document_types_are_typed_while_intacct_does_not_answer(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    world.fault("any", "dropped_before", times=20)
    page = browser.get("/invoices/import/intacct").text
    assert "could not be read now" in page
    assert 'name="typed_types"' in page


def test_all_imports_are_listed_and_narrowed(world: World, signed_in: SignIn) -> None:
    first, second = import_(world), preview(world)
    browser = signed_in(Role.VIEWER)
    page = browser.get("/imports").text
    assert f"/imports/{first.id}" in page
    assert f"/imports/{second.id}" in page
    narrowed = browser.get("/imports?kind=previews").text
    assert f'"/imports/{first.id}"' not in narrowed
    assert "1</b> import" in narrowed
    assert "No import matches" in browser.get("/imports?kind=previews&state=failed").text
    recent = browser.get("/settings/accounting-sync").text
    assert f'href="/imports/{first.id}"' in recent
    assert "Customer import" in recent


def test_a_viewer_sees_imports_and_starts_none(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.VIEWER)
    assert browser.get("/customers/import/intacct").status_code == 403
    assert "Import customers" not in browser.get("/imports").text


def test_the_moving_part_is_answered_alone_and_a_queued_import_is_cancelled(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    where = browser.post("/customers/import/intacct", {"act": "start"}).headers["Location"]
    part = browser.get(f"{where}/progress").text
    assert "<html" not in part
    assert "safe to leave" in part
    browser.post(f"{where}/cancel", {})
    assert "Cancelled before it began" in browser.get(where).text
