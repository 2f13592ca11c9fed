"""Invitations by mail: from the form to the first page of the new member, and every way in which one ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from freezegun import freeze_time

from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.jobs.mail_jobs import send_due
from portal.models.access import Invitation
from portal.models.company import Company, Role, User
from portal.models.types import utcnow
from portal.queries.companies import get_membership
from portal.services import invitations, users
from tests.factories import ACTOR, PASSWORD, make_company, make_user
from tests.integration.people.conftest import Mailbox, text_of, use_mail_url
from tests.integration.people.test_members import at_once

PATH = "/settings/members"
BO = "bo@northfield.example"
NEW = {"name": "Bo Berg", "password": "seven green bottles"}


@pytest.fixture
def link(company: Company, admin: User, mailbox: Mailbox) -> str:
    """The link of Bo's invitation as an accountant."""
    invitations.invite(company, BO, Role.ACCOUNTANT, actor=ACTOR)
    return mailbox.link()


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_somebody_new_joins_by_the_link_and_is_signed_in(company, admin, mailbox, browser_of) -> None:
    answer = browser_of(admin).post(f"{PATH}/invite", {"email": " Bo@Northfield.example ", "role": "accountant"})
    assert answer.location == PATH
    (mail,) = mailbox.fetch()
    assert mail["To"] == BO
    assert mail["Subject"] == "ada@northfield.example invites you to Northfield Supply"
    assert "as an accountant" in text_of(mail)
    browser = browser_of()
    path = text_of(mail).split("http://127.0.0.1:8000")[1].split()[0]
    assert "Join Northfield Supply" in browser.get(path).text
    assert browser.post(path, NEW).location == "/"
    assert "You are a member of Northfield Supply now, as accountant." in browser.get("/").text
    assert browser.get("/customers/new").status_code == 200
    assert browser_of(users.find_by_email(BO), NEW["password"]).get("/").status_code == 200


def test_the_link_works_once(link, browser_of) -> None:
    browser_of().post(link, NEW)
    answer = browser_of().get(link)
    assert answer.status_code == 404
    assert "This invitation works no more" in answer.text
    page = browser_of()
    assert page.post(link, NEW, page="/login").status_code == 404


def test_only_a_digest_of_the_token_is_kept(link) -> None:
    token = link.rpartition("/")[2]
    (row,) = db.session.query(Invitation)
    assert len(token) >= 40
    assert token not in (row.digest, str(row.__dict__))
    with pytest.raises(NotFound):
        invitations.find_open(row.digest)


def test_user_of_another_company_signs_in_and_joins(link, company, browser_of) -> None:
    other = make_company("Southfield")
    bo = make_user(other, Role.VIEWER, email=BO)
    stranger = browser_of()
    page = stranger.get(link).text
    assert "has an account already" in page
    assert 'name="password"' not in page
    answer = stranger.post(f"/login?next={link}", {"email": BO, "password": PASSWORD})
    assert answer.location == link
    assert stranger.post(link).location == "/"
    page = stranger.get("/").text
    assert "You are a member of Northfield Supply now" in page
    assert "Go to </span>Southfield" in page
    assert get_membership(company.id, bo.id).role == Role.ACCOUNTANT


def test_posting_a_new_account_for_an_address_that_has_one_is_refused(link, browser_of) -> None:
    make_user(make_company(), Role.VIEWER, email=BO)
    answer = browser_of().post(link, NEW, page="/login")
    assert answer.status_code == 409
    assert "has an account already" in answer.text
    assert users.authenticate(BO, PASSWORD) is not None


def test_somebody_else_who_is_signed_in_cannot_use_the_link(link, admin, company, browser_of) -> None:
    browser = browser_of(admin)
    assert "You are signed in as ada@northfield.example" in browser.get(link).text
    assert browser.post(link).status_code == 409
    assert users.find_by_email(BO) is None


def test_session_that_is_over_joins_nothing(link, browser_of, company) -> None:
    bo = make_user(make_company(), Role.VIEWER, email=BO)
    with freeze_time("2026-11-23 10:00:00") as clock:
        db.session.query(Invitation).update({"expires_at": utcnow() + timedelta(days=7)})
        browser = browser_of(bo)
        clock.tick(timedelta(hours=3))
        assert browser.post(link, page="/login").status_code in (409, 422)
    assert get_membership(company.id, bo.id) is None


def test_link_is_good_for_seven_days(company, mailbox, browser_of) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        invitations.invite(company, BO, Role.VIEWER, actor=ACTOR)
        link = mailbox.link()
        clock.tick(timedelta(days=7, seconds=-1))
        assert browser_of().get(link).status_code == 200
        clock.tick(timedelta(seconds=1))
        assert browser_of().get(link).status_code == 404


def test_sending_again_ends_the_link_before_and_starts_seven_days_anew(link, admin, company, mailbox, browser_of):
    (row,) = db.session.query(Invitation)
    browser_of(admin).post(f"{PATH}/invitations/{row.id}/resend", page=PATH)
    newer = mailbox.link()
    assert browser_of().get(link).status_code == 404
    assert browser_of().get(newer).status_code == 200


def test_invitation_that_is_taken_back_opens_nothing(link, admin, browser_of) -> None:
    (row,) = db.session.query(Invitation)
    browser = browser_of(admin)
    assert BO in browser.get(PATH).text
    browser.post(f"{PATH}/invitations/{row.id}/withdraw", page=PATH)
    assert browser_of().get(link).status_code == 404
    assert "Invited" not in browser.get(PATH).text.replace("is taken back", "")
    assert browser.post(f"{PATH}/invitations/{row.id}/resend", page=PATH).status_code == 409


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "Enter the person&#39;s e-mail address."),
        ("bo", "That is not an e-mail address."),
        ("bo@x.example, cy@x.example", "That is not an e-mail address."),
        ("bo@x.example\r\nBcc: cy@x.example", "That is not an e-mail address."),
        ("x" * 1_000_000 + "@x.example", "at most 200 characters"),
        ("ADA@northfield.example", "is a member already"),
    ],
)
def test_what_cannot_be_invited_is_told_at_its_field(email, reason, company, admin, mailbox, browser_of) -> None:
    answer = browser_of(admin).post(f"{PATH}/invite", {"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert reason in answer.text
    assert mailbox.fetch() == []


def test_nobody_is_invited_twice(link, company) -> None:
    with pytest.raises(InvalidInput, match="invited already"):
        invitations.invite(company, BO.upper(), Role.VIEWER, actor=ACTOR)


def test_weak_password_is_told_at_its_field_and_the_link_stays_good(link, browser_of) -> None:
    browser = browser_of()
    answer = browser.post(link, {"name": "Bo Berg", "password": "bo.berg.2026!"})
    assert answer.status_code == 422
    assert "little more than your own name" in answer.text
    assert "Bo Berg" in answer.text
    assert "bo.berg.2026!" not in answer.text
    assert browser.post(link, NEW).status_code == 303


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_link_used_twice_at_the_same_moment_makes_one_account(app: Flask, company: Company, mailbox: Mailbox) -> None:
    invitations.invite(company, BO, Role.VIEWER, actor=ACTOR)
    token = mailbox.link().rpartition("/")[2]
    refused = at_once(app, *[lambda: invitations.join_as_new(token, "Bo", "seven green bottles")] * 2)
    assert sorted(type(error).__name__ for error in refused) == ["NoneType", "NotFound"]
    assert db.session.query(User).filter_by(email=BO).count() == 1


def test_admin_sees_why_a_mail_was_not_delivered(app, company, admin, mail_server, browser_of) -> None:
    inbox, port = mail_server()
    inbox.refuse_recipient = "550 5.1.1 No such user here"
    use_mail_url(app, f"smtp://127.0.0.1:{port}")
    invitations.invite(company, BO, Role.VIEWER, actor=ACTOR)
    db.session.commit()
    browser = browser_of(admin)
    assert "Mail waits" in browser.get(PATH).text
    send_due()
    page = browser.get(PATH).text
    assert "Mail not delivered" in page
    assert "550 5.1.1 No such user here" in page


def test_admin_is_told_that_there_is_no_mail_server(company, admin, browser_of) -> None:
    assert "The portal has no mail server yet" in browser_of(admin).get(PATH).text


def test_invitations_of_another_company_are_out_of_reach(link, browser_of) -> None:
    (row,) = db.session.query(Invitation)
    stranger = browser_of(make_user(make_company(), Role.ADMIN))
    for act in ("resend", "withdraw"):
        assert stranger.post(f"{PATH}/invitations/{row.id}/{act}", page=PATH).status_code == 404
    assert browser_of().get(link).status_code == 200
