"""A seeded random life of one company: people here, people in Intacct, a bad line, dying workers, one clock.

Everything happens in one process: the engine on SQLite, the sandbox's core called directly. A step draws from a
generator of its own (seed and place), so that leaving some steps out keeps what the others do: a failing seed can be
cut down to the steps that it needs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from intacct_sandbox.core import SandboxCore
from intacct_sandbox.errors import FunctionRefusal
from intacct_sandbox.store import Record
from portal.errors import PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, IntegrationSettings
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Posting, PostingState, Problem
from portal.sync import engine, runs
from portal.sync.slices import Slice
from tests.drills.simulation_control import Clock, Deaths, Interruption, Interruptions, Killed, Line, ShortSession
from tests.drills.simulation_house import House
from tests.sage_schema import CoreAdapter, ValidatingAdapter, session

MODES = ("received", "success", "ignored")
"""What Intacct does with `uniqueid`: a control id is burnt on receipt, on success only, or never."""

SETTLE_WAIT_MINUTES = 25
MOST_SLICES = 100
CHECKED_AGAINST_SCHEMA = 8
"""Every so many seeds requests go the whole way through `requests`, each held to Sage's own schema; else the short one,
which takes half the time."""

RUNS = ("run", "bad day", "tick")
IN_PEACE = 8
"""Of so many lives of a mode in one no worker dies, and all that it begins with is in Intacct at once: where most runs
end early, hardly anybody there finds a record of ours to do something with."""

STEPS_A_RUN = 4
"""Every so many steps something runs; in between people do what they do."""


class NothingToDo(Exception):
    """A deed that finds nothing to be done to."""


Steps = Mapping[str, tuple[int, Callable[["Simulation", random.Random], None]]]
"""By name: how often a step is taken, and what it does."""


@dataclass
class Deeds:
    """What was done there: receipts typed in place of lost ones (key -> reference of ours), rests put on invoices
    (application -> payment and invoice), payments taken back; and here, the records that a person posts again."""

    typed: dict[int, str] = field(default_factory=dict)
    put: dict[int, tuple[int, int]] = field(default_factory=dict)
    taken_back: set[int] = field(default_factory=set)
    posted_again: set[str] = field(default_factory=set)


class Simulation:
    """One seed's company, its Intacct, and what was done to both so far."""

    def __init__(self, house: House, seed: int, steps: Steps, *, mode: str = "", deadly: bool = True) -> None:
        chance = random.Random(f"{seed}:company")
        self.house, self.seed, self.steps = house, seed, steps
        self.mode = mode or MODES[seed % len(MODES)]
        self.clock = Clock()
        self.is_peaceful = seed // len(MODES) % IN_PEACE == 1
        self.deaths = Deaths(seed, house.trodden, spared=not deadly or self.is_peaceful)
        self.interruptions = Interruptions(self.deaths)
        self.core = SandboxCore(seed="empty", clock=self.clock.there)
        self.log: list[str] = []
        self.replay = f".venv/bin/python -m tests.drills.simulate --seed {seed} --mode {self.mode}"
        self.linked_by_hand: set[int] = set()
        self.deeds = Deeds()
        self.depth = 0
        self.is_at_work = False
        self.backed_up = self.restored = False
        house.put_back(house.start)
        house.control.take(seed, self.clock, self.interruptions)
        house.app.extensions["portal_intacct_http"] = self._to_sandbox()
        self._choose(chance)

    def _to_sandbox(self) -> Callable[[], requests.Session]:
        """How HTTP sessions are made that end in the sandbox."""
        direct = CoreAdapter(self.core)
        if self.seed % CHECKED_AGAINST_SCHEMA:
            line = Line(direct, self.interruptions)
            return lambda: ShortSession(line)
        checked = Line(ValidatingAdapter(direct), self.interruptions)
        return lambda: session(checked)

    def _choose(self, chance: random.Random) -> None:
        self.core.switch(
            uniqueid=self.mode,
            whenmodified_on_application=chance.random() < 0.7,
            cascade_reversal=chance.random() < 0.8,
        )
        chosen = db.session.scalars(db.select(IntegrationSettings)).one()
        chosen.values = {**chosen.values, "auto_sync": chance.random() < 0.4}
        db.session.commit()
        self.note(f"uniqueid {self.mode}")

    def note(self, text: str) -> None:
        self.log.append("    " * self.depth + text)

    # Steps

    def begin(self) -> None:
        """What every seed starts with."""
        chance = random.Random(f"{self.seed}:begin")
        for name in ("add invoice", "add invoice", "record payment"):
            self.do(name, chance)
        if self.is_peaceful or chance.random() < 0.5:
            if chance.random() < 0.5:
                self.do("fault at a first write", chance)
            self.sync()
        if self.is_peaceful:
            self.do("type a lost one there", chance)
            self.sync()
            if chance.random() < 0.3:
                self.do("own invoice there takes a rest", chance)

    def step(self, place: int) -> None:
        """Do the step of this place; where it has nothing to be done to, another one."""
        chance = random.Random(f"{self.seed}:{place}")
        self.clock.advance(seconds=chance.randint(1, 40))
        names = RUNS if place % STEPS_A_RUN == STEPS_A_RUN - 1 else [name for name in self.steps if name not in RUNS]
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

    # Runs

    def sync(self, kind: RunKind = RunKind.SYNC, **subject: Any) -> None:
        """Have a worker do what is queued, a dead worker's run first; else what somebody asks for now."""
        self.note(f"run {kind}")
        if self.finish_runs():
            return
        book = db.session.scalars(db.select(Book)).one()
        run_id = runs.request(book, kind, trigger="test", subject=subject).id
        db.session.commit()
        self.work(run_id)

    def finish_runs(self) -> bool:
        """Have a worker take up what dead ones left, then what is queued; whether there was any."""
        unended = db.select(Run.id).where(Run.state.in_((RunState.RUNNING, RunState.QUEUED))).order_by(Run.state.desc())
        waiting = list(db.session.scalars(unended.order_by(Run.id)))
        db.session.commit()
        for run_id in waiting:
            self.work(run_id)
        return bool(waiting)

    def work(self, run_id: int) -> None:
        """A worker takes the run up; its holder's lease is over."""
        db.session.execute(db.update(Run).where(Run.id == run_id).values(lease_until=1))
        db.session.commit()
        self.is_at_work = True
        try:
            with self.interruptions.at_work():
                self._in_slices(run_id)
        except Killed as death:
            db.session.remove()
            self.note(f"  killed {death}")
        finally:
            self.is_at_work = False
        run = db.session.get_one(Run, run_id)
        self.note(f"  run {run_id}, a {run.kind}: {run.state} {run.error_code} {run.error[:150]}")
        db.session.commit()

    def _in_slices(self, run_id: int) -> None:
        """One seed in four, somebody always waits: the run makes way wherever it may."""
        crowded = self.seed % 4 == 3
        for _ in range(MOST_SLICES):
            if not engine.perform(run_id, slice_=Slice(0, others_wait=lambda: crowded)):
                return
        raise AssertionError(f"run {run_id} makes way for ever")

    def interrupt(self, moment: str, nth: int, deed: Callable[[], None]) -> None:
        self.interruptions.waiting.append(Interruption(moment, nth, deed))

    def elsewhere(self, deed: Callable[[], None]) -> None:
        """Do something in another process, while a worker of this one stands still."""
        self.depth += 1
        try:
            with self.house.app.app_context():
                deed()
        finally:
            self.depth -= 1

    # The end

    def end_troubles(self) -> None:
        """Faults gone, nobody dies any more, the settle wait is over, and late work is done."""
        self.core.faults.order([])
        self.interruptions.end()
        self.clock.advance(minutes=SETTLE_WAIT_MINUTES)
        self.core.run_late()

    def decide_some(self, chance: random.Random) -> bool:
        """Take decisions about some of the open problems; whether any was taken."""
        return any([self.do("decide", chance) for _ in open_problems() if chance.random() < 0.5])

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


def open_postings() -> Sequence[Posting]:
    return db.session.scalars(db.select(Posting).where(Posting.state == PostingState.OPEN)).all()
