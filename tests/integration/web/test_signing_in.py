"""Signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from portal.extensions import db
from portal.models.access import EndedSession
from portal.models.company import Role, User
from portal.services import ended_sessions
from tests.integration.web.conftest import Browser

EMAIL = "viewer@northfield-supply.example"


def test_member_signs_in_and_lands_on_the_page_asked_for(browser, company):
    answer = browser.get("/?from=mail")
    assert answer.status_code == 303
    login = answer.location
    answer = browser.post(login, {"email": EMAIL, "password": "correct horse battery staple"})
    assert (answer.status_code, answer.location) == (303, "/?from=mail")
    assert browser.get("/").status_code == 200


def test_unknown_address_and_wrong_password_are_answered_alike(browser, company):
    answers = [browser.sign_in(EMAIL, "wrong"), browser.sign_in("nobody@northfield.example", "wrong")]
    texts = [answer.get_data(as_text=True).replace(EMAIL, "X").replace("nobody@northfield.example", "X")
             for answer in answers]  # fmt: skip
    assert [answer.status_code for answer in answers] == [422, 422]
    assert texts[0] == texts[1]
    assert "do not belong together" in texts[0]
    assert "<title>Error: " in texts[0]
    assert "wrong" not in texts[0]


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/%09/evil.example",
                                  "javascript:alert(1)", "/logout"])  # fmt: skip
def test_login_never_leads_to_another_site(browser, company, path):
    answer = browser.post(f"/login?next={path}", {"email": EMAIL, "password": "correct horse battery staple"})
    assert answer.location in ("/", "/%09/evil.example")


def test_login_begins_a_new_session(browser, company):
    with browser.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    browser.token("/login")
    with browser.client.session_transaction() as session:
        before = dict(session)
    browser.sign_in(EMAIL)
    with browser.client.session_transaction() as session:
        after = dict(session)
    assert "planted" in before
    assert "planted" not in after
    assert before["csrf_token"] != after.get("csrf_token")


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(app, signed_in):
    here, elsewhere = signed_in(Role.VIEWER), signed_in(Role.VIEWER)
    thief = Browser(app.test_client())
    with here.client.session_transaction() as session:
        kept = dict(session)
    with thief.client.session_transaction() as session:
        session.update(kept)
    assert thief.get("/").status_code == 200
    here.post("/logout", page="/")
    assert (thief.get("/").status_code, thief.get("/invoices").location) == (303, "/login?next=/invoices")
    assert elsewhere.get("/").status_code == 200
    with freeze_time(datetime.now(UTC) + timedelta(hours=13)):
        ended_sessions.forget_old()
        assert db.session.query(EndedSession).count() == 0
        assert thief.get("/").status_code == 303


def test_signing_out_needs_a_token_and_ends_the_session(signed_in):
    browser = signed_in(Role.VIEWER)
    assert browser.get("/logout").status_code == 405
    assert browser.post_bare("/logout").status_code == 400
    assert browser.get("/").status_code == 200
    assert browser.post("/logout", page="/").status_code == 303
    assert browser.get("/").status_code == 303


def test_session_ends_without_use_and_says_so(browser, company):
    with freeze_time("2026-11-23 10:00:00") as clock:
        browser.sign_in(EMAIL)
        clock.tick(119 * 60)
        assert browser.get("/").status_code == 200
        clock.tick(121 * 60)
        answer = browser.get("/?page=2")
        assert answer.location == "/login?next=/?page%3D2"
        assert "You were signed out after 120 minutes without use" in browser.get("/login").text


def test_session_ends_after_twelve_hours_even_in_use(browser, company):
    with freeze_time("2026-11-23 10:00:00") as clock:
        browser.sign_in(EMAIL)
        for _ in range(8):
            assert browser.get("/").status_code == 200
            clock.tick(91 * 60)
        assert browser.get("/").status_code == 303


def test_sessions_end_when_the_user_is_switched_off_or_signed_out_everywhere(signed_in):
    browser = signed_in(Role.ADMIN)
    user = db.session.query(User).filter_by(email="admin@northfield-supply.example").one()
    user.session_epoch += 1
    db.session.commit()
    assert browser.get("/").status_code == 303
    browser.sign_in(user.email)
    assert browser.get("/").status_code == 200
    user.active = False
    db.session.commit()
    assert browser.get("/").status_code == 303


def test_user_without_a_company_is_told_whom_to_ask(browser, company):
    user = db.session.query(User).filter_by(email=EMAIL).one()
    for membership in list(user.memberships):
        db.session.delete(membership)
    db.session.commit()
    browser.sign_in(EMAIL)
    answer = browser.get("/")
    assert answer.status_code == 403
    assert "not a member of any company" in answer.text
