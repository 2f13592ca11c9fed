"""What /metrics says of runs, postings, problems and the gateway is what the database holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from portal.blueprints.health.exposition import Exposition
from portal.extensions import db
from portal.models.access import OutgoingMail
from portal.models.run import Run, RunKind
from portal.models.sync import Posting
from portal.models.types import utcnow
from portal.services import invoices
from portal.sync import runs
from tests.factories import ACTOR, make_customer, make_invoice, make_line
from tests.integration.sync.conftest import World
from tests.integration.sync.test_rules import edited


def figures(app: Flask) -> dict[str, float]:
    """Every figure by name and labels."""
    db.session.commit()
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_runs_by_kind_and_status(world: World, app: Flask) -> None:
    world.sync()
    world.fault("query", "429", times=99)
    world.sync()
    runs.request(world.book, RunKind.SWEEP, trigger="daily")
    told = figures(app)
    assert told['portal_runs_ended_total{kind="sync",status="finished"}'] == 1
    assert told['portal_runs_ended_total{kind="sync",status="failed"}'] == 1
    assert told['portal_runs{kind="sweep",status="queued"}'] == 1
    assert told['portal_run_seconds_count{kind="sync"}'] == 2
    took = [(run.ended_at - run.started_at).total_seconds() for run in db.session.scalars(db.select(Run))
            if run.ended_at and run.started_at]  # fmt: skip
    assert told['portal_run_seconds_sum{kind="sync"}'] == pytest.approx(sum(took), abs=0.01)


def test_a_queued_run_grows_old_and_a_lost_lease_shows(world: World, app: Flask) -> None:
    assert figures(app)["portal_run_oldest_queued_seconds"] == 0
    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    run.created_at = utcnow() - timedelta(minutes=5)
    told = figures(app)
    assert 299 < told["portal_run_oldest_queued_seconds"] < 360
    assert told["portal_run_leases_expired"] == 0
    runs.claim(run.id, -1)
    assert figures(app)["portal_run_leases_expired"] == 1
    assert runs.claim(run.id, 60)
    told = figures(app)
    assert (told["portal_run_leases_expired"], told["portal_run_takeovers_total"]) == (0, 1)


def test_a_run_that_gave_way_is_healthy_and_the_count_of_takeovers_never_falls(world: World, app: Flask) -> None:
    def told() -> tuple[float, float, float]:
        found = figures(app)
        names = ("portal_runs_handed_back", "portal_run_leases_expired", "portal_run_takeovers_total")
        handed_back, expired, takeovers = (found[name] for name in names)
        return handed_back, expired, takeovers

    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    first = runs.claim(run.id, 60)
    assert first
    runs.hand_back(run.id, first)
    assert told() == (1, 0, 0)
    assert runs.claim(run.id, -1)
    assert told() == (0, 1, 0), "to go on with it is no takeover"
    for _ in range(2):  # its worker died; the next one gives way
        token = runs.claim(run.id, 60)
        assert token
        runs.hand_back(run.id, token)
        assert told() == (1, 0, 1)
    db.session.expire_all()
    assert db.session.get_one(Run, run.id).claims == 1, "the one that died"


def test_postings_by_state_and_how_long_one_is_open(world: World, app: Flask) -> None:
    customer = make_customer(world.company)
    make_invoice("100.00", customer=customer, number="INV-1")
    world.sync()
    make_invoice("50.00", customer=customer, number="INV-2")
    world.fault("create_invoice", "reply_lost")
    world.sync()
    told = figures(app)
    counted = {state: sum(posting.state == state for posting in db.session.scalars(db.select(Posting)))
               for state in ("open", "posted", "refused", "not_executed")}  # fmt: skip
    assert counted["open"] == 1
    assert {state: told[f'portal_postings{{state="{state}"}}'] for state in counted} == counted
    assert told["portal_posting_oldest_open_seconds"] >= 0


def test_an_attempt_stays_counted_when_the_record_came_through_later(world: World, app: Flask) -> None:
    wrong, right = (make_line("50.00", account="NOWHERE"),), (make_line("50.00"),)
    bad = make_invoice("50.00", customer=make_customer(world.company), number="INV-1", lines=wrong)
    world.sync()
    told = figures(app)
    assert told['portal_postings{state="refused"}'] == 1
    assert sum(value for name, value in told.items() if name.startswith("portal_problems_open")) == 1
    invoices.edit(bad, edited(bad, lines=right), actor=ACTOR)
    world.sync()
    told = figures(app)
    assert told['portal_postings{state="refused"}'] == 1, "of all time"
    assert not [name for name in told if name.startswith("portal_problems_open")], "current"


def test_problems_by_code(world: World, app: Flask) -> None:
    world.act("create_invoice", customerid=_customer_there(world), invoiceno="INV-1", amount="5", date="03/01/2026")
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    codes = [problem.code for problem in world.problems()]
    assert codes == ["number_taken"]
    assert figures(app)['portal_problems_open{code="number_taken"}'] == 1


def test_what_was_asked_of_the_gateway_and_what_failed(world: World, app: Flask) -> None:
    run = world.sync()
    world.fault("query", "429", times=99)
    functions = run.counts["gateway_functions"] + world.sync().counts["gateway_functions"]
    told = figures(app)
    assert told['portal_gateway_functions_total{purpose="sync"}'] == functions
    assert told['portal_gateway_request_seconds_sum{purpose="sync"}'] > 0
    assert told['portal_gateway_failures_total{error="Throttled"}'] == 1


def test_mails_that_wait_and_that_never_went(world: World, app: Flask) -> None:
    for given_up in (None, None, utcnow()):
        db.session.add(OutgoingMail(recipient="a@b.example", subject="x", text="x", given_up_at=given_up))
    told = figures(app)
    assert (told["portal_mails_waiting"], told["portal_mails_given_up"]) == (2, 1)


def test_an_hourly_sync_that_nobody_asks_for_is_late(world: World, app: Flask) -> None:
    world.book.next_sync_at = utcnow() - timedelta(minutes=10)
    assert figures(app)["portal_sync_late_seconds"] == 0  # auto-sync is off
    world.choose(auto_sync=True)
    assert 599 < figures(app)["portal_sync_late_seconds"] < 660


def test_every_figure_says_what_it_is(world: World, app: Flask) -> None:
    world.sync()
    db.session.commit()
    lines = app.test_client().get("/metrics").text.splitlines()
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    helped = {line.split()[2] for line in lines if line.startswith("# HELP")}
    named = {line.partition("{")[0].partition(" ")[0] for line in lines if not line.startswith("#")}
    assert {name.removesuffix("_sum").removesuffix("_count") for name in named} <= typed == helped


def test_labels_are_escaped() -> None:
    told = Exposition()
    told.gauge("x", "About x.", ({"of": 'a"b\\c\nd'}, 1.5))
    assert str(told) == '# HELP x About x.\n# TYPE x gauge\nx{of="a\\"b\\\\c\\nd"} 1.500\n'


def _customer_there(world: World) -> str:
    return world.there("CUSTOMER")[0]["CUSTOMERID"]
