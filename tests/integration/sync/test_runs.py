"""Runs: one at a time for a book, taken up again when a worker dies, ended in words whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from portal.database import now_ms
from portal.errors import Busy
from portal.extensions import db
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Posting
from portal.models.types import utcnow
from portal.sync import context, due, engine, flight, lease, runs
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World


class Killed(BaseException):
    """The process died: nothing in the engine may catch it."""


def start(world: World, kind: RunKind = RunKind.SYNC, trigger: str = "test") -> int:
    run = runs.request(world.book, kind, trigger=trigger)
    run_id = run.id
    db.session.commit()
    return run_id


def expire(run_id: int) -> None:
    """The lease of a worker that died is over."""
    db.session.rollback()
    db.session.execute(update(Run).where(Run.id == run_id).values(lease_until=1))
    db.session.commit()


def state_of(run_id: int) -> str:
    db.session.expire_all()
    run = db.session.get_one(Run, run_id)
    db.session.commit()
    return run.state


def test_a_second_sync_is_answered_with_the_first(world: World) -> None:
    first = start(world)
    with pytest.raises(Busy) as refused:
        runs.request(world.book, RunKind.SYNC, trigger="test")
    assert refused.value.run_id == first
    token = runs.claim(first, 60)
    assert token
    with pytest.raises(Busy):
        runs.request(world.book, RunKind.SYNC, trigger="test")


def test_only_one_of_many_workers_gets_a_run(world: World) -> None:
    run_id = start(world)
    tokens: list[str | None] = []

    def work() -> None:
        with world.app.app_context():
            tokens.append(runs.claim(run_id, 60))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([token for token in tokens if token]) == 1


def test_a_run_of_another_kind_waits_for_the_book(world: World) -> None:
    first, second = start(world), start(world, RunKind.SETTLE)
    assert runs.claim(first, 60)
    engine.perform(second)
    assert state_of(second) == "queued"
    assert runs.next_queued(world.book.id) == second


def test_a_worker_that_lost_its_lease_writes_nothing_more(world: World) -> None:
    run_id = start(world)
    former = runs.claim(run_id, 60)
    assert former
    expire(run_id)
    assert runs.claim(run_id, 60)
    with pytest.raises(runs.LostLease):
        runs.write(run_id, former, step="read")
    with pytest.raises(runs.LostLease):
        runs.end(run_id, former, RunState.FINISHED)


def die_at(monkeypatch: pytest.MonkeyPatch, commit: int) -> None:
    """Die right before the n-th commit of the engine."""
    real, count = db.session.commit, iter(range(1, 10_000))

    def commit_or_die() -> None:
        if next(count) == commit:
            raise Killed
        real()

    monkeypatch.setattr(db.session, "commit", commit_or_die)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("commit", range(2, 44, 3))
def test_a_run_whose_worker_died_is_taken_up_and_ends_right(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: MovedClock, commit: int
) -> None:
    invoice = make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    make_payment("100.00", on={invoice: "70.00"}, number="PMT-1")
    run_id = start(world)
    with monkeypatch.context() as patch:
        die_at(patch, commit)
        try:
            engine.perform(run_id)
        except Killed:
            db.session.rollback()
    expire(run_id)
    engine.perform(run_id)
    for _ in range(2):
        clock.advance(minutes=25)
        world.sync()
    assert state_of(run_id) in ("finished", "failed")
    assert [row["TRX_TOTALDUE"] for row in world.there("ARINVOICE", RECORDID="INV-1")] == ["50"]
    assert [row["TRX_TOTALDUE"] for row in world.alive("ARPYMT", DOCNUMBER="PMT-1")] == ["30"]
    assert world.state(invoice) == "synced"


def test_a_late_answer_is_stored_even_when_the_lease_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    run_id = start(world)
    real = context.RunContext.land

    def slow(ctx: context.RunContext) -> flight.Landing[Any]:
        landing = real(ctx)
        if "create_invoice" in landing.cargo[0].body:
            expire(run_id)
            assert runs.claim(run_id, 60)
        return landing

    monkeypatch.setattr(context.RunContext, "land", slow)
    engine.perform(run_id)
    assert state_of(run_id) == "running"
    assert {posting.state for posting in db.session.scalars(db.select(Posting))} == {"posted"}


def test_a_run_is_cancelled_at_a_records_edge(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer(world.company)
    for number in range(3):
        make_invoice("10.00", customer=customer, number=f"INV-{number}")
    run_id = start(world)
    real = context.RunContext.land

    def cancelling(ctx: context.RunContext) -> flight.Landing[Any]:
        landing = real(ctx)
        runs.cancel(db.session.get_one(Run, run_id))
        db.session.commit()
        return landing

    monkeypatch.setattr(context.RunContext, "land", cancelling)
    engine.perform(run_id)
    assert state_of(run_id) == "cancelled"
    assert world.there("ARINVOICE", RECORDID="INV-0") == []
    monkeypatch.undo()
    world.sync()
    assert len(world.there("ARINVOICE", RECORDID="INV-2")) == 1


def test_an_hourly_sync_is_planned_once_however_often_the_tick_comes(world: World) -> None:
    world.choose(auto_sync=True)
    first = due.due(1200)
    assert [due.due(1200), due.due(1200)] == [[], []]
    assert len(first) == 1
    engine.perform(first[0])
    run = db.session.get_one(Run, first[0])
    assert (run.state, run.trigger) == ("finished", "hourly")
    assert run.started_at is not None
    assert world.book.next_sync_at == run.started_at + timedelta(hours=1)


def test_a_run_that_redis_forgot_is_enqueued_again(world: World) -> None:
    run_id = start(world)
    assert due.due(1200) == [run_id]
    assert due.due(1200) == []
    db.session.execute(update(Run).where(Run.id == run_id).values(enqueued_at=1))
    db.session.commit()
    assert due.due(1200) == [run_id]


def test_a_run_that_kills_every_worker_is_ended_in_words(world: World) -> None:
    run_id = start(world)
    db.session.execute(
        update(Run).where(Run.id == run_id).values(state="running", token="x", claims=runs.MAX_CLAIMS, lease_until=1)
    )
    db.session.commit()
    due.due(1200)
    run = db.session.get_one(Run, run_id)
    assert run.state == "failed"
    assert "worker" in run.error


def test_open_postings_are_settled_by_themselves(world: World, clock: MovedClock) -> None:
    make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    world.fault("create_invoice", "reply_lost")
    assert world.sync().state == "failed"
    assert due.due(1200) == []
    clock.advance(minutes=2)
    planned = due.due(1200)
    assert [db.session.get_one(Run, run_id).kind for run_id in planned] == ["settle"]
    engine.perform(planned[0])
    assert {posting.state for posting in world.postings()} == {"posted"}
    clock.advance(minutes=2)
    assert due.due(1200) == []


def test_the_portals_own_fault_ends_the_run_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(ctx: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(engine.STEPS, RunKind.SYNC, broken)
    run = world.sync()
    assert run.state == "failed"
    assert f"run {run.id}" in run.error
    assert "secret detail" not in run.error


@pytest.fixture
def strangers(world: World) -> Iterator[None]:
    world.core.switch(authorised_senders=[])
    yield
    world.core.switch(authorised_senders=["invoiced"])


@pytest.mark.usefixtures("strangers")
def test_an_unauthorised_sender_is_said_with_the_place_to_authorise_it(world: World) -> None:
    run = world.sync()
    assert run.state == "failed"
    assert "Web Services authorizations" in run.error


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("429", "no more calls"),
        ("502_html", "could not be read"),
        ("500", "Internal server error"),
        ("524_late", "could not be read"),
        ("truncated", "answer"),
        ("dropped_before", "answer"),
        ("maintenance", "maintenance"),
        ("401", "401"),
    ],
)
def test_a_line_that_fails_at_reading_ends_the_run_in_words(world: World, what: str, words: str) -> None:
    world.fault("query", what, times=0)
    run = world.sync()
    assert run.state == "failed"
    assert words in run.error
    world.core.faults.order([])
    assert world.sync().state == "finished"


def test_each_record_of_a_run_is_listed_with_what_happened(world: World) -> None:
    make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    run = world.sync()
    items = db.session.scalars(db.select(RunItem).where(RunItem.run_id == run.id)).all()
    assert sorted((item.step, item.outcome) for item in items) == [("customers", "created"), ("invoices", "created")]
    assert run.ended_at is not None
    assert run.ended_at <= utcnow()
    assert db.session.execute(text("select count(*) from run where state = 'running'")).scalar() == 0


def time_left(run_id: int) -> int:
    """Milliseconds for which the lease still lasts, by the database's clock."""
    left = db.session.scalar(db.select(Run.lease_until - now_ms()).where(Run.id == run_id))
    db.session.commit()
    return left or 0


def test_a_checkpoint_pushes_the_lease_out_whatever_its_thread_can_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*given: object) -> bool:
        raise OperationalError("UPDATE run", {}, Exception("database is locked"))

    left: list[int] = []

    def work(ctx: context.RunContext) -> None:
        expire(ctx.run_id)
        ctx.checkpoint()
        left.append(time_left(ctx.run_id))
        assert runs.claim(ctx.run_id, 60) is None

    monkeypatch.setattr(lease, "_renew", away)
    run_id = start(world)
    engine.perform(run_id, {RunKind.SYNC: work})
    assert state_of(run_id) == "finished"
    assert 0 < left[0] <= 60_000


def test_a_worker_that_lost_its_run_renews_nothing_at_a_checkpoint(world: World) -> None:
    def work(ctx: context.RunContext) -> None:
        expire(ctx.run_id)
        assert runs.claim(ctx.run_id, 5) is not None
        ctx.checkpoint()

    run_id = start(world)
    engine.perform(run_id, {RunKind.SYNC: work})
    assert (state_of(run_id), 0 < time_left(run_id) <= 5_000) == ("running", True)


def test_a_lease_that_was_just_pushed_out_is_kept_without_waiting_for_a_writer(world: World) -> None:
    run_id = start(world)
    token = runs.claim(run_id, 60)
    assert token is not None
    with db.engine.begin() as writer:
        writer.execute(update(Run).where(Run.id == run_id).values(step="a long page"))
        assert lease._renew(db.engine, run_id, token, 60)


def test_a_lease_that_wears_off_is_renewed_by_its_thread(world: World) -> None:
    run_id = start(world)
    token = runs.claim(run_id, 20)
    assert token is not None
    assert lease._renew(db.engine, run_id, token, 60)
    assert time_left(run_id) > 50_000
    assert not lease._renew(db.engine, run_id, "another's", 60)
