"""Your account: password, name and look; and going from one company to another."""

from __future__ import annotations

import pytest

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company, Role, User
from portal.models.customer import Customer
from portal.services import users
from tests.factories import ACTOR, PASSWORD, make_company, make_user
from tests.integration.people.conftest import Mailbox
from tests.integration.web.conftest import Browser

NEW = "seven green bottles"


def change(browser: Browser, present: str = PASSWORD, password: str = NEW):
    return browser.post("/account/password", {"present": present, "password": password}, page="/account")


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_new_password_ends_the_other_sessions_and_this_one_goes_on(admin: User, mailbox: Mailbox, browser_of) -> None:
    here, elsewhere = browser_of(admin), browser_of(admin)
    assert change(here).location == "/account"
    assert "Your password is changed" in here.get("/account").text
    assert elsewhere.get("/account").status_code == 303
    assert [mail["Subject"] for mail in mailbox.fetch()] == ["Your password was changed"]
    assert db.session.query(AuditEntry).filter_by(action="password changed").count() == 1
    assert browser_of().sign_in(admin.email, PASSWORD).status_code == 422
    assert browser_of().sign_in(admin.email, NEW).status_code == 303


@pytest.mark.parametrize(
    ("present", "password", "reason"),
    [
        ("", NEW, "Enter your present password."),
        ("wrong", NEW, "This is not your present password."),
        (PASSWORD, "", "Enter a new password."),
        (PASSWORD, "eleven char", "at least 12 characters; this has 11"),
        (PASSWORD, "ada@northfield.example", "little more than your own name"),
        (PASSWORD, "123456789012", "tried first"),
    ],
)
def test_what_is_wrong_with_a_change_is_told_at_its_field(present, password, reason, admin, browser_of) -> None:
    browser = browser_of(admin)
    answer = change(browser, present, password)
    assert answer.status_code == 422
    assert reason in answer.text
    assert "Nothing was saved" in answer.text
    assert browser_of().sign_in(admin.email, PASSWORD).status_code == 303
    assert browser.get("/account").status_code == 200


def test_present_password_cannot_be_guessed_without_end(admin, browser_of) -> None:
    browser = browser_of(admin)
    for _ in range(5):
        change(browser, "wrong")
    assert "Too many wrong passwords" in change(browser).text


def test_weak_new_passwords_do_not_count_as_guesses(admin, browser_of) -> None:
    browser = browser_of(admin)
    for _ in range(7):
        assert "at least 12" in change(browser, PASSWORD, "short").text
    assert change(browser).status_code == 303


@pytest.mark.parametrize(
    ("theme", "attribute"), [("dark", ' data-bs-theme="dark"'), ("light", ' data-bs-theme="light"'), ("", "")]
)
def test_look_is_the_persons_own(theme, attribute, admin, company, browser_of) -> None:
    browser = browser_of(admin)
    browser.post("/account/profile", {"name": "Ada", "theme": theme}, page="/account")
    assert f'<html lang="en"{attribute}>' in browser.get("/").text
    assert '<html lang="en">' in browser_of(make_user(company)).get("/").text


def test_unknown_look_and_long_name_are_refused(admin, browser_of) -> None:
    browser = browser_of(admin)
    answer = browser.post("/account/profile", {"name": "x" * 101, "theme": "dark"}, page="/account")
    assert "at most 100 characters" in answer.text
    assert browser.post("/account/profile", {"name": "", "theme": "neon"}, page="/account").status_code == 422
    db.session.expire_all()
    assert (admin.name, admin.theme) == ("", "")


@pytest.fixture
def southfield(admin: User) -> Company:
    """Another company, where Ada reads only."""
    other = make_company("Southfield")
    users.add(admin.email, other, Role.VIEWER, actor=ACTOR)
    return other


def go(browser: Browser, company: Company):
    return browser.post("/account/company", {"company_id": company.id}, page="/account")


def test_user_goes_to_another_company_and_stays_there(admin, company, southfield, browser_of) -> None:
    browser = browser_of(admin)
    assert "<small>Northfield Supply</small>" in browser.get("/").text
    assert go(browser, southfield).location == "/"
    for path in ("/", "/customers"):
        assert "<small>Southfield</small>" in browser.get(path).text
    assert browser.get("/customers/new").status_code == 403
    go(browser, company)
    assert browser.get("/customers/new").status_code == 200


def test_form_of_a_page_still_open_in_another_company_saves_nothing(admin, company, southfield, browser_of) -> None:
    browser = browser_of(admin)
    before = browser.token("/customers/new")
    go(browser, southfield)
    go(browser, company)
    answer = browser.post_bare("/customers/new", {"name": "Late", "currency": "USD", "csrf_token": before})
    assert answer.status_code == 400
    assert db.session.query(Customer).count() == 0


@pytest.mark.parametrize("wanted", ["0", "-1", "99999999999999999999", "x", ""])
def test_nobody_goes_to_a_company_without_being_a_member(wanted, admin, browser_of) -> None:
    stranger = make_company()
    browser = browser_of(admin)
    for company_id in (wanted, stranger.id):
        answer = browser.post("/account/company", {"company_id": company_id}, page="/account")
        assert answer.status_code == 404
    assert "<small>Northfield Supply</small>" in browser.get("/").text


def test_switcher_shows_only_where_there_is_a_choice(admin, company, browser_of) -> None:
    assert "Other companies" not in browser_of(admin).get("/").text
    for number in range(7):
        users.add(admin.email, make_company(f"Branch {number}"), Role.VIEWER, actor=ACTOR)
    page = browser_of(admin).get("/").text
    assert "Other companies" in page
    assert "All 8 companies" in page
    assert "Branch 4" in page
    assert "Branch 5" not in page
    assert "Branch 6" in browser_of(admin).get("/account").text


def test_after_removal_the_user_is_told_where_they_are_now(admin, company, southfield, browser_of) -> None:
    make_user(company, Role.ADMIN)
    browser = browser_of(admin)
    browser.get("/")
    own = next(member for member in admin.memberships if member.company_id == company.id)
    db.session.delete(own)
    answer = browser.get("/")
    assert "You are no longer a member of the company you worked in. This is Southfield." in answer.text
    assert "no longer a member" not in browser.get("/").text
