"""Default deny, shown on every route there is: it says who may open it, and it keeps to that."""

from __future__ import annotations

import re

import pytest
from werkzeug.routing import Rule

from portal.blueprints.access import access_of
from portal.models.company import Role
from portal.queries import companies

# The areas of the web whose routes answer with pages; others (an API, a health check) have tests of their own.
NOT_PAGES = ("static", "bootstrap.static", "health.", "api.")
# What everybody may open, signed in or not; the list is complete, so that no other route becomes public unseen.
OPEN_TO_ALL = {
    "auth.show_login", "auth.log_in", "auth.log_out", "auth.show_forgotten", "auth.send_link", "auth.show_reset",
    "auth.reset_password", "auth.show_invitation", "auth.accept_invitation", "company.show_accent",
}  # fmt: skip


def page_rules(app) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(NOT_PAGES)]


def path_of(rule: Rule, record_id: int = 1) -> str:
    return re.sub(r"<(?:[^:>]+:)?[^>]+>", str(record_id), rule.rule)


def method_of(rule: Rule) -> str:
    return "POST" if "POST" in rule.methods else "GET"


def send(browser, rule: Rule, record_id: int = 1):
    if method_of(rule) == "POST":
        return browser.post(path_of(rule, record_id), page="/login")
    return browser.get(path_of(rule, record_id))


def test_every_route_states_who_may_open_it(app):
    silent = [rule.rule for rule in app.url_map.iter_rules() if access_of(rule.endpoint) is None]
    assert silent == []


def test_no_route_changes_anything_by_get(app):
    for rule in page_rules(app):
        assert rule.methods <= {"GET", "HEAD", "OPTIONS", "POST"}, rule
        assert not {"GET", "POST"} <= rule.methods, f"{rule} reads and writes in one view"


def test_signed_out_every_page_leads_to_the_login(app, browser, company):
    wanted = [rule for rule in page_rules(app) if rule.endpoint not in OPEN_TO_ALL]
    assert wanted
    for rule in wanted:
        answer = send(browser, rule)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login"), rule


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ACCOUNTANT])
def test_a_role_too_small_is_refused(app, signed_in, role):
    browser = signed_in(role)
    for rule in page_rules(app):
        asked = access_of(rule.endpoint).role
        if asked is None or role.includes(asked):
            continue
        answer = send(browser, rule)
        assert answer.status_code == 403, rule
        assert f"needs the role {asked}" in answer.text


def test_records_of_another_company_do_not_exist(app, company, signed_in, book_of):
    theirs = book_of("Other Company")
    stranger = signed_in(Role.ADMIN)
    owner = signed_in(Role.ADMIN, theirs.company)
    rules = [rule for rule in page_rules(app) if rule.arguments]
    assert len(rules) > 10
    last_member = max(companies.members(theirs.company), key=lambda member: member.id).id
    for rule in rules:
        record_id = last_member if rule.endpoint.startswith("members.") else 1
        assert send(stranger, rule, record_id).status_code == 404, rule
        if method_of(rule) == "GET" and rule.endpoint.startswith(("customers.", "invoices.", "payments.")):
            assert send(owner, rule).status_code == 200, rule


@pytest.mark.parametrize("record_id", ["0", "99", "2147483648", "99999999999999999999", "x", "-1", "%00"])
def test_ids_that_belong_to_no_record_do_not_exist(signed_in, record_id):
    browser = signed_in(Role.ADMIN)
    for area in ("customers", "invoices", "payments", "credit-notes"):
        assert browser.get(f"/{area}/{record_id}").status_code == 404


def test_every_change_needs_a_token(app, signed_in):
    browser = signed_in(Role.ADMIN)
    for rule in page_rules(app):
        if method_of(rule) == "POST":
            answer = browser.post_bare(path_of(rule))
            assert answer.status_code == 400, rule
            assert "This form is stale" in answer.text
