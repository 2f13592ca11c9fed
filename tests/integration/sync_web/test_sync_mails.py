"""Mails about syncs: who is told, of what, and that nobody is told of the same problem twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from portal.jobs import tick as ticks
from portal.models.access import OutgoingMail
from portal.models.company import Membership, Role
from portal.models.customer import Customer
from portal.problems import digest
from tests.factories import make_customer, make_invoice, make_user
from tests.integration.sync_web.conftest import World
from tests.integration.web.conftest import Browser


def member(world: World, name: str, wanted: str) -> None:
    user = make_user(world.company, Role.ACCOUNTANT, email=f"{name}@northfield.example")
    found = db.session.query(Membership).filter_by(user_id=user.id).one()
    found.sync_mail = wanted
    db.session.commit()


def told(world: World) -> list[OutgoingMail]:
    """The mails that a tick writes now."""
    before = {mail.id for mail in db.session.query(OutgoingMail)}
    db.session.commit()
    ticks._tell_of_syncs()
    found = [mail for mail in db.session.query(OutgoingMail).order_by(OutgoingMail.id) if mail.id not in before]
    db.session.commit()
    return found


def sell(world: World, number: str) -> None:
    customer = db.session.query(Customer).first() or make_customer(world.company, "Brightwater")
    make_invoice("10.00", customer=customer, number=number)
    db.session.commit()


def test_each_member_is_told_as_chosen_and_of_an_old_problem_only_once(world: World) -> None:
    for wanted in ("always", "problems", "never"):
        member(world, wanted, wanted)
    world.choose(income_account="")
    sell(world, "INV-1")
    world.sync()
    mails = told(world)
    assert [mail.recipient for mail in mails] == ["always@northfield.example", "problems@northfield.example"]
    assert mails[0].subject == "Northfield Supply: 1 new problem in the accounting sync"
    for text in (mails[0].text, mails[0].html):
        assert "No income account is set" in text
        assert "INV-1" in text
        assert "10.00 USD" in text
    world.sync()
    again = told(world)
    assert [mail.recipient for mail in again] == ["always@northfield.example"]
    assert "without new problems" in again[0].subject
    assert told(world) == []
    sell(world, "INV-2")
    world.sync()
    [_, news] = told(world)
    assert news.recipient == "problems@northfield.example"
    assert "INV-2" in news.text
    assert "INV-1" not in news.text
    assert "2 problems are open in all" in news.text


def test_a_failed_sync_is_told_of_when_it_begins_to_fail_and_not_each_hour(world: World) -> None:
    member(world, "problems", "problems")
    world.fault("any", "401", times=0)
    world.sync()
    [mail] = told(world)
    assert "the accounting sync failed" in mail.subject
    assert "401" in mail.text
    world.sync()
    assert told(world) == []


def test_a_tick_that_comes_second_writes_no_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    member(world, "always", "always")
    run_id = world.sync().id
    assert len(told(world)) == 1
    monkeypatch.setattr(digest, "due", lambda: [run_id])
    assert told(world) == []


def test_a_member_chooses_on_the_account_page(world: World, signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.VIEWER)
    assert "Mail about accounting syncs" in browser.get("/account").text
    assert browser.post("/account/sync-mail", {"sync_mail": "never"}, page="/account").status_code == 303
    assert db.session.query(Membership).one().sync_mail == "never"
    db.session.commit()
    assert browser.post("/account/sync-mail", {"sync_mail": "hourly"}, page="/account").status_code == 422
