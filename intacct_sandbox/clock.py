"""The sandbox's clock: real time by default, or a time that tests set and move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Tells the time in whole seconds, UTC. A clock that was set stands still until it is advanced."""

    def __init__(self, now: datetime | None = None) -> None:
        self._set: datetime | None = now
        self._shift = timedelta(0)
        self._override: datetime | None = None

    def now(self) -> datetime:
        """The current moment, cut to the second as Intacct's stamps are."""
        if self._override is not None:
            return self._override
        moment = self._set if self._set is not None else datetime.now(UTC)
        return (moment + self._shift).replace(microsecond=0)

    def set(self, moment: datetime) -> None:
        """Stand still at `moment` (aware; a naive one is taken as UTC)."""
        self._set = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._shift = timedelta(0)

    def advance(self, seconds: float) -> None:
        """Move forward, whether the clock stands still or runs."""
        self._shift += timedelta(seconds=seconds)

    def real(self) -> None:
        """Go back to real time."""
        self._set = None
        self._shift = timedelta(0)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Within the block it is `moment`: for work that was due earlier than it is done."""
        before, self._override = self._override, moment.replace(microsecond=0)
        try:
            yield
        finally:
            self._override = before
