"""The processes of a drill: the portal's own commands, a sandbox and a Valkey, each with its log, each to be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portal.cli import valkey
from portal.cli.place import port_to_use
from portal.jobs.lifeline import die_with
from portal.jobs.queues import connect
from tests.integration.ops.stacks import TOP, until

STOPS_WITHIN_SECONDS = 10.0
"""How soon a process of ours must have ended after SIGTERM."""


class Child:
    """A program started with an environment of its own, its output in a file."""

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self._tie = die_with(os.getpid())
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *argv], cwd=TOP, env=dict(environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=self._tie,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def jobs(self) -> list[int]:
        """The processes that it started, such as the one that performs a worker's job."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(pid) == self.process.pid]

    def job(self) -> int:
        """The process of the job that this worker performs now."""
        found: list[int] = until(self.jobs, f"{self.name} performs a job")
        return found[0]

    def kill(self) -> None:
        """SIGKILL: no handler, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; the seconds until it had ended."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOPS_WITHIN_SECONDS * 6)
        return time.monotonic() - began


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


class Sandbox:
    """An Intacct gateway in a process of its own, and its control."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
        program = "from intacct_sandbox.cli import main; main()"
        self.child = Child("sandbox", ["-c", program, "--port", "0", *arguments], environment, folder)
        line = until(lambda: self.child.log.read_text().partition("\n")[0], "the sandbox serves")
        self.told: dict[str, Any] = json.loads(line)
        self.url = str(self.told["url"])

    def control(self, path: str, body: Any = None) -> Any:
        """Ask the control; with a body, tell it."""
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.url.partition('/ia/')[0]}/_control/{path}"
        request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def fault(self, what: str, when: Any, **options: Any) -> None:
        """Order a fault."""
        self.control("faults", [{"when": when, "what": what, **options}])

    def spent(self) -> bool:
        """Whether every fault that was ordered has happened."""
        return not [fault for fault in self.control("faults") if fault["hits"] < fault["times"]]

    def held(self) -> list[dict[str, Any]]:
        """What a fault keeps waiting now."""
        found: list[dict[str, Any]] = self.control("held")
        return found

    def begin(self, mode: str) -> None:
        """Start over with the demo records and this mode of `uniqueid`."""
        self.control("reset", {"seed": "demo"})
        self.control("switches", {"uniqueid": mode})

    def calm(self) -> None:
        """No more faults; what was held goes on."""
        self.control("faults", [])
        self.control("release", {})

    def records(self, name: str) -> list[dict[str, str]]:
        """All records of an object."""
        found: list[dict[str, str]] = self.control(f"records/{name}")
        return found


class Valkey:
    """A Valkey of the plan's own."""

    def __init__(self, folder: Path) -> None:
        port = port_to_use("127.0.0.1", 0, "--port")
        self._data = folder
        self._service = valkey.service(folder, port)
        self.url = valkey.address(folder, port)
        self.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._service.running

    def start(self) -> None:
        """Start it, with the data that it has."""
        self._service.start(die_with(os.getpid()))
        until(lambda: valkey.answers(self.url), "Valkey serves")

    def begin(self) -> None:
        """Run, with nothing in it."""
        if not self.running:
            self.start()
        connect(self.url).flushall()

    def kill(self, *, with_data: bool) -> None:
        """SIGKILL, as a machine would die; `with_data` its disk is lost, too."""
        self._end(signal.SIGKILL)
        if with_data:
            shutil.rmtree(self._data / "valkey" / "appendonlydir", ignore_errors=True)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self._service.signal(number)
        if self._service.process is not None:
            self._service.process.wait()
