"""Requests that write, on their way to Intacct: up to two at once, each on a gateway and a thread of its own.

Only the network is left to the threads. All that is stored, before a request leaves and after it lands, is stored by
the run itself, which lands the requests in the order in which they left.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from portal.intacct.gateway import Call, Gateway, Result, Session
from portal.models.gateway_slot import AT_ONCE
from portal.services.turns import Turn, Turns

Cargo = TypeVar("Cargo")


def make_executor() -> Executor:
    """What carries requests out beside the run."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="to-intacct")


@dataclass(frozen=True)
class Landing(Generic[Cargo]):
    """A request's end: what was sent with it, and how it came back (raises the IntacctError of the whole request)."""

    cargo: Cargo
    _outcome: Future[tuple[dict[str, Result], float]]

    def results(self) -> tuple[dict[str, Result], float]:
        """Results by control id, and the seconds that the request took."""
        return self._outcome.result()


class Flight:
    """The writers of one run. `reader` is the run's own gateway, whose session they share."""

    def __init__(self, reader: Gateway, turns: Turns, open_writer: Callable[[], Gateway]) -> None:
        self._reader, self._turns, self._open_writer = reader, turns, open_writer
        self._idle: list[Gateway] = []
        self._executor: Executor | None = None
        self._out: deque[tuple[Gateway, Landing[Any]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether a request is on its way or waits to be landed."""
        return bool(self._out)

    def wait_for_turn(self) -> Turn:
        """A turn for the next request. Raises NoTurn when none becomes free, or the IntacctError of a sign-in."""
        self._reader.open_now()  # before the turn is taken: signing in takes one of its own
        return self._turns.take()

    def turn_beside(self) -> Turn | None:
        """A turn for one request more than are out; None when one of them is to be landed first, since two are out or
        another run is at this company."""
        if len(self._out) >= AT_ONCE:
            return None
        self._reader.open_now()
        return self._turns.take_if_free()

    def send(self, calls: Sequence[Call], leave_before: float, turn: Turn, cargo: object) -> None:
        """Let a request out; it gives its turn back when it has ended, however it ends."""
        if self._executor is None:
            self._executor = make_executor()
        writer = self._writer()
        carried_out = self._executor.submit(copy_context().run, _carry_out, writer, calls, leave_before, turn)
        self._out.append((writer, Landing(cargo, carried_out)))

    def land(self) -> Landing[Any]:
        """The request that left first, when it has ended."""
        writer, landing = self._out.popleft()
        landing._outcome.exception()
        self._idle.append(writer)
        if _same(writer.session, self._reader.session):
            self._reader.share(writer)  # the reply moved the session's end for all who use it
        return landing

    def close(self) -> None:
        """Let the threads go. What is still out comes back to nobody; its postings are open, and settled later."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _writer(self) -> Gateway:
        if not self._idle:
            self._idle.append(self._open_writer())
        writer = self._idle.pop()
        writer.share(self._reader)
        return writer


def _same(one: Session | None, other: Session | None) -> bool:
    return one is not None and other is not None and one.session_id == other.session_id


def _carry_out(
    writer: Gateway, calls: Sequence[Call], leave_before: float, turn: Turn
) -> tuple[dict[str, Result], float]:
    began = time.monotonic()
    try:
        return writer.write(calls, leave_before=leave_before), time.monotonic() - began
    finally:
        turn.give_back()
