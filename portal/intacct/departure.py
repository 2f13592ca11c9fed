"""The moment a request leaves: refused when it is too late, and noted, so that "never sent" can be told for certain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import TooLate
from .received import Watch


def clock() -> float:
    """Seconds on the clock by which a request must have left. It never goes back, and goes on while the machine sleeps
    where the system has such a clock: a monotonic one stands still, while others wait and send the same again."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)


class Departure:
    """One request on its way out. `watched`: its connection reports here; `begun`: bytes of it were sent.

    `answer_within`: seconds until its whole answer must be there, all tries included.
    """

    def __init__(self, leave_before: float | None = None, answer_within: float = 600) -> None:
        self.leave_before = leave_before
        self.answer_within = answer_within
        self.watch = Watch()
        self.watched = False
        self.begun = False

    def check(self) -> None:
        """Raise `TooLate` when `leave_before` (a moment of `clock`) has passed."""
        if self.leave_before is not None and clock() >= self.leave_before:
            raise TooLate("The request was not sent: the moment by which it had to leave had passed.")

    def leave(self) -> None:
        """Let the next bytes out; called with the connection open, right before the socket write."""
        self.check()
        self.begun = True


_current: ContextVar[Departure | None] = ContextVar("departure", default=None)


def current() -> Departure | None:
    """The departure of the request that this thread is sending."""
    return _current.get()


@contextmanager
def departing(departure: Departure) -> Iterator[Departure]:
    """Make `departure` the current one while a request is sent."""
    token = _current.set(departure)
    try:
        yield departure
    finally:
        _current.reset(token)
