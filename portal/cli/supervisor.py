"""Starts processes, restarts what dies, and leaves nothing running: after Ctrl-C, SIGTERM or (Linux) its own SIGKILL.

Each child has a process group of its own, so that a Ctrl-C in the terminal reaches this process alone, which then
stops the others in order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.errors import PortalError
from portal.jobs.lifeline import die_with

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 30.0
"""A child that lived so long starts over with the shortest wait."""

GRACE_SECONDS = 8.0
LOOK_EVERY_SECONDS = 0.1
GIVE_UP_AFTER_DEATHS = 3
"""While starting; later a child is restarted for as long as it takes."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(BaseException):
    """Somebody asked this process to stop; no error."""


@dataclass
class Service:
    """A process to keep running. `log` receives its output; `last` ones are stopped after all others."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    last: bool = False
    deaths: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started: float = 0.0
    _start_at: float = 0.0
    _wait_seconds: float = FIRST_WAIT_SECONDS

    def start(self, tie: Callable[[], None]) -> None:
        """Start the process; `tie` binds it to its parent's life."""
        self._started = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab" if self.deaths else "wb") as output:
            self.process = subprocess.Popen(
                list(self.argv), env=dict(os.environ) | dict(self.env), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=tie,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self.process is not None and self.process.poll() is None

    def note_death(self) -> float:
        """Plan the restart of a process that ended. Returns the seconds until then."""
        lived = time.monotonic() - self._started
        self._wait_seconds = (
            FIRST_WAIT_SECONDS
            if lived > HEALTHY_AFTER_SECONDS or not self.deaths
            else min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)
        )
        self.deaths += 1
        self.process = None
        self._start_at = time.monotonic() + self._wait_seconds
        return self._wait_seconds

    def due(self) -> bool:
        """Whether a process that ended is to be started again by now."""
        return self.process is None and time.monotonic() >= self._start_at

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; to its whole group when it is to be killed."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")


class Supervisor:
    """Keeps services running from `start` until `run` is asked to stop."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.services: list[Service] = []
        self._tell = tell
        self._tie = die_with(os.getpid())
        self._in_a_hurry = False

    @contextmanager
    def guard(self) -> Iterator[Supervisor]:
        """Turn the stop signals into StopAsked, and stop every service at the end, however it comes."""
        before = {number: signal.signal(number, self._ask) for number in _STOPPING}
        try:
            yield self
        except StopAsked:
            self._tell("Stopping.")
        finally:
            for number in _STOPPING:
                signal.signal(number, self._hurry)
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, service: Service) -> Service:
        """Start a service and keep it running from now on."""
        self.services.append(service)
        service.start(self._tie)
        return service

    def wait_for(self, service: Service, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until `ready()`. Raises PortalError, with its last words, when the service does not get there."""
        deadline = time.monotonic() + seconds
        while not ready():
            self._look()
            if service.deaths >= GIVE_UP_AFTER_DEATHS or time.monotonic() > deadline:
                raise PortalError(
                    f"{service.name} does not start. The last line of {service.log}: {service.last_words()}"
                )
            time.sleep(LOOK_EVERY_SECONDS)

    def run(self) -> None:
        """Restart what dies, until a signal asks to stop."""
        while True:
            self._look()
            time.sleep(LOOK_EVERY_SECONDS)

    def _look(self) -> None:
        for service in self.services:
            if service.process is not None and not service.running:
                status = service.process.returncode
                wait = service.note_death()
                self._tell(
                    f"{service.name} ended (status {status}); it is started again in {wait:.1f} s. {service.log}"
                )
            if service.due():
                service.start(self._tie)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        raise StopAsked

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        self._in_a_hurry = True

    def _stop(self) -> None:
        self._end([service for service in self.services if not service.last])
        self._end([service for service in self.services if service.last])

    def _end(self, services: Sequence[Service]) -> None:
        """Ask politely, ask again (an RQ worker then ends its job), then kill."""
        for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
            for service in services:
                if service.running:
                    service.signal(number)
            self._await_end(services, seconds)

    def _await_end(self, services: Sequence[Service], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(service.running for service in services) and time.monotonic() < deadline and not self._in_a_hurry:
            time.sleep(LOOK_EVERY_SECONDS / 2)
