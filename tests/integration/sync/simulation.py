"""A seeded random life of one company: people here, people in Intacct, a bad line, dying workers, one clock.

Everything happens in one process: the engine on SQLite, the sandbox's core called directly. A step draws from a
generator of its own (seed and place), so that leaving some steps out keeps what the others do: a failing seed can be
cut down to the steps that it needs.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from requests.adapters import BaseAdapter

from intacct_sandbox.clock import SandboxClock
from intacct_sandbox.core import SandboxCore
from intacct_sandbox.errors import FunctionRefusal
from intacct_sandbox.store import Record
from portal.errors import PortalError
from portal.extensions import db
from portal.intacct import gateway
from portal.models import types
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Posting, PostingState, Problem
from portal.sync import engine, flight, lease, runs, sending
from tests.sage_schema import CoreAdapter, ValidatingAdapter, session

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SETTLE_WAIT_MINUTES = 25


class Killed(BaseException):
    """The worker is gone: no handler of the engine sees this."""


class NothingToDo(Exception):
    """A deed that finds nothing to be done to."""


class Clock:
    """One clock for the portal and the sandbox, which moves only when a step moves it."""

    def __init__(self) -> None:
        self.there = SandboxClock(START)
        self.ticks = 0

    def now(self) -> datetime:
        """A little later at each look, as clocks are."""
        self.ticks += 1
        return self.there.now() + timedelta(microseconds=self.ticks)

    def advance(self, **by: float) -> None:
        self.there.advance(timedelta(**by).total_seconds())


@dataclass
class Interruption:
    """Something that happens to a running worker at the nth time that it passes a point."""

    point: str
    countdown: int
    deed: Callable[[], None]


class Interruptions:
    """The points that a worker passes: before and after each commit and each request."""

    def __init__(self) -> None:
        self.waiting: list[Interruption] = []
        self.working = False

    def passing(self, point: str) -> None:
        if not self.working:
            return
        for item in [item for item in self.waiting if item.point == point]:
            item.countdown -= 1
            if item.countdown < 0:
                self.waiting.remove(item)
                self._strike(item)

    def _strike(self, item: Interruption) -> None:
        self.working = False
        try:
            item.deed()
        finally:
            self.working = True

    @contextmanager
    def at_work(self) -> Any:
        self.working = True
        try:
            yield
        finally:
            self.working = False


class AtOnce(Executor):
    """Carries a request out in the moment in which it is let out, so that a seed always takes the same course. Two are
    still out before the first is landed."""

    def submit(self, deed: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(deed(*given, **named))
        except Exception as error:  # noqa: BLE001 - as an executor does; a kill is none, and ends the worker here
            future.set_exception(error)
        return future


class Line(BaseAdapter):
    """The way to the sandbox, on which a worker may be interrupted."""

    def __init__(self, inner: BaseAdapter, interruptions: Interruptions) -> None:
        super().__init__()
        self.inner, self.interruptions = inner, interruptions

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.interruptions.passing("before request")
        response = self.inner.send(request, *args, **kwargs)
        self.interruptions.passing("after request")
        return response

    def close(self) -> None:
        pass


@contextmanager
def controlled(clock: Clock, interruptions: Interruptions) -> Any:
    """The portal on the simulation's clock, its commits seen, without pauses and without threads."""
    real = types.utcnow
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("portal.") and getattr(module, "utcnow", None) is real:
                patch.setattr(module, "utcnow", clock.now)
        patch.setattr(gateway, "datetime", type("Now", (datetime,), {"now": staticmethod(lambda zone: clock.now())}))
        patch.setattr(sending, "PAUSES_SECONDS", (0, 0, 0, 0))
        patch.setattr(lease, "kept", lambda *given: nullcontext())
        patch.setattr(flight, "make_executor", AtOnce)
        commit = db.session.commit

        def watched() -> None:
            interruptions.passing("before commit")
            commit()
            interruptions.passing("after commit")

        patch.setattr(db.session, "commit", watched)
        yield


Steps = Mapping[str, tuple[int, Callable[["Simulation", random.Random], None]]]
"""By name: how often a step is taken, and what it does."""


class Simulation:
    """One seed's company, its Intacct, and what was done to both so far."""

    def __init__(self, app: Flask, seed: int, steps: Steps, clock: Clock, interruptions: Interruptions) -> None:
        self.steps = steps
        self.app, self.seed, self.clock, self.interruptions = app, seed, clock, interruptions
        self.core = SandboxCore(seed="empty", clock=clock.there)
        self.log: list[str] = []
        self.linked_by_hand: set[int] = set()
        self.depth = 0
        self.backed_up = self.restored = False
        line = Line(ValidatingAdapter(CoreAdapter(self.core)), interruptions)
        app.extensions["portal_intacct_http"] = lambda: session(line)
        chance = random.Random(f"{seed}:company")
        self.core.switch(
            uniqueid=("received", "success", "ignored")[seed % 3],
            whenmodified_on_application=chance.random() < 0.7,
            cascade_reversal=chance.random() < 0.8,
        )
        self.note(f"uniqueid {self.core.books.switches.uniqueid}")

    def note(self, text: str) -> None:
        self.log.append("    " * self.depth + text)

    # Steps

    def begin(self) -> None:
        """What every seed starts with."""
        chance = random.Random(f"{self.seed}:begin")
        for name in ("add invoice", "add invoice", "record payment"):
            self.do(name, chance)
        if chance.random() < 0.7:
            self.sync()

    def step(self, place: int) -> None:
        """Do the step of this place; where it has nothing to be done to, another one."""
        chance = random.Random(f"{self.seed}:{place}")
        self.clock.advance(seconds=chance.randint(1, 40))
        names = list(self.steps)
        for name in chance.choices(names, [self.steps[each][0] for each in names], k=3):
            self.note(f"{place}: {name}")
            if self.do(name, chance):
                return
            self.log.pop()

    def do(self, name: str, chance: random.Random) -> bool:
        """Do a deed; one that the portal or Intacct refuses changes nothing. False: it had nothing to be done to."""
        self.depth += 1
        try:
            self.steps[name][1](self, chance)
            db.session.commit()
        except NothingToDo:
            db.session.rollback()
            return False
        except (PortalError, FunctionRefusal) as refused:
            db.session.rollback()
            self.note(f"refused: {refused}")
        finally:
            self.depth -= 1
        return True

    def calm(self) -> None:
        """Faults gone, late work done, decisions taken, and syncs until all that can be known is known."""
        self.core.faults.order([])
        self.interruptions.waiting.clear()
        self.clock.advance(minutes=SETTLE_WAIT_MINUTES)
        self.core.run_late()
        chance = random.Random(f"{self.seed}:calm")
        for _ in range(2):
            self.sync()
            self.clock.advance(minutes=SETTLE_WAIT_MINUTES)
        if any([self.do("decide", chance) for _ in open_problems() if chance.random() < 0.5]):
            self.sync()
        self.clock.advance(hours=26)
        self.sync()
        self.clock.advance(minutes=SETTLE_WAIT_MINUTES)
        self.sync()
        if db.session.scalar(db.select(Posting.id).where(Posting.state == PostingState.OPEN)):
            self.sync()

    # Runs

    def sync(self, kind: RunKind = RunKind.SYNC, **subject: Any) -> None:
        """Have a worker do what is queued, a dead worker's run first; else what somebody asks for now."""
        self.note(f"run {kind}")
        unended = db.select(Run.id).where(Run.state.in_((RunState.RUNNING, RunState.QUEUED))).order_by(Run.state.desc())
        waiting = list(db.session.scalars(unended.order_by(Run.id)))
        if not waiting:
            book = db.session.scalars(db.select(Book)).one()
            waiting = [runs.request(book, kind, trigger="test", subject=subject).id]
        db.session.commit()
        for run_id in waiting:
            self.work(run_id)

    def work(self, run_id: int) -> None:
        """A worker takes the run up; its holder's lease is over."""
        db.session.execute(db.update(Run).where(Run.id == run_id).values(lease_until=1))
        db.session.commit()
        try:
            with self.interruptions.at_work():
                engine.perform(run_id)
        except Killed:
            db.session.remove()
            self.note("  killed")
        run = db.session.get_one(Run, run_id)
        self.note(f"  run {run_id}: {run.state} {run.error_code} {run.error[:150]}")
        db.session.commit()

    def interrupt(self, point: str, nth: int, deed: Callable[[], None]) -> None:
        self.interruptions.waiting.append(Interruption(point, nth, deed))

    def elsewhere(self, deed: Callable[[], None]) -> None:
        """Do something in another process, while a worker of this one stands still."""
        self.depth += 1
        try:
            with self.app.app_context():
                deed()
        finally:
            self.depth -= 1

    # What there is

    @property
    def company(self) -> Company:
        return db.session.scalars(db.select(Company)).one()

    def there(self, object_: str) -> list[Record]:
        """Records of the sandbox that count: neither reversed nor voided, and payments without mere applications."""
        rows = list(self.core.books.store.rows(object_))
        if object_ == "ARINVOICE":
            return [row for row in rows if row["RAWSTATE"] == "A"]
        if object_ == "ARPYMT":
            return [row for row in rows if row["STATE"] == "C" and row["RECORDTYPE"] == "rp"]
        if object_ == "ARPYMTDETAIL":
            return [row for row in rows if row["STATE"] == "C"]
        return rows

    def act(self, do: str, **order: Any) -> None:
        shown = " ".join(f"{key}={value}" for key, value in order.items())
        self.note(f"there: {do} {shown}")
        self.core.act(do=do, **order)


def open_problems() -> Sequence[Problem]:
    return db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)).order_by(Problem.id)).all()
