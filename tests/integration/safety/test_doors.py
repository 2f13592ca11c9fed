"""Tokens, sessions, redirects, headers and cookies, on every route there is."""

from __future__ import annotations

import contextvars
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.extensions import db
from portal.models.access import OutgoingMail
from portal.services import outgoing, passwords
from tests.factories import PASSWORD
from tests.integration.safety.house import House, alone, settings_for
from tests.integration.safety.states import Watcher
from tests.integration.web.conftest import Browser

pytestmark = pytest.mark.timeout(600)

EVIL = "evil.example"
ELSEWHERE = [
    f"//{EVIL}", f"///{EVIL}", f"////{EVIL}", f"https://{EVIL}", f"https:{EVIL}", f"https:/{EVIL}", f"http:\\\\{EVIL}",
    f"\\\\{EVIL}", f"/\\{EVIL}", f"\\/{EVIL}", f"/\t/{EVIL}", f"/\n/{EVIL}", f"\t//{EVIL}", f" //{EVIL}",
    f"/%0d%0aLocation:%20https://{EVIL}", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x",
    f"//{EVIL}%2f..", f"//localhost@{EVIL}", f"https://localhost.{EVIL}", f"//[::1]@{EVIL}", "//", "/\x00", "https://[",
    f"/..//{EVIL}", f"/.//{EVIL}", f"//\u2100{EVIL}", f"\u2215\u2215{EVIL}", f"/\uff0f{EVIL}", "/" + "a" * 5000,
]  # fmt: skip


@pytest.fixture
def watcher(house: House) -> Any:
    made = Watcher(Path(str(db.engine.url.database)))
    yield made
    made.close()


def leads_home(answer: TestResponse) -> bool:
    """Whether a redirect stays on this portal, however a browser reads it."""
    where = answer.headers.get("Location", "/").replace("\\", "/").strip()
    home = where.startswith("/") and not where.startswith("//") or where.startswith("http://localhost/")
    return home and not any(ord(letter) < 32 for letter in where)


def post(browser: Browser, path: str, **data: str) -> TestResponse:
    db.session.commit()
    return contextvars.Context().run(browser.client.post, path, data=data, buffered=True)


def test_no_form_is_taken_without_its_token_or_with_that_of_another_session(house: House, watcher: Watcher) -> None:
    browser, other = house.browser(), house.browser()
    strange = other.token("/account")
    browser.token("/account")
    before = watcher.rows()
    rules = house.rules("POST")
    assert len(rules) > 50
    for rule in rules:
        path = house.path(rule)
        for fields in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": strange}):
            answer = post(browser, path, **fields)
            assert (answer.status_code, "This form is stale" in answer.text) == (400, True), (rule, fields)
        answer = post(browser, f"{path}?csrf_token={browser.token('/account')}")
        assert answer.status_code == 400, rule
    assert watcher.rows() == before


def test_no_page_takes_another_method_in_place_of_a_form(house: House, watcher: Watcher) -> None:
    browser, before = house.browser(), watcher.rows()
    for rule in house.rules("POST"):
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "FOO"):
            assert alone(browser.client, method, house.path(rule)).status_code == 405, rule
        answer = alone(browser.client, "GET", house.path(rule), headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code in (200, 302, 303, 404, 405), rule
    assert watcher.rows() == before


@pytest.mark.parametrize("where", ELSEWHERE)
def test_no_parameter_leads_to_another_site(house: House, where: str) -> None:
    email = f"admin@{house.company.slug}.example"
    browser = Browser(house.app.test_client())
    path = f"/login?next={quote(where)}"
    assert leads_home(browser.post(path, {"email": email, "password": PASSWORD}))
    assert leads_home(browser.get(path))
    customer = house.things.ids["customer_id"]
    for form in (f"/customers/{customer}/edit", "/customers/new"):
        given = {"name": "Somebody", "version": "1"}
        assert leads_home(browser.post(f"{form}?next={quote(where)}", given)), form


def test_no_page_leads_elsewhere_for_a_strange_host_or_referer(house: House) -> None:
    browser = house.browser()
    headers = {"Host": EVIL, "Referer": f"https://{EVIL}/a", "X-Forwarded-Host": EVIL, "Origin": f"https://{EVIL}"}
    for rule in house.rules():
        answer = alone(browser.client, "GET", house.path(rule), headers=headers)
        assert EVIL not in answer.headers.get("Location", ""), rule
        if rule.rule != "/help/api":  # which names the address that it was opened at
            assert EVIL not in answer.text, rule


def test_mails_name_the_portal_and_never_the_host_that_a_request_claims(house: House) -> None:
    client, slug = house.app.test_client(), house.company.slug
    token = alone(client, "GET", "/forgot-password").text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"email": f"viewer@{slug}.example", "csrf_token": token}
    answer = alone(client, "POST", "/forgot-password", data=fields, headers={"X-Forwarded-Host": EVIL})
    assert answer.status_code == 200
    for mail in db.session.scalars(db.select(OutgoingMail)):
        letter = passwords.answer_request(mail) if passwords.is_request(mail) else outgoing.letter(mail)
        assert letter is None or EVIL not in letter.text + letter.html


def test_every_answer_says_what_a_browser_may_do_with_it(house: House) -> None:
    browser, stranger = house.browser(), Browser(house.app.test_client())
    for who in (browser, stranger):
        for rule in house.rules():
            headers = who.get(house.path(rule)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy, rule
            assert "frame-ancestors 'none'" in policy, rule
            assert "base-uri 'none'" in policy, rule
            assert "form-action 'self'" in policy, rule
            assert not any(word in policy for word in ("unsafe", "*", "http:", "blob:")), rule
            assert headers["X-Content-Type-Options"] == "nosniff", rule
            assert headers["X-Frame-Options"] == "DENY", rule
            if rule.rule != "/accent/<colour>.css":
                assert headers["Cache-Control"] == "no-store", rule
    for method, rule in house.api_rules():
        headers = house.call(method, house.path(rule), json={}).headers
        assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store"), rule


def test_no_page_has_a_script_or_style_of_its_own(house: House) -> None:
    browser = house.browser()
    for rule in house.rules():
        answer = browser.get(house.path(rule))
        if answer.mimetype == "text/html":
            text = answer.text.lower()
            assert "<style" not in text, rule
            assert "javascript:" not in text, rule
            assert not any(f" {handler}=" in text for handler in ("onclick", "onload", "onerror", "onsubmit")), rule
            assert all("src=" in part.split(">")[0] for part in text.split("<script")[1:]), rule


def test_over_https_the_session_is_kept_for_this_host_and_from_scripts(house: House, tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path / "portal.db", portal_url="https://portal.example"))
    with app.app_context():
        slug = house.company.slug
        db.session.rollback()
        browser = Browser(app.test_client())
        page = contextvars.Context().run(browser.client.get, "/login", base_url="https://portal.example")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        fields = {"email": f"admin@{slug}.example", "password": PASSWORD, "csrf_token": token}
        options = {"data": fields, "base_url": "https://portal.example"}
        refused = contextvars.Context().run(browser.client.post, "/login", **options)
        assert refused.status_code == 400  # over https a form without a Referer of this site is not taken
        options["headers"] = {"Referer": "https://portal.example/login"}
        answer = contextvars.Context().run(browser.client.post, "/login", **options)
        cookies = answer.headers.getlist("Set-Cookie")
        assert (answer.status_code, len(cookies)) == (303, 1)
        assert cookies[0].startswith("__Host-portal-")
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in cookies[0]
        assert "Domain" not in cookies[0]
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
        db.session.remove()
        db.engine.dispose()


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(house: House) -> None:
    slug, name = house.company.slug, house.app.config["SESSION_COOKIE_NAME"]
    attacker = Browser(house.app.test_client())
    attacker.token("/login")
    planted = attacker.client.get_cookie(name)
    victim = Browser(house.app.test_client())
    assert planted is not None
    victim.client.set_cookie(name, planted.value)
    assert victim.sign_in(f"admin@{slug}.example").status_code == 303
    now = victim.client.get_cookie(name)
    assert now is not None
    assert now.value != planted.value
    assert attacker.get("/").status_code == 303


@pytest.mark.parametrize("forge", ["", "x", "{value}x", "{value}.", "eyJfdXNlcl9pZCI6IjEuMCJ9.aaaaaa.bbbb", "." * 3000])
def test_a_cookie_that_was_tampered_with_opens_nothing(house: House, forge: str) -> None:
    browser, name = house.browser(), house.app.config["SESSION_COOKIE_NAME"]
    kept = browser.client.get_cookie(name)
    assert kept is not None
    browser.client.set_cookie(name, forge.format(value=kept.value))
    assert browser.get("/").status_code == 303


def test_every_session_ends_with_a_new_password_but_the_one_that_chose_it(house: House) -> None:
    here, elsewhere = house.browser(), house.browser()
    new = "another long enough passphrase"
    answer = here.post("/account/password", {"present": PASSWORD, "password": new}, page="/account")
    assert answer.status_code == 303, answer.text
    assert elsewhere.get("/").status_code == 303
    assert here.get("/").status_code == 200
