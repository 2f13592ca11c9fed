"""Default deny, shown on every call there is: no key, a wrong one, a revoked one, one that may only read, another
company's records. Cookies of the pages open nothing."""

from __future__ import annotations

import contextvars
import re
from typing import Any

import pytest
from werkzeug.routing import Rule

from portal.blueprints.api import limits
from portal.blueprints.api.openapi import address, document
from portal.blueprints.api.operations import OPERATIONS
from portal.extensions import db
from portal.models.access import ApiKey, KeyScope
from portal.models.company import Role
from portal.services import api_keys
from tests.factories import ACTOR, make_company, make_user
from tests.integration.api.conftest import Api, invoice_of, told

OPEN_TO_ALL = {"api.show_document"}


@pytest.fixture
def backend() -> str:
    return "sqlite"


def calls(app) -> list[tuple[str, Rule]]:
    """Every route below /api that needs a key, with its method."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api")]
    found = [(min(rule.methods - {"HEAD", "OPTIONS"}), rule) for rule in rules if rule.endpoint not in OPEN_TO_ALL]
    assert len(found) > 25
    return found


def send(api: Api, method: str, rule: Rule, record_id: int = 1) -> Any:
    path = re.sub(r"<[^>]+>", str(record_id), rule.rule).removeprefix("/api")
    return api.call(method, path, None if method in ("GET", "DELETE") else {})


def test_every_route_below_api_is_a_declared_call_and_documented(app):
    routes = {(rule.rule.removeprefix("/api"), next(iter(rule.methods - {"HEAD", "OPTIONS"})))
              for rule in app.url_map.iter_rules() if rule.rule.startswith("/api")}  # fmt: skip
    assert routes == {(declared.path, declared.method) for declared in OPERATIONS}
    told_paths = {(path, method.upper()) for path, methods in document()["paths"].items() for method in methods}
    assert told_paths == {(address(declared), declared.method) for declared in OPERATIONS}


def test_only_the_description_of_the_api_is_open_to_all():
    assert {f"api.{declared.name}" for declared in OPERATIONS if declared.open_to_all} == OPEN_TO_ALL


@pytest.mark.parametrize("key", ["", "portal_wrong", "\N{SNOWMAN}", "'; drop table api_key; --", "x" * 5000])
def test_without_a_valid_key_every_call_is_refused(app, company, monkeypatch, key):
    monkeypatch.setattr(limits, "REFUSALS_A_WINDOW", 10_000)
    api = Api(app, key)
    for method, rule in calls(app):
        answer = send(api, method, rule)
        assert told(answer, 401)["type"] == "authentication_error", rule
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_revoked_key_opens_nothing(app, with_key, company):
    api = with_key()
    told(api.get("/customers"))
    api_keys.revoke(db.session.query(ApiKey).one(), actor=ACTOR)
    db.session.commit()
    for method, rule in calls(app):
        told(send(api, method, rule), 401)


def test_a_key_that_may_only_read_changes_nothing(app, with_key, invoice):
    reader = with_key(KeyScope.READ)
    for method, rule in calls(app):
        answer = send(reader, method, rule)
        if method == "GET":
            assert answer.status_code in (200, 404), rule
        else:
            assert told(answer, 403)["type"] == "permission_error", rule
            assert "may only read" in answer.text


def test_records_of_another_company_do_not_exist(app, with_key, api, customer, invoice):
    payment = {"customer": customer["id"], "amount": 1, "applied_to": [{"invoice": invoice["id"], "amount": 1}]}
    told(api.post("/payments", payment), 201)
    stranger = with_key(of=make_company("Another company"))
    for method, rule in calls(app):
        if rule.arguments:
            assert told(send(stranger, method, rule), 404)["type"] == "not_found", rule
        elif method == "GET":
            answer = send(stranger, method, rule)
            if rule.rule == "/api/tie_out":  # one thing and no list: this company has none
                assert told(answer, 404)["type"] == "not_found"
                continue
            if rule.rule == "/api/gateway_usage":  # one thing, too: this company asked nothing of Intacct
                assert (told(answer)["functions"], told(answer)["days"]) == (0, [])
                continue
            assert (told(answer), answer.headers["X-Total-Count"]) == ([], "0"), rule


def test_bodies_cannot_name_records_of_another_company(with_key, customer, invoice):
    stranger = with_key(of=make_company("Another company"))
    assert told(stranger.post("/invoices", invoice_of(customer["id"])), 400)["param"] == "customer"
    own = told(stranger.post("/customers", {"name": "Own"}), 201)
    payment = {"customer": own["id"], "amount": 1, "applied_to": [{"invoice": invoice["id"], "amount": 1}]}
    assert told(stranger.post("/payments", payment), 400)["param"] == "applied_to.0.invoice"
    assert told(stranger.get("/payments")) == []


def test_a_session_of_the_pages_opens_nothing(app, company):
    email = make_user(company, Role.ADMIN).email
    db.session.commit()
    client = app.test_client()
    run = contextvars.Context().run
    token = re.search(r'name="csrf_token" value="([^"]+)"', run(client.get, "/login").text)[1]
    fields = {"email": email, "password": "correct horse battery staple", "csrf_token": token}
    assert run(client.post, "/login", data=fields).status_code == 303
    assert run(client.get, "/customers").status_code == 200
    assert run(client.get, "/api/customers").status_code == 401
    assert run(client.post, "/api/customers", json={"name": "X"}, headers={"X-CSRFToken": token}).status_code == 401


def test_an_answer_sets_no_cookie(api):
    assert "Set-Cookie" not in api.get("/customers").headers


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/customers/0", "/customers/x", "/customers/2147483648",
                                  "/customers/%00", "/invoices/1/nothing"])  # fmt: skip
def test_addresses_that_do_not_exist_say_so_in_json(api, path):
    assert told(api.get(path), 404)["type"] == "not_found"


def test_a_method_that_an_address_does_not_take_is_refused_in_json(api):
    answer = api.call("PUT", "/customers", {})
    assert told(answer, 405)["type"] == "invalid_request"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_last_use_is_written_at_most_once_a_minute(api):
    told(api.get("/customers"))
    first = db.session.query(ApiKey).one().last_used_at
    assert first is not None
    told(api.get("/customers"))
    db.session.expire_all()
    assert db.session.query(ApiKey).one().last_used_at == first


def test_a_key_stands_in_no_table_and_in_no_representation(app, with_key, company):
    made = api_keys.create(company, "Secret", actor=ACTOR)
    assert made.text not in repr(made)
    db.session.commit()
    with db.engine.connect() as connection:
        everything = str([list(connection.execute(table.select())) for table in db.metadata.sorted_tables])
    assert "Secret" in everything
    assert made.text not in everything
