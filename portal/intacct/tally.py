"""What a line to Intacct has cost: requests, functions, the time they took, and the requests that failed, by cause."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from .errors import IntacctError


@dataclass(frozen=True)
class Cost:
    """So much. `milliseconds` is what requests took, waits for a repeat of a read included; `failures` counts requests
    that failed as a whole, by the name of their `IntacctError`."""

    requests: int = 0
    functions: int = 0
    milliseconds: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.requests - other.requests,
            self.functions - other.functions,
            self.milliseconds - other.milliseconds,
            {name: more for name, count in self.failures.items() if (more := count - other.failures.get(name, 0))},
        )

    def __bool__(self) -> bool:
        return bool(self.requests or self.functions or self.milliseconds or self.failures)


class Tally:
    """Counts for one or several gateways, in one or several threads.

    A request counts when it leaves. Repeats of a read that met a connection fault, a 5xx or a 429 are part of it:
    Intacct executed none of their functions.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = self._functions = 0
        self._seconds = 0.0
        self._failures: Counter[str] = Counter()

    @property
    def cost(self) -> Cost:
        """All so far."""
        with self._lock:
            return Cost(self._requests, self._functions, int(self._seconds * 1000), dict(self._failures))

    @contextmanager
    def request(self, functions: int) -> Iterator[None]:
        """Count a request of so many functions, and how long the block took, however it ends."""
        with self._lock:
            self._requests += 1
            self._functions += functions
        began = monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._seconds += monotonic() - began

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count an `IntacctError` that the block raises."""
        try:
            yield
        except IntacctError as error:
            with self._lock:
                self._failures[type(error).__name__] += 1
            raise
