"""`portal tie-out` and `/api/tie_out`, and the tie-out that is made once a day."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.blueprints.api import starting
from portal.extensions import db
from portal.models.access import KeyScope, OutgoingMail
from portal.models.company import Role
from portal.models.run import Run, RunKind
from portal.models.tie_out import TieOutDay
from portal.services import api_keys, tie_out_alerts
from portal.sync import due, engine
from tests.factories import ACTOR, make_customer, make_invoice, make_user
from tests.integration.sync_web.conftest import Ended, World

Portal = Callable[..., Ended]


def sell(world: World, number: str = "INV-1", amount: str = "120.00") -> None:
    make_invoice(amount, customer=make_customer(world.company, f"Buyer of {number}"), number=number)
    db.session.commit()


def leave_a_rest(world: World) -> None:
    """A difference that nothing accounts for: Intacct itself says another open amount than its rows add up to."""
    with world.core.lock:
        store = world.core.books.store
        row = store.one("ARINVOICE", "RECORDID", "INV-1")
        store.begin()
        store.change("ARINVOICE", row["RECORDNO"], TRX_TOTALDUE=row["TRX_TOTALDUE"] - 7)
        store.commit()


def test_the_command_prints_both_sides_and_each_difference_and_ends_with_0_when_all_is_explained(
    world: World, portal: Portal
) -> None:
    sell(world)
    done = portal("tie-out")
    assert done.code == 0, done.told
    [usd] = done.answer["currencies"]
    assert usd["difference"] == round(usd["here"] - usd["intacct"], 2)
    assert usd["unexplained"] == 0
    [ours] = [row for row in done.answer["documents"] if row["number"] == "INV-1"]
    assert (ours["cause"], ours["here_due"], ours["intacct_due"]) == ("not_synced", 120, 0)
    assert done.answer["as_of"] is None
    assert "INV-1" in portal("tie-out", json_=False).told


def test_the_command_ends_with_1_when_a_rest_has_no_cause(world: World, portal: Portal) -> None:
    sell(world)
    portal("sync", "run")
    leave_a_rest(world)
    done = portal("tie-out")
    assert done.code == 1
    assert done.answer["currencies"][0]["unexplained"] == 7


def test_the_command_takes_a_day_and_refuses_what_is_none(world: World, portal: Portal) -> None:
    sell(world)
    assert portal("tie-out", "--as-of", "2020-01-31").answer["as_of"] == 1580428800
    refused = portal("tie-out", "--as-of", "tomorrow")
    assert (refused.code, refused.answer["error"]["field"]) == (3, "as_of")


def test_a_tie_out_that_intacct_does_not_answer_ends_with_2(world: World, portal: Portal) -> None:
    world.fault("any", "dropped_before", times=0)
    assert portal("tie-out").code == 2


# The API


@pytest.fixture
def api(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Calls the API with a key that may write."""
    monkeypatch.setattr(starting, "enqueue_run", lambda run_id: True)
    key = api_keys.create(world.company, "test", KeyScope.READ_WRITE, actor=ACTOR).text
    db.session.commit()
    headers = {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}

    def call(method: str, path: str, document: Any = None) -> tuple[int, Any]:
        db.session.commit()
        options = {"data": json.dumps(document), "content_type": "application/json"} if document is not None else {}
        answer = app.test_client().open(f"/api{path}", method=method, headers=headers, **options)
        return answer.status_code, json.loads(answer.data)

    return call


def test_the_api_makes_a_tie_out_and_shows_it(world: World, api: Callable[..., tuple[int, Any]]) -> None:
    sell(world)
    assert api("GET", "/tie_out")[0] == 404
    status, run = api("POST", "/tie_out", {})
    assert (status, run["kind"], run["status"]) == (201, "tie_out", "queued")
    assert api("POST", "/tie_out", {})[1]["id"] == run["id"]
    db.session.commit()
    engine.perform(run["id"])
    body = api("GET", "/tie_out")[1]
    assert body["run_id"] == run["id"]
    causes = {cause["cause"]: cause["amount"] for cause in body["currencies"][0]["causes"]}
    assert causes["not_synced"] == 120
    found = api("GET", "/tie_out/documents?filter[cause]=not_synced")[1]
    assert [(row["number"], row["difference"]) for row in found] == [("INV-1", 120)]
    assert api("POST", "/tie_out", {"as_of": "never"})[0] == 400


# Once a day


def test_a_tie_out_is_planned_once_a_day_after_the_first_sync(world: World) -> None:
    sell(world)
    assert _planned(world) == []
    world.sync()
    assert len(_planned(world)) == 1
    assert len(_planned(world)) == 1


def test_the_daily_tie_out_keeps_its_totals_and_tells_admins_of_an_unexplained_rest(world: World) -> None:
    make_user(world.company, Role.ADMIN, email="admin@northfield.example")
    make_user(world.company, Role.VIEWER, email="viewer@northfield.example")
    sell(world)
    world.sync()
    _perform_daily(world)
    assert _mails() == []
    leave_a_rest(world)
    db.session.execute(db.update(Run).where(Run.kind == RunKind.TIE_OUT).values(scheduled_for=None))
    _perform_daily(world)
    [mail] = _mails()
    assert mail.recipient == "admin@northfield.example"
    assert "7.00 USD" in mail.subject
    assert len(db.session.scalars(db.select(TieOutDay)).all()) == 1


def test_a_limit_that_is_passed_is_told_and_mails_can_be_switched_off(world: World) -> None:
    make_user(world.company, Role.ADMIN, email="admin@northfield.example")
    sell(world)
    world.sync()
    tie_out_alerts.change(world.company, mails=True, limit="10.00", actor=ACTOR)
    _perform_daily(world)
    assert "more than the limit of 10.00 USD" in _mails()[0].subject
    db.session.execute(db.update(Run).where(Run.kind == RunKind.TIE_OUT).values(scheduled_for=None))
    tie_out_alerts.change(world.company, mails=False, limit="10.00", actor=ACTOR)
    _perform_daily(world)
    assert len(_mails()) == 1


def _planned(world: World) -> list[Run]:
    due.due(20)
    return list(db.session.scalars(db.select(Run).where(Run.kind == RunKind.TIE_OUT)))


def _perform_daily(world: World) -> None:
    db.session.commit()
    run_id = _planned(world)[-1].id
    db.session.commit()
    engine.perform(run_id)
    db.session.expire_all()


def _mails() -> list[OutgoingMail]:
    return list(db.session.scalars(db.select(OutgoingMail).order_by(OutgoingMail.id)))
