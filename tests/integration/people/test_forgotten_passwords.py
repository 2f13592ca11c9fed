"""A forgotten password: the link by mail, once and for an hour, and nothing told to strangers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from freezegun import freeze_time

from portal.extensions import db
from portal.models.access import OutgoingMail, PasswordReset
from portal.models.audit import AuditEntry
from portal.models.company import Company, User
from portal.services import passwords, users
from tests.factories import PASSWORD
from tests.integration.people.conftest import Mailbox, link_in, mails, text_of
from tests.integration.people.test_members import at_once
from tests.integration.web.conftest import Browser

NEW = "seven green bottles"
ASK = "/forgot-password"


def ask(browser: Browser, email: str = "ada@northfield.example", address: str = "198.51.100.7"):
    return browser.post(ASK, {"email": email}, headers={"X-Forwarded-For": address})


@pytest.fixture
def link(admin: User, mailbox: Mailbox, browser_of) -> str:
    """A link for Ada."""
    ask(browser_of())
    return mailbox.link()


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_link_sets_a_new_password_and_ends_every_session(admin, mailbox, browser_of) -> None:
    before = browser_of(admin)
    browser = browser_of()
    assert "If somebody signs in here as" in ask(browser, " Ada@Northfield.example ").text
    (mail,) = mailbox.fetch()
    assert mail["Subject"] == "Choose a new password"
    link = link_in(mail)
    assert "ada@northfield.example" in browser.get(link).text
    assert browser.post(link, {"password": NEW}).location == "/login"
    assert "Your password is changed" in browser.get("/login").text
    assert before.get("/").status_code == 303
    assert browser.sign_in(admin.email, PASSWORD).status_code == 422
    assert browser.sign_in(admin.email, NEW).status_code == 303
    (notice,) = mailbox.fetch()
    assert notice["Subject"] == "Your password was changed"
    assert ASK in text_of(notice)
    assert NEW not in notice.as_string()
    assert db.session.query(AuditEntry).filter_by(action="password set by a link").count() == 1


def test_unknown_address_gets_the_same_answer_and_no_mail(admin, mailbox, browser_of) -> None:
    known, unknown = ask(browser_of()), ask(browser_of(), "nobody@northfield.example")
    assert (known.status_code, known.text) == (
        unknown.status_code, unknown.text.replace("nobody@northfield.example", "ada@northfield.example"),
    )  # fmt: skip
    # The same work, too: one row each, told apart only when the mail is about to be sent.
    assert [row.about["kind"] for row in mails()] == ["password_reset"] * 2
    assert [mail["To"] for mail in mailbox.fetch()] == ["ada@northfield.example"]
    assert len(mails()) == 1


def test_somebody_switched_off_gets_no_link(admin, mailbox, browser_of) -> None:
    admin.active = False
    ask(browser_of())
    assert mailbox.fetch() == []


def test_link_works_once(link, browser_of) -> None:
    browser = browser_of()
    browser.post(link, {"password": NEW})
    answer = browser.get(link)
    assert answer.status_code == 404
    assert "This link works no more" in answer.text
    assert browser.post(link, {"password": "yet another one"}, page="/login").status_code == 404


def test_using_one_link_ends_the_others(link, admin, mailbox, browser_of) -> None:
    ask(browser_of())
    newer = mailbox.link()
    browser_of().post(link, {"password": NEW})
    assert browser_of().get(newer).status_code == 404


def test_link_is_good_for_one_hour_from_its_sending(admin, mailbox, browser_of) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        ask(browser_of())
        clock.tick(timedelta(hours=5))  # the mail server was away so long
        link = mailbox.link()
        clock.tick(timedelta(minutes=59))
        assert browser_of().get(link).status_code == 200
        clock.tick(timedelta(minutes=2))
        assert browser_of().get(link).status_code == 404


def test_only_a_digest_of_the_token_is_kept(link) -> None:
    token = link.rpartition("/")[2]
    (row,) = db.session.query(PasswordReset)
    assert token not in row.digest
    assert all(token not in mail.text + mail.html + str(mail.about) for mail in db.session.query(OutgoingMail))
    assert passwords.find_reset(row.digest) is None


def test_nobody_gets_more_than_three_mails_an_hour(admin, mailbox, browser_of) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        for _ in range(5):
            ask(browser_of())
        assert len(mailbox.fetch()) == 3
        clock.tick(timedelta(hours=1, seconds=1))
        ask(browser_of())
        assert len(mailbox.fetch()) == 1


def test_address_that_asks_too_often_waits(admin, browser_of) -> None:
    browser = browser_of()
    for number in range(20):
        assert ask(browser, f"person{number}@northfield.example").status_code == 200
    answer = ask(browser)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert ask(browser, address="203.0.113.9").status_code == 200


def test_new_password_ends_the_wait_of_the_account(link, admin, browser_of) -> None:
    browser = browser_of()
    for _ in range(6):
        browser.sign_in(admin.email, "wrong")
    assert browser.sign_in(admin.email, PASSWORD).status_code == 429
    browser.post(link, {"password": NEW})
    assert browser.sign_in(admin.email, NEW).status_code == 303


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "Enter a new password."),
        ("short", "at least 12 characters; this has 5"),
        ("x" * 1_000_000, "Too long."),
        ("aaaabbbbaaaabbbb", "repeats the same few characters"),
        ("Password123456", "tried first"),
    ],
)
def test_weak_password_is_told_and_the_link_stays_good(link, browser_of, password, reason) -> None:
    browser = browser_of()
    answer = browser.post(link, {"password": password})
    assert answer.status_code == 422
    assert reason in answer.text
    assert browser.post(link, {"password": NEW}).status_code == 303


@pytest.mark.parametrize("email", ["", "ada", "ada@x.example, bo@x.example", "ada@x.example\nBcc: bo@x.example"])
def test_what_is_no_address_is_told_at_its_field(email, browser_of) -> None:
    answer = ask(browser_of(), email)
    assert answer.status_code == 422
    assert mails() == []


def test_link_leads_to_the_portal_whatever_host_a_request_claims(admin, mailbox, browser_of) -> None:
    claimed = {"base_url": "http://evil.example/"}
    browser = browser_of()
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(ASK, **claimed).text)
    data = {"email": admin.email, "csrf_token": found[1] if found else ""}
    assert browser._alone(browser.client.post, ASK, data=data, **claimed).status_code == 200
    (mail,) = mailbox.fetch()
    assert "evil.example" not in mail.as_string()


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_link_used_twice_at_the_same_moment_sets_one_password(app: Flask, company: Company, admin, mailbox) -> None:
    passwords.request_reset(admin.email, "198.51.100.7")
    token = mailbox.link().rpartition("/")[2]
    refused = at_once(app, *[lambda chosen=chosen: passwords.reset(token, chosen) for chosen in (NEW, NEW + "!")])
    assert sorted(type(error).__name__ for error in refused) == ["NoneType", "NotFound"]
    db.session.expire_all()
    assert admin.session_epoch == 2
    assert [users.authenticate(admin.email, chosen) is not None for chosen in (NEW, NEW + "!")].count(True) == 1
