"""A long run makes way for others and goes on where it was; a process that is asked to stop hands its run back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from portal.jobs import queues, run_jobs
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.services import credit_notes, gateways
from portal.sync import engine, pace, runs
from portal.sync.slices import Slice
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World


def start(world: World, kind: RunKind = RunKind.SYNC) -> int:
    run_id = runs.request(world.book, kind, trigger="test").id
    db.session.commit()
    return run_id


def in_slices(run_id: int, slice_: Callable[[], Slice]) -> int:
    """Perform the run to its end; in how many slices."""
    count = 1
    while engine.perform(run_id, slice_=slice_()):
        count += 1
        assert count < 50, "the slices bring the run no further"
    db.session.expire_all()
    return count


def numbers_there(world: World) -> list[str]:
    return sorted(row["RECORDID"] for row in world.alive("ARINVOICE") if row["CUSTOMERNAME"] == "Brightwater")


@pytest.fixture(autouse=True)
def small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records in a request, so that a small book takes many."""
    monkeypatch.setattr(pace.Pace.__init__, "__defaults__", (3,))
    monkeypatch.setattr(pace, "MOST", 3)


def always_asked() -> Slice:
    return Slice(0, others_wait=lambda: True)


def make_book(world: World) -> None:
    """More invoices than go into one request, payments and a credit note, and one invoice that Intacct refuses."""
    customer = make_customer(world.company, "Brightwater")
    made = [make_invoice("10.00", customer=customer, number=f"INV-{number:02}") for number in range(16)]
    for invoice in made[:8]:
        make_payment("4.00", on={invoice: "4.00"})
    make_payment("7.00", customer=customer)
    credit_notes.apply(make_credit_note("2.00", customer=customer), [(made[10], made[10].balance / 5)], actor=ACTOR)
    bad = make_invoice("11.00", customer=customer, number="INV-BAD")
    bad.lines[0].account = "NOWHERE"
    db.session.commit()


def test_a_run_in_slices_does_once_what_it_would_do_in_one(world: World) -> None:
    make_book(world)
    run_id = start(world)
    assert in_slices(run_id, always_asked) > 2
    run = db.session.get_one(Run, run_id)
    assert run.state == RunState.FINISHED_WITH_PROBLEMS, run.error
    assert run.claims == 1, "a slice is no failed attempt"
    assert run.counts["written.invoices"] == 16
    assert run.counts["written.payments"] == 8
    assert (run.counts["problems"], run.counts["waiting"]) == (1, 1)
    told = db.session.execute(db.select(RunItem.sync_row_id, RunItem.outcome).where(RunItem.run_id == run_id)).all()
    assert len(told) == len(set(told)), "each record is listed once with each outcome"
    assert numbers_there(world) == [f"INV-{number:02}" for number in range(16)]


def test_what_intacct_refused_is_tried_once_however_many_slices_a_run_takes(world: World) -> None:
    make_book(world)
    in_slices(start(world), always_asked)
    assert len([posting for posting in world.postings() if "NOWHERE" in posting.body]) == 1


def test_a_run_that_made_way_keeps_its_book(world: World) -> None:
    make_book(world)
    run_id = start(world)
    assert engine.perform(run_id, slice_=always_asked())
    other = start(world, RunKind.SETTLE)
    assert runs.claim(other, 60) is None
    assert runs.holder(world.book.id).id == run_id  # type: ignore[union-attr]
    db.session.commit()
    in_slices(run_id, Slice)
    assert runs.claim(other, 60)


def test_nobody_makes_way_while_nobody_waits(world: World) -> None:
    make_book(world)
    assert in_slices(start(world), lambda: Slice(0)) == 1


def test_a_slice_ends_long_before_the_queue_ends_its_job_though_nobody_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_book(world)
    run_id = start(world)
    taken: list[Slice] = []
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(run_jobs.engine, "perform", lambda run_id, steps, slice_: taken.append(slice_))
        run_jobs.perform_run(run_id)
    assert taken[0].at_most * 2 < queues.RUN_TIMEOUT_SECONDS
    taken[0].began -= taken[0].at_most
    taken[0].others_wait = lambda: False
    assert engine.perform(run_id, slice_=taken[0]), "it goes on in another job"
    assert in_slices(run_id, lambda: Slice(at_most=0)) > 2
    assert len(numbers_there(world)) == 16
    assert db.session.get_one(Run, run_id).claims == 1


@pytest.mark.parametrize("kind", [RunKind.SYNC, RunKind.SETTLE, RunKind.SWEEP, RunKind.TIE_OUT])
def test_a_process_that_is_asked_to_stop_hands_its_run_back_and_another_ends_it(world: World, kind: RunKind) -> None:
    make_book(world)
    run_id = start(world, kind)
    assert engine.perform(run_id, slice_=Slice(must_leave=lambda: True))
    run = db.session.get_one(Run, run_id)
    assert (run.state, run.lease_until, run.claims) == (RunState.RUNNING, 0, 0)
    db.session.commit()
    assert in_slices(run_id, Slice) == 1
    assert RunState(db.session.get_one(Run, run_id).state).ended


@pytest.mark.parametrize("kind", [RunKind.SYNC, RunKind.SETTLE, RunKind.SWEEP, RunKind.TIE_OUT, RunKind.PREVIEW])
def test_a_process_that_is_asked_to_stop_when_all_is_done_ends_its_run(world: World, kind: RunKind) -> None:
    def begin() -> int:
        subject = {"of": "sync"} if kind == RunKind.PREVIEW else {}
        run_id = runs.request(world.book, kind, trigger="test", subject=subject).id
        db.session.commit()
        return run_id

    asked: list[int] = []
    engine.perform(begin(), slice_=Slice(must_leave=lambda: asked.append(1) is not None))
    run_id, edges = begin(), iter(range(1, 1000))
    in_slices(run_id, lambda: Slice(must_leave=lambda: next(edges) == len(asked)))
    run = db.session.get_one(Run, run_id)
    assert (run.state, run.error) == (RunState.FINISHED, "")


def test_a_process_that_must_leave_stores_first_what_is_on_its_way(world: World) -> None:
    make_book(world)
    run_id = start(world)
    sent = world.adapter.sent
    leave = Slice(must_leave=lambda: any(b"create_invoice" in body for body in sent))
    assert engine.perform(run_id, slice_=leave)
    db.session.expire_all()
    states = {posting.state for posting in world.postings() if "create_invoice" in posting.body}
    assert states <= {"posted", "refused"}
    assert 0 < len(numbers_there(world)) < 16
    in_slices(run_id, Slice)
    assert len(numbers_there(world)) == 16


def test_a_run_that_was_left_in_haste_is_nobodys_until_it_is_taken_up(world: World) -> None:
    make_book(world)
    run_id = start(world)
    token = runs.claim(run_id, 60)
    assert token
    assert runs.abandon(run_id, token)
    assert not runs.abandon(run_id, token), "it is ours no more"
    with pytest.raises(runs.LostLease):
        runs.write(run_id, token, step="read")
    db.session.rollback()
    assert in_slices(run_id, Slice) == 1


def test_the_places_of_a_process_that_left_in_haste_are_free_for_whoever_takes_its_run_up(world: World) -> None:
    run_id = start(world)
    token = runs.claim(run_id, 60)
    assert token
    for _ in range(2):  # two requests on their way
        gateways.turns_of("ACME", token).take()
    assert runs.abandon(run_id, token)
    taken_up = runs.claim(run_id, 60)
    assert taken_up
    for _ in range(2):
        assert gateways.turns_of("ACME", taken_up).take_if_free() is not None
    assert not runs.abandon(run_id, token), "it is ours no more"
    assert gateways.turns_of("ACME", "another").take_if_free() is None, "only its own places were freed"


def test_a_preview_that_is_taken_up_again_begins_anew(world: World) -> None:
    make_book(world)
    run = runs.request(world.book, RunKind.PREVIEW, trigger="test", subject={"of": "sync"})
    run_id = run.id
    db.session.commit()
    asked = iter([False] * 12 + [True] * 99)
    assert engine.perform(run_id, slice_=Slice(must_leave=lambda: next(asked)))
    in_slices(run_id, Slice)
    told = db.session.execute(db.select(RunItem.sync_row_id, RunItem.outcome).where(RunItem.run_id == run_id)).all()
    assert len(told) == len(set(told)) >= 24
