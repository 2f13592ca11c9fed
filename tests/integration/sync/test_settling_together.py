"""A whole batch whose answers never came: it is looked for together, and what did not arrive goes again together."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from portal.models.invoice import Invoice
from portal.models.run import Run
from portal.models.sync import PostingState
from portal.models.types import utcnow
from portal.sync import pace
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World
from tests.integration.sync.scenes import ok

MANY = 12


@pytest.fixture(params=["received", "success", "ignored"])
def world(world: World, request: pytest.FixtureRequest) -> World:
    """Whatever Intacct makes of control ids."""
    world.core.switch(uniqueid=request.param)
    return world


def make_many(world: World) -> list[Invoice]:
    customer = make_customer(world.company, "Brightwater")
    ok(world.sync())
    return [make_invoice(f"{10 + n}.00", customer=customer, number=f"INV-{n:02}") for n in range(MANY)]


def asked_in(world: World, since: int) -> list[list[str]]:
    """The functions of each request since then."""
    return [
        [found.decode() for found in re.findall(rb"<function [^>]*>\s*<(\w+)", body)]
        for body in world.adapter.sent[since:]
    ]


def sync_after_the_wait(world: World, clock: MovedClock) -> tuple[Run, list[list[str]]]:
    clock.advance(minutes=25)
    since = len(world.adapter.sent)
    run = world.sync()
    return run, asked_in(world, since)


def each_once(world: World) -> bool:
    there = Counter(row["RECORDID"] for row in world.alive("ARINVOICE") if row["CUSTOMERNAME"] == "Brightwater")
    unended = [posting for posting in world.postings() if posting.state == PostingState.OPEN]
    return there == Counter(f"INV-{n:02}" for n in range(MANY)) and not unended


def test_a_batch_whose_reply_was_lost_is_found_in_one_request(world: World, clock: MovedClock) -> None:
    make_many(world)
    world.fault("create_invoice", "reply_lost", times=1)
    assert world.sync().state == "failed"
    run, asked = sync_after_the_wait(world, clock)
    ok(run)
    assert each_once(world)
    assert len(asked) <= 5
    assert sum(map(len, asked)) < MANY  # a question for what was sent to a customer together, not for each document
    assert run.counts["settled"] == MANY


def test_a_batch_that_never_arrived_goes_again_in_one_request(world: World, clock: MovedClock) -> None:
    invoices = make_many(world)
    world.fault("create_invoice", "dropped_before", times=1)
    assert world.sync().state == "failed"
    run, asked = sync_after_the_wait(world, clock)
    ok(run)
    assert each_once(world)
    assert [functions.count("create_invoice") for functions in asked if "create_invoice" in functions] == [MANY]
    assert {posting.attempts for posting in world.postings() if "create_invoice" in posting.body} == {2}
    assert {world.state(invoice) for invoice in invoices} == {"synced"}


def test_of_two_batches_the_one_that_arrived_is_kept_and_the_other_sent_again(
    world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace.Pace.__init__, "__defaults__", (MANY // 2,))
    make_many(world)
    world.core.faults.order(
        [
            {"when": "create_invoice", "what": "reply_lost", "times": 1},
            {"when": "create_invoice", "what": "dropped_before", "times": 1},
        ]
    )
    assert world.sync().state == "failed"
    arrived = len(world.there("ARINVOICE", CUSTOMERNAME="Brightwater"))
    assert arrived == MANY // 2
    run, asked = sync_after_the_wait(world, clock)
    ok(run)
    assert each_once(world)
    assert sum(functions.count("create_invoice") for functions in asked) == MANY - arrived


@pytest.mark.parametrize("what", ["session_expired", "schema_error", "function_error"])
def test_what_cannot_be_sent_again_as_it_is_goes_as_if_for_the_first_time(
    world: World, clock: MovedClock, what: str
) -> None:
    make_many(world)
    world.fault("create_invoice", "dropped_before", times=1)
    assert world.sync().state == "failed"
    more = {"errorno": "BL01001973", "text": "The Service is Temporarily Off-line"} if what == "function_error" else {}
    world.fault("create_invoice", what, times=1, **more)
    run, _ = sync_after_the_wait(world, clock)
    assert run.state != "failed", run.error
    clock.advance(minutes=25)
    ok(world.sync())
    assert all(fault.spent for fault in world.core.faults.ordered), "the fault never struck"
    assert each_once(world)


def test_a_request_that_is_lost_once_more_is_settled_once_more(world: World, clock: MovedClock) -> None:
    make_many(world)
    world.fault("create_invoice", "dropped_before", times=1)
    assert world.sync().state == "failed"
    world.fault("create_invoice", "reply_lost", times=1)
    run, _ = sync_after_the_wait(world, clock)
    assert run.state == "failed"
    assert run.counts["unknown"] == MANY
    run, asked = sync_after_the_wait(world, clock)
    ok(run)
    assert each_once(world)
    assert not any("create_invoice" in functions for functions in asked)


def test_payments_of_a_lost_batch_are_found_together_with_what_they_pay(world: World, clock: MovedClock) -> None:
    invoices = make_many(world)
    ok(world.sync())
    for n, invoice in enumerate(invoices):
        make_payment("15.00", customer=invoice.customer, on={invoice: "8.00"}, number=f"PMT-{n:02}")
    world.fault({"function": "create", "object": "ARPYMT"}, "reply_lost", times=1)
    assert world.sync().state == "failed"
    run, asked = sync_after_the_wait(world, clock)
    ok(run)
    paid = [row for row in world.alive("ARPYMT") if row["DOCNUMBER"].startswith("PMT-")]
    assert sorted(row["DOCNUMBER"] for row in paid) == [f"PMT-{n:02}" for n in range(MANY)]
    assert {row["TRX_TOTALDUE"] for row in paid} == {"7"}
    assert len(asked) <= 9


@pytest.mark.parametrize("world", ["ignored"], indirect=True)
def test_a_worker_whose_clock_is_hours_behind_makes_nobody_send_again_too_early(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_many(world)
    world.fault("create_invoice", "524_late", late_seconds=300)
    with monkeypatch.context() as behind:
        for module in ("engine", "sending", "settle"):
            behind.setattr(f"portal.sync.{module}.utcnow", lambda: utcnow() - timedelta(hours=2))
        assert world.sync().state == "failed"
    ok(world.sync())
    world.core.clock.advance(301)
    ok(world.sync())
    assert each_once(world)
