"""What is on its way now: requests that are being answered, and those that are held until they are let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Concurrency:
    """How many requests of the company are being answered at once, and the most that ever were since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = 0
        self.highest = 0

    @contextmanager
    def one(self) -> Iterator[int]:
        """A request that is answered within the block; gives how many there are, this one included."""
        with self._lock:
            self.now += 1
            self.highest = max(self.highest, self.now)
            together = self.now
        try:
            yield together
        finally:
            with self._lock:
                self.now -= 1

    def reset(self) -> None:
        """Forget the highest number; requests under way still count."""
        with self._lock:
            self.highest = self.now


@dataclass(eq=False)
class Held:
    """One request that waits: at which fault, with which functions in it."""

    what: str
    functions: tuple[str, ...]
    free: bool = False


class Holds:
    """Requests that wait until somebody lets them go. Waiting gives up the core's lock, so that others are answered."""

    def __init__(self, lock: threading.RLock) -> None:
        self._changed = threading.Condition(lock)
        self._waiting: list[Held] = []

    def wait(self, what: str, functions: tuple[str, ...], at_most_seconds: float) -> None:
        """Wait, with the lock held by the caller, until `release` or until so many seconds are over."""
        held = Held(what, functions)
        self._waiting.append(held)
        self._changed.notify_all()
        self._changed.wait_for(lambda: held.free, at_most_seconds)
        if held in self._waiting:
            self._waiting.remove(held)

    def release(self) -> int:
        """Let every held request go on; how many there were."""
        count = len(self._waiting)
        for held in self._waiting:
            held.free = True
        self._waiting.clear()
        self._changed.notify_all()
        return count

    def shown(self) -> list[dict[str, object]]:
        """The requests that wait now, the longest first."""
        return [{"what": held.what, "functions": list(held.functions)} for held in self._waiting]
