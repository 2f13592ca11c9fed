"""What belongs to another company does not exist, on every route, by every method, and nothing of it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.extensions import db
from tests.integration.safety.forms import forms_of
from tests.integration.safety.house import House, Things, alone
from tests.integration.safety.states import Watcher

pytestmark = pytest.mark.timeout(600)

OF_NO_COMPANY = {"slug", "token", "colour", "filename", "kind"}
"""Arguments that name nothing that a company owns."""


@pytest.fixture
def watcher(house: House) -> Any:
    made = Watcher(Path(str(db.engine.url.database)))
    yield made
    made.close()


def mixtures(house: House, theirs: Things, arguments: set[str]) -> list[dict[str, Any]]:
    """Ids of theirs: all of them, and where a route takes several also one of theirs among our own."""
    owned = sorted(arguments - OF_NO_COMPANY)
    of = {name: theirs.ids[name] for name in owned}
    alone_ = [{name: of[name]} for name in owned] if len(owned) > 1 else []
    return [of, *alone_] if owned else []


def run_ids(house: House, rule: str, theirs: Things, ids: dict[str, Any]) -> dict[str, Any]:
    if "run_id" not in ids:
        return ids
    imports = "/imports/" in rule
    preview = "preview.csv" in rule or "as-shown" in rule
    return ids | {"run_id": theirs.import_id if imports else theirs.preview_id if preview else theirs.ids["run_id"]}


def test_no_page_shows_or_changes_what_is_theirs(house: House, theirs: Things, watcher: Watcher) -> None:
    browser, before, tried = house.browser(), watcher.rows(), 0
    token = browser.token("/account")
    for rule in [*house.rules(), *house.rules("POST")]:
        for mixture in mixtures(house, theirs, rule.arguments):
            path = house.path(rule, **run_ids(house, rule.rule, theirs, mixture))
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            answer = alone(browser.client, method, path, data={"csrf_token": token} if method == "POST" else None)
            assert answer.status_code == 404, (method, path)
            tried += 1
    assert tried > 60
    assert watcher.rows() == before


def test_no_call_of_the_api_shows_or_changes_what_is_theirs(house: House, theirs: Things, watcher: Watcher) -> None:
    before, tried = watcher.rows(), 0
    for declared, rule in house.api_rules():
        for mixture in mixtures(house, theirs, rule.arguments):
            path = house.path(rule, **run_ids(house, rule.rule, theirs, mixture))
            for method in {declared, "GET", "POST", "PATCH", "PUT", "DELETE"}:
                for body in ({}, {"reason": "x"}, {"choice": "skip", "reason": "x"}):
                    answer = house.call(method, path, json=body)
                    assert answer.status_code in ((400, 404, 405) if body else (404, 405)), (method, path)
                    tried += 1
    assert tried > 150
    assert watcher.rows() == before


def test_no_list_no_search_and_no_file_names_what_is_theirs(house: House, theirs: Things) -> None:
    browser = house.browser()
    names = ("Other Company", "other-company.example")
    for rule in house.rules():
        for query in ("", "?q=Other", "?search=Other", f"?customer={theirs.ids['customer_id']}", "?all=1&do=csv"):
            text = browser.get(house.path(rule) + query).text
            assert not any(name in text for name in names), (rule, query)
    for method, rule in house.api_rules():
        if method == "GET" and not rule.arguments:
            asked = f"?filter[customer]={theirs.ids['customer_id']}"
            for query in ("", asked):
                assert "Other Company" not in house.call("GET", rule.rule + query).text, rule


def test_no_form_reaches_what_is_theirs_by_an_id_in_a_field(house: House, theirs: Things, watcher: Watcher) -> None:
    browser, before = house.browser(), watcher.rows(theirs.company_id)
    own = {str(value) for name, value in house.things.ids.items() if name.endswith("_id")}
    token, sent = browser.token("/account"), 0
    for rule in house.rules():
        answer = browser.get(house.path(rule))
        for form in forms_of(house.path(rule), answer.text) if answer.mimetype == "text/html" else ():
            if form.action.endswith(("/logout", "/disconnect", "/remove")):
                continue
            for their_id in {theirs.ids[name] for name in ("customer_id", "invoice_id", "payment_id", "problem_id")}:
                fields: dict[str, list[str]] = {}
                for name, value in form.fields:
                    is_id = name in ("id", "ids", "customer", "customer_id", "problem", "company") or value in own
                    fields.setdefault(name, []).append(str(their_id) if is_id and name != "version" else value)
                fields["csrf_token"] = [token]
                path = form.action.removeprefix("http://localhost")
                status = alone(browser.client, "POST", path, data=fields).status_code
                assert status < 500 or status == 502, (path, fields)
                sent += 1
    assert sent > 80
    assert watcher.rows(theirs.company_id) == before


def test_a_key_and_a_session_open_one_company_alone(house: House, theirs: Things) -> None:
    browser = house.browser()
    browser.post("/account/company", {"company_id": str(theirs.company_id)}, page="/account")
    assert "Other Company" not in browser.get("/").text
    with browser.client.session_transaction() as session:
        session["company"] = theirs.company_id
    assert "Other Company" not in browser.get("/").text
    assert house.call("GET", f"/api/customers/{house.things.ids['customer_id']}", theirs.api_key).status_code == 404
