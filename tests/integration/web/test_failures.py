"""Error pages, and the headers of every answer."""

from __future__ import annotations

import re
import sqlite3

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from portal.blueprints.access import public
from portal.extensions import db
from portal.models.company import Role
from portal.services import invoices
from tests.factories import make_customer, make_invoice


def test_page_that_does_not_exist_says_so_inside_the_frame(signed_in):
    answer = signed_in(Role.VIEWER).get("/no-such-page")
    assert answer.status_code == 404
    assert "Nothing is here" in answer.text
    assert 'aria-label="Main"' in answer.text


def test_page_that_does_not_exist_tells_a_stranger_nothing_more(browser, company):
    answer = browser.get("/no-such-page")
    assert answer.status_code == 404
    assert company.name not in answer.text


@pytest.mark.own_portal
def test_unexpected_error_shows_a_reference_that_is_in_the_log(app, signed_in, caplog):
    browser = signed_in(Role.VIEWER)

    @public
    def fail():
        raise ZeroDivisionError("a detail that no page may show")

    app._got_first_request = False  # a route for this test only, added late
    app.add_url_rule("/fails", view_func=fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = browser.get("/fails")
    assert answer.status_code == 500
    assert "a detail" not in answer.text
    reference = re.search(r"\b[0-9A-F]{8}\b", answer.text)[0]
    assert f"Reference {reference}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_more_than_the_portal_takes_is_answered_in_words(browser, company):
    answer = browser.post("/login", {"email": "x" * 5_000_000, "password": "y"})
    assert answer.status_code == 413
    assert "Too much at once" in answer.text


def test_a_megabyte_in_a_field_is_answered_at_the_field(browser, company):
    answer = browser.post("/login", {"email": "x" * 1_000_000, "password": "y"})
    assert answer.status_code == 422
    assert "At most 254 characters" in answer.text


def test_every_answer_carries_the_security_headers(signed_in):
    for path in ("/", "/login", "/static/portal.css", "/no-such-page"):
        headers = signed_in(Role.VIEWER).get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers
    assert signed_in(Role.VIEWER).get("/").headers["Cache-Control"] == "no-store"


def test_session_cookie_is_kept_from_scripts_and_other_sites(browser, company):
    answer = browser.sign_in("viewer@northfield-supply.example")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_who_asks_for_a_page_is_looked_up_without_waiting_for_whoever_writes(signed_in):
    """The guard opens a request's first transaction, in a thread that may have written before."""
    browser, seen = signed_in(Role.VIEWER), []
    writer = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    event.listen(db.engine, "before_cursor_execute", lambda _connection, _cursor, sql, *_: seen.append(sql))
    db.session.commit()
    try:
        assert browser.get("/customers").status_code == 200
    finally:
        writer.close()
    assert seen


def test_the_page_of_an_unexpected_error_asks_no_database(app, signed_in, monkeypatch):
    browser = signed_in(Role.VIEWER)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def away(*_, **__):
        raise ZeroDivisionError("the database is not there")

    monkeypatch.setattr(db.session, "get", away)
    answer = browser.get("/customers")
    assert (answer.status_code, "The portal could not do this" in answer.text) == (500, True)


def test_the_log_of_a_failure_names_no_token_of_a_link(app, browser, company, monkeypatch, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_, **__):
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("portal.services.passwords.find_reset", fail)
    monkeypatch.setattr("portal.services.invitations.find_open", fail)
    for path in ("/reset-password/a-token-of-a-link", "/invitations/a-token-of-a-link"):
        assert browser.get(path).status_code == 500
    assert "unforeseen" in caplog.text
    assert "a-token-of-a-link" not in caplog.text


@pytest.mark.own_portal
def test_a_change_that_a_deadlock_took_back_is_to_be_sent_again(app, signed_in, company, monkeypatch):
    invoice_id = make_invoice("10.00", customer=make_customer(company)).id
    browser = signed_in(Role.ACCOUNTANT)

    def collide(*_arguments, **_more):
        raise OperationalError("UPDATE", {}, psycopg.errors.DeadlockDetected("deadlock detected"))

    monkeypatch.setattr(invoices, "void", collide)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = browser.post(f"/invoices/{invoice_id}/void", {"reason": "mistake"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "Nothing of yours was saved" in answer.text
    assert "send it again" in answer.text
    assert "database" not in answer.text
