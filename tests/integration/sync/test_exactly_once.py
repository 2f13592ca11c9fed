"""Whatever the line does, each record is in Intacct exactly once in the end: in all three modes of `uniqueid`."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from portal.extensions import db
from portal.intacct import departure
from portal.models.payment import Payment
from portal.models.sync import Posting, PostingState
from portal.sync import answers, sending
from portal.sync.answers import Answer
from portal.sync.context import RunContext
from portal.sync.flight import Landing
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World

MODES = ("received", "success", "ignored")
UNKNOWN = ("reply_lost", "truncated", "two_roots", "dropped_before", "500", "502_html", "524_late")
NOT_RUN = (
    "429", "401", "400", "maintenance", "try_again_later", "rate_limit_text", "session_expired", "schema_error",
)  # fmt: skip
CASES = [(what, mode) for what in UNKNOWN for mode in MODES] + [(what, "received") for what in NOT_RUN]


def settle_everything(world: World, clock: MovedClock) -> None:
    """Sync until the wait is over and everything that can be known is known; bounded."""
    for _ in range(3):
        world.sync()
        clock.advance(minutes=25)
    world.sync()


def assert_once(world: World, invoice: str = "INV-1", payment: str = "PMT-1") -> None:
    invoices = world.there("ARINVOICE", RECORDID=invoice)
    payments = world.alive("ARPYMT", DOCNUMBER=payment)
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in invoices] == [("120", "50")]
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in payments] == [("100", "30")]
    assert db.session.scalars(db.select(Posting).where(Posting.state == PostingState.OPEN)).all() == []
    assert db.session.scalars(db.select(Payment)).one().balance == 30


def make_records(world: World) -> None:
    invoice = make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    make_payment("100.00", on={invoice: "70.00"}, number="PMT-1")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("what", "mode"), CASES)
@pytest.mark.parametrize("function", ["create_invoice", {"function": "create", "object": "ARPYMT"}])
def test_a_fault_at_a_write_never_posts_twice_and_loses_nothing(
    world: World, clock: MovedClock, mode: str, what: str, function: object
) -> None:
    world.core.switch(uniqueid=mode)
    make_records(world)
    world.fault(function, what)
    settle_everything(world, clock)
    assert all(fault.spent for fault in world.core.faults.ordered), "the fault never struck"
    assert_once(world)


@pytest.mark.parametrize("mode", MODES)
def test_a_request_that_intacct_finishes_after_cutting_the_line_is_found_and_not_repeated(
    world: World, clock: MovedClock, mode: str
) -> None:
    world.core.switch(uniqueid=mode)
    make_records(world)
    world.fault("create_invoice", "524_late", late_seconds=300)
    assert world.sync().state == "failed"
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    run = world.sync()
    assert run.state == "finished", run.error
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    world.core.clock.advance(301)
    settle_everything(world, clock)
    assert_once(world)


def test_an_answer_that_comes_just_as_the_repeat_is_refused_is_kept(
    world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was given up for dead stores what Intacct told it, while the repeat is told that its id is used."""
    world.core.switch(uniqueid="received")
    invoice = make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    world.fault("create_invoice", "524_late", late_seconds=3600)
    world.sync()
    clock.advance(minutes=25)
    real = RunContext.land

    def land(ctx: RunContext) -> Landing[Any]:
        landing = real(ctx)
        world.core.clock.advance(3601)
        world.core.run_late()
        [there] = world.there("ARINVOICE", RECORDID="INV-1")
        [posting] = db.session.scalars(db.select(Posting).where(Posting.state == PostingState.OPEN))
        answers.store(Answer(posting.id, posting.attempts, there["RECORDNO"]), "the other worker")
        db.session.commit()
        return landing

    with monkeypatch.context() as patch:
        patch.setattr(RunContext, "land", land)
        assert world.sync().state == "finished"
    world.sync()
    assert world.state(invoice) == "synced"
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1
    assert [posting.state for posting in world.postings() if "create_invoice" in posting.body] == ["posted"]


def test_the_run_that_lost_its_line_says_so_and_what_is_open_is_called_unknown(world: World) -> None:
    make_records(world)
    world.fault("create_invoice", "reply_lost")
    run = world.sync()
    assert run.state == "failed"
    assert "Nothing" in run.error or "nothing" in run.error
    states = {posting.state for posting in world.postings() if posting.act == "create" and "invoice" in posting.body}
    assert states == {"open"}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_machine_that_slept_with_a_request_prepared_does_not_send_it(
    world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = [0.0]
    asleep = SimpleNamespace(  # the monotonic clock stands still meanwhile
        monotonic=time.monotonic, CLOCK_BOOTTIME=7, clock_gettime=lambda _: time.monotonic() + slept[0]
    )
    monkeypatch.setattr(departure, "time", asleep)
    depart = RunContext.depart

    def sleep_first(ctx: RunContext, calls: Any, *how: Any) -> None:
        slept[0] += 0 if slept[0] else sending.LEAVES_WITHIN_SECONDS
        depart(ctx, calls, *how)

    monkeypatch.setattr(RunContext, "depart", sleep_first)
    make_records(world)
    run = world.sync()
    assert (run.state, run.error_code) == ("failed", "too_late")
    assert not [body for body in world.adapter.sent if b"<create" in body]
    settle_everything(world, clock)
    assert_once(world)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the system has no clock that goes on in its sleep")
def test_the_clock_by_which_requests_leave_counts_the_sleep_of_the_machine() -> None:
    assert abs(departure.clock() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
