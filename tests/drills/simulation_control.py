"""What a simulation has in its hands: one clock, every commit, every request to Intacct, and a worker's death at each.

All that is replaced in the portal is replaced in `controlled`, and nowhere else: the clock, pauses, the thread that
keeps a lease, the session's commit, the random identities of records. Requests are met by `Line`.

A *point* is a place at which a worker may die: before or after a commit or a request, in a step of the engine, with
what is committed or asked there. Which points a seed's workers die at follows from the seed and the point's name alone,
so a seed keeps its deaths when steps are left out, and a new step of the engine gets its own without being named here.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType, SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import event

import portal
from intacct_sandbox.clock import SandboxClock
from portal.extensions import db
from portal.intacct import gateway
from portal.models import base, types
from portal.sync import engine, flight, lease, pace, sending

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MOMENTS = ("before commit", "after commit", "before request", "after request")
NTH = (0, 0, 0, 1, 2)
"""At which passing of its point a worker dies."""


class Killed(BaseException):
    """The worker is gone: no handler of the engine sees this."""


class Point(NamedTuple):
    """Where a worker may die: "after commit" in the step "payments" of a sync, committing in "sending._store"."""

    moment: str
    step: str
    what: str

    def __str__(self) -> str:
        return f"{self.moment} in {self.step}: {self.what}"


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


EVERY, EVERY_TRODDEN, EVERY_RARE = 25, 75, 10
"""At a point workers of one seed in so many die; of fewer at one that every run passes, or no run would come far; of
more in a step that few seeds have anything to do in."""
RARE = ("take_back", "sweep", "tie_out")


class Deaths:
    """The points at which a seed's workers die. None when they are spared, or once it is `over`."""

    def __init__(self, seed: int, trodden: frozenset[Point], *, spared: bool = False) -> None:
        self.seed, self.trodden = seed, trodden
        self.spared, self.over = spared, False
        self.passed: Counter[Point] = Counter()
        self.struck: list[Point] = []

    def strikes(self, point: Point) -> bool:
        """Whether the worker that passes this point now dies here."""
        if self.over:
            return False
        self.passed[point] += 1
        if self.spared:
            return False
        every = EVERY_TRODDEN if point in self.trodden else EVERY_RARE if point.step in RARE else EVERY
        turn, rest = divmod(self.seed + _number(point), every)
        if rest or self.passed[point] - 1 != NTH[turn % len(NTH)]:
            return False
        self.struck.append(point)
        return True


def _number(point: Point) -> int:
    return int.from_bytes(hashlib.blake2b(str(point).encode(), digest_size=8).digest())


@dataclass(eq=False)
class Interruption:
    """Something that happens to a running worker at the nth time that it passes such a moment."""

    moment: str
    countdown: int
    deed: Callable[[], None]


class Interruptions:
    """What workers meet on their way: their own death, and what is done elsewhere while one stands still."""

    def __init__(self, deaths: Deaths) -> None:
        self.deaths = deaths
        self.waiting: list[Interruption] = []
        self.working, self.dead = False, ""

    def passing(self, moment: str, what: str = "") -> None:
        self.refuse_the_dead()
        if not self.working:
            return
        step, where = place()
        point = Point(moment, step, what or where)
        if self.deaths.strikes(point):
            self.dead = str(point)
            raise Killed(point)
        for item in [item for item in self.waiting if item.moment == moment]:
            item.countdown -= 1
            if item.countdown < 0 and item in self.waiting:  # what another one did meanwhile may have met it
                self._meet(item)

    def _meet(self, item: Interruption) -> None:
        self.waiting.remove(item)
        self.working = False
        try:
            item.deed()
        except Killed as death:
            self.dead = str(death)
            raise
        finally:
            self.working = True

    def refuse_the_dead(self) -> None:
        """A worker that died tidies nothing up: its handlers reach neither the database nor Intacct."""
        if self.dead:
            raise Killed(self.dead)

    def end(self) -> None:
        """Nothing happens to workers any more."""
        self.waiting.clear()
        self.deaths.over = True

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.working, self.dead = True, ""
        try:
            yield
        finally:
            self.working, self.dead = False, ""


PORTAL = os.path.dirname(os.path.abspath(portal.__file__)) + os.sep
SHARED = tuple(os.path.join(PORTAL, "sync", name) for name in ("context.py", "runs.py"))
"""By these commits whoever called them."""


def place() -> tuple[str, str]:
    """(step of the run, what of the engine) is at work now, read off the call stack."""
    where, frame = "", sys._getframe(1)
    found: FrameType | None = frame
    while found is not None:
        path = found.f_code.co_filename
        if not where and path.startswith(PORTAL) and path not in SHARED:
            where = f"{os.path.basename(path)[:-3]}.{found.f_code.co_name}"
        if path == engine.__file__:
            if found.f_code.co_name == "_perform" and "ctx" in found.f_locals:
                ctx = found.f_locals["ctx"]
                return "tie_out" if ctx.kind == "tie_out" else ctx.step, where
            if found.f_code.co_name == "perform":
                return "claim", where
        found = found.f_back
    return "", where


FUNCTION = re.compile(rb'<function controlid="[^"]*">\s*<(\w+)[^>]*>\s*(?:<(?:object)>)?<?(\w*)')


def asked(body: bytes) -> str:
    """What a request asks for first, such as "query ARINVOICE" or "create_invoice"."""
    found = FUNCTION.search(body)
    if found is None:
        return "?"
    name, object_ = found[1].decode(), found[2].decode()
    return f"{name} {object_}" if object_.isupper() else name


class Line(BaseAdapter):
    """The way to the sandbox, on which a worker may be interrupted."""

    def __init__(self, inner: BaseAdapter, interruptions: Interruptions) -> None:
        super().__init__()
        self.inner, self.interruptions = inner, interruptions

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        what = asked(request.body if isinstance(request.body, bytes) else str(request.body or "").encode())
        self.interruptions.passing("before request", what)
        response = self.inner.send(request, *args, **kwargs)
        self.interruptions.passing("after request", what)
        return response

    def close(self) -> None:
        pass


class AtOnce(Executor):
    """Carries a request out in the moment in which it is let out, so that a seed always takes the same course. Two are
    still out before the first is landed."""

    def submit(self, deed: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(deed(*given, **named))
        except Exception as error:  # noqa: BLE001 - as an executor does; a death is none, and ends the worker here
            future.set_exception(error)
        return future


class ShortSession(requests.Session):
    """An HTTP session without its machinery: a body goes straight to the line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def post(self, url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> requests.Response:
        request = requests.PreparedRequest()
        request.method, request.url, request.body = "POST", url, data
        return self.line.send(request, timeout=kwargs.get("timeout"))


class Control:
    """What is in hand now; changed from seed to seed, while the portal stays patched."""

    def __init__(self) -> None:
        self.take(0, Clock(), Interruptions(Deaths(0, frozenset(), spared=True)))

    def take(self, seed: int, clock: Clock, interruptions: Interruptions) -> None:
        self.clock, self.interruptions = clock, interruptions
        self.identities = random.Random(f"{seed}:identities")

    def uuid4(self) -> UUID:
        return UUID(int=self.identities.getrandbits(128), version=4)


@contextmanager
def controlled() -> Iterator[Control]:
    """The portal in the hands of simulations: on their clock, its commits seen, without pauses and without threads."""
    control = Control()
    with pytest.MonkeyPatch.context() as patch:
        _set_clock(patch, control)
        patch.setattr(sending, "PAUSES_SECONDS", (0, 0, 0, 0))
        patch.setattr(engine, "_clock_ahead", timedelta)
        patch.setattr(lease, "kept", lambda *given: nullcontext())
        patch.setattr(flight, "make_executor", AtOnce)
        # Two records in a request, so that a small book keeps two requests out at once.
        patch.setattr(pace.Pace.__init__, "__defaults__", (2,))
        patch.setattr(pace, "MOST", 2)
        patch.setattr(base, "uuid", SimpleNamespace(uuid4=control.uuid4))
        patch.setattr(db.session, "commit", _watched(control, db.session.commit))
        event.listen(db.engine, "begin", lambda connection: control.interruptions.refuse_the_dead(), insert=True)
        yield control


def _set_clock(patch: pytest.MonkeyPatch, control: Control) -> None:
    real = types.utcnow
    for name, module in list(sys.modules.items()):
        if name.startswith("portal.") and getattr(module, "utcnow", None) is real:
            patch.setattr(module, "utcnow", lambda: control.clock.now())
    now = staticmethod(lambda zone: control.clock.now())
    patch.setattr(gateway, "datetime", type("Now", (datetime,), {"now": now}))


def _watched(control: Control, commit: Callable[[], None]) -> Callable[[], None]:
    def watched() -> None:
        control.interruptions.passing("before commit")
        commit()
        control.interruptions.passing("after commit")

    return watched
