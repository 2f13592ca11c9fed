"""Working in slices: a long run makes way for others that wait, and goes on at the end of the queue. No slice lasts for
ever: the queue ends a job that takes too long, and the run with it.

A slice ends only where something was stored and more is to come, so that each brings the run forward. A process that
was asked to stop leaves at the next record's edge, whatever it works on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class HandedBack(Exception):
    """The run goes on at another time, or at another worker. Nothing failed."""


def _no() -> bool:
    return False


@dataclass
class Slice:
    """How long this worker may go on. `others_wait` is asked when `seconds` are over; after `at_most` seconds the slice
    is over whoever waits. `must_leave` is asked at every record. `token` is the run's, once it is claimed."""

    seconds: float = float("inf")
    at_most: float = float("inf")
    others_wait: Callable[[], bool] = _no
    must_leave: Callable[[], bool] = _no
    began: float = field(default_factory=time.monotonic)
    token: str = field(default="", repr=False)

    def is_over(self) -> bool:
        """Whether others are to work now, or the run is to go on in another process."""
        gone = time.monotonic() - self.began
        return gone >= self.at_most or (gone >= self.seconds and self.others_wait())
