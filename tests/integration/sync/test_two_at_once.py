"""Two requests are on their way to an Intacct company at once, never a third, and none depends on the other's luck."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from flask import Flask
from requests.adapters import BaseAdapter

from portal.extensions import db
from portal.intacct.errors import Throttled
from portal.models.gateway_slot import GatewaySlot
from portal.models.run import Run, RunKind
from portal.models.sync import PostingState
from portal.problems.outages import described
from portal.services import gateways
from portal.services.turns import Turns
from portal.sync import pace, runs, sending
from tests.factories import make_customer, make_invoice
from tests.integration.sync.conftest import World
from tests.sage_schema import session

PATIENCE_SECONDS = 30


class Crowd(BaseAdapter):
    """A line that knows how many requests were on it at once; the first that writes invoices waits for a second."""

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self.inner, self.now, self.most, self.lock = inner, 0, 0, threading.Lock()
        self.met = threading.Event()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        with self._counted():
            if b"create_invoice" in (request.body or b""):
                self.met.wait(PATIENCE_SECONDS)
            return self.inner.send(request, *args, **kwargs)

    def close(self) -> None:
        self.inner.close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == 2:
                self.met.set()
        yield
        with self.lock:
            self.now -= 1


@pytest.fixture
def crowd(world: World, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    monkeypatch.setattr(pace.Pace.__init__, "__defaults__", (3,))
    monkeypatch.setattr(pace, "MOST", 3)
    crowd = Crowd(world.adapter)
    world.app.extensions["portal_intacct_http"] = lambda: session(crowd)
    return crowd


def make_two_batches(world: World) -> None:
    customer = make_customer(world.company, "Brightwater")
    for number in range(5):  # three go into the first request
        make_invoice("10.00", customer=customer, number=f"INV-{number:02}")


def sent_once(world: World) -> bool:
    numbers = [row["RECORDID"] for row in world.alive("ARINVOICE") if row["CUSTOMERNAME"] == "Brightwater"]
    return sorted(numbers) == [f"INV-{number:02}" for number in range(5)]


def places(app: Flask, token: str, *, wait_seconds: float = 0.05, lease_seconds: int = 60) -> Turns:
    return Turns(db.engine, "ACME", token, lease_seconds, wait_seconds)


def test_two_batches_are_on_their_way_at_once(world: World, crowd: Crowd) -> None:
    make_two_batches(world)
    run = world.sync()
    assert run.state == "finished", run.error
    assert crowd.most == 2
    assert sent_once(world)
    assert run.counts["gateway_requests"] == len(world.adapter.sent)


def test_what_the_second_request_brought_is_kept_when_the_first_is_lost(world: World, crowd: Crowd) -> None:
    make_two_batches(world)
    world.fault("create_invoice", "reply_lost", times=1)
    assert world.sync().state == "failed"
    states = [posting.state for posting in world.postings() if "create_invoice" in posting.body]
    assert sorted((states.count(PostingState.OPEN), states.count(PostingState.POSTED))) == [2, 3]


def test_batches_that_intacct_did_not_take_go_again_and_none_goes_twice(world: World, crowd: Crowd) -> None:
    make_two_batches(world)
    world.fault("create_invoice", "429", times=2)
    run = world.sync()
    assert run.state == "finished", run.error
    assert sent_once(world)


def test_a_third_request_waits_and_then_says_why_it_was_not_sent(app: Flask) -> None:
    first, second = places(app, "one").take(), places(app, "two").take()
    assert places(app, "three").take_if_free() is None
    with pytest.raises(Throttled, match="Nothing was sent") as refused:
        places(app, "three").take()
    code, text = described(refused.value, "sender")
    assert code == "own_requests"
    assert "429" not in text, "Intacct never said so"
    assert "there is nothing to do" in text
    second.give_back()
    assert places(app, "three").take().slot == second.slot
    first.give_back()


def test_companies_do_not_wait_for_each_other(app: Flask) -> None:
    for _ in range(2):
        places(app, "one").take()
    assert Turns(db.engine, "OTHER", "one", 60, 0.05).take_if_free() is not None


def test_a_dead_workers_places_are_free_when_its_lease_is_over(app: Flask) -> None:
    dead = places(app, "dead", lease_seconds=-1)
    for _ in range(2):
        dead.take()
    living = places(app, "living")
    mine = living.take(), living.take()
    dead.free(1)  # it was only frozen, and gives back what is not its any more
    assert places(app, "third").take_if_free() is None
    for turn in mine:
        turn.give_back()


def test_who_takes_up_a_dead_workers_run_frees_its_places(world: World) -> None:
    run_id = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    dead = gateways.turns_of("ACME", runs.claim(run_id, 60) or "")
    for _ in range(2):
        dead.take()
    db.session.execute(db.update(Run).where(Run.id == run_id).values(lease_until=1))
    db.session.commit()
    assert runs.claim(run_id, 60)
    assert places(world.app, "another").take_if_free() is not None


def test_a_run_gives_back_every_place(world: World) -> None:
    make_two_batches(world)
    world.fault("create_invoice", "500")
    world.sync()
    assert set(db.session.scalars(db.select(GatewaySlot.token))) == {""}


def test_an_error_while_postings_are_born_gives_the_turn_back_and_is_the_one_that_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its transaction is open then, and would keep the turn from being given back for as long as SQLite waits."""

    def broken(*given: Any) -> dict[int, int]:
        raise RuntimeError("postings cannot be stored")

    make_invoice(customer=make_customer(world.company))
    monkeypatch.setattr(sending, "_insert", broken)
    run = world.sync()
    assert (run.state, run.error_code) == ("failed", "unexpected")
    assert "postings cannot be stored" in caplog.text
    assert "database is locked" not in caplog.text
    assert db.session.scalars(db.select(GatewaySlot.token).where(GatewaySlot.token != "")).all() == []
