"""Members: who may change whom, and that a company always keeps an admin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from portal.errors import InvalidInput, NotAllowedNow, NotFound, PortalError
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company, Membership, Role, User
from portal.queries.companies import get_membership, members
from portal.services import members as rules
from portal.services import users
from tests.factories import ACTOR, make_company, make_user

PATH = "/settings/members"


def membership(company: Company, user: User) -> Membership:
    found = get_membership(company.id, user.id)
    assert found is not None
    return found


def history(company: Company) -> list[tuple[str, str]]:
    entries = db.session.query(AuditEntry).filter_by(company_id=company.id, subject="member").order_by(AuditEntry.id)
    return [(entry.action, entry.text) for entry in entries]


def test_role_changes_and_the_history_says_who_did_it(company: Company, admin: User, browser_of) -> None:
    bo = membership(company, make_user(company, Role.VIEWER, email="bo@northfield.example"))
    browser = browser_of(admin)
    answer = browser.post(f"{PATH}/{bo.id}", {"role": "accountant"})
    assert answer.location == PATH
    assert "bo@northfield.example is accountant now." in browser.get(PATH).text
    entry = db.session.query(AuditEntry).filter_by(action="role changed").one()
    assert (entry.actor, entry.before, entry.after) == (admin.email, {"role": "viewer"}, {"role": "accountant"})


def test_a_role_holds_from_the_next_click(company: Company, admin: User, browser_of) -> None:
    bo = make_user(company, Role.ADMIN)
    browser = browser_of(bo)
    assert browser.get(f"{PATH}/invite").status_code == 200
    rules.change_role(company, membership(company, bo).id, Role.VIEWER, actor=ACTOR)
    assert browser.get(f"{PATH}/invite").status_code == 403


def test_removed_member_can_open_nothing_at_once_in_any_browser(company: Company, admin: User, browser_of) -> None:
    bo = make_user(company, Role.ACCOUNTANT, email="bo@northfield.example")
    first, second = browser_of(bo), browser_of(bo)
    assert first.get("/customers").status_code == second.get("/customers").status_code == 200
    browser_of(admin).post(f"{PATH}/{membership(company, bo).id}/remove")
    for browser in (first, second):
        answer = browser.get("/customers")
        assert answer.status_code == 403
        assert "not a member of any company" in answer.text
        assert "Sign out" in answer.text
    assert history(company)[-1] == ("removed", "bo@northfield.example")


def test_removed_member_goes_on_in_another_company_and_no_form_lands_there(
    company: Company, admin: User, browser_of
) -> None:
    other = make_company("Southfield")
    bo = make_user(company, Role.ACCOUNTANT, email="bo@northfield.example")
    users.add(bo.email, other, Role.ACCOUNTANT, actor=ACTOR)
    browser = browser_of(bo)
    page = browser.token("/customers/new")
    rules.remove(company, membership(company, bo).id, actor=ACTOR)
    answer = browser.post_bare(
        "/customers/new", {"name": "Meant for Northfield", "currency": "USD", "csrf_token": page}
    )
    assert answer.status_code == 400
    assert "This form is stale" in answer.text
    answer = browser.get("/customers")
    assert "Southfield" in answer.text
    assert "Meant for Northfield" not in answer.text


def test_the_only_admin_neither_leaves_nor_steps_down(company: Company, admin: User, browser_of) -> None:
    make_user(company, Role.ACCOUNTANT)
    own = membership(company, admin).id
    browser = browser_of(admin)
    answer = browser.post(f"{PATH}/{own}", {"role": "viewer"})
    assert answer.status_code == 422
    assert "only admin of Northfield Supply" in answer.text
    answer = browser.post(f"{PATH}/{own}/remove", page=f"{PATH}/{own}")
    assert answer.status_code == 409
    assert "only admin of Northfield Supply" in answer.text
    assert membership(company, admin).role == Role.ADMIN


def test_an_admin_whose_account_is_switched_off_does_not_count(company: Company, admin: User) -> None:
    make_user(company, Role.ADMIN).active = False
    with pytest.raises(NotAllowedNow, match="only admin"):
        rules.remove(company, membership(company, admin).id, actor=ACTOR)


def test_an_admin_may_leave_once_there_is_another(company: Company, admin: User, browser_of) -> None:
    make_user(company, Role.ADMIN)
    browser = browser_of(admin)
    assert browser.post(f"{PATH}/{membership(company, admin).id}/remove").location == "/"
    assert browser.get("/").status_code == 403


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("way", ["leave", "step down", "one of each"])
def test_two_admins_who_go_at_the_same_moment_leave_one_behind(app: Flask, company: Company, way: str) -> None:
    first, second = (membership(company, make_user(company, Role.ADMIN)).id for _ in range(2))
    company_id = company.id
    db.session.commit()

    def leave(member_id: int) -> object:
        return rules.remove(db.session.get_one(Company, company_id), member_id, actor=ACTOR)

    def step_down(member_id: int) -> object:
        return rules.change_role(db.session.get_one(Company, company_id), member_id, Role.VIEWER, actor=ACTOR)

    one, two = {"leave": (leave, leave), "step down": (step_down, step_down), "one of each": (leave, step_down)}[way]
    refused = at_once(app, lambda: one(first), lambda: two(second))
    assert sorted(type(error).__name__ for error in refused) == ["NoneType", "NotAllowedNow"]
    db.session.expire_all()
    assert [member.role for member in members(company)].count(Role.ADMIN) == 1


def at_once(app: Flask, *actions: Callable[[], object]) -> list[PortalError | None]:
    """Run each action in a transaction of its own, all starting together; what each was refused with, or None."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> PortalError | None:
        with app.app_context():
            barrier.wait()
            try:
                action()
                db.session.commit()
            except PortalError as error:
                db.session.rollback()
                return error
            return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_members_of_another_company_are_out_of_reach(company: Company, admin: User) -> None:
    stranger = membership(other := make_company(), make_user(other, Role.VIEWER))
    for attempt in (
        lambda: rules.change_role(company, stranger.id, Role.ADMIN, actor=ACTOR),
        lambda: rules.remove(company, stranger.id, actor=ACTOR),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_unknown_role_is_refused(company: Company, admin: User) -> None:
    with pytest.raises(InvalidInput, match="viewer, accountant, admin"):
        rules.change_role(company, membership(company, admin).id, "owner", actor=ACTOR)


def test_viewers_see_who_is_admin_and_change_nothing(company: Company, admin: User, browser_of) -> None:
    viewer = make_user(company, Role.VIEWER)
    browser = browser_of(viewer)
    page = browser.get(PATH).text
    assert admin.email in page
    assert "Invite" not in page
    for path in (f"{PATH}/invite", f"{PATH}/{membership(company, admin).id}"):
        assert browser.get(path).status_code == 403
        assert browser.post(path, {"role": "viewer"}, page=PATH).status_code == 403
