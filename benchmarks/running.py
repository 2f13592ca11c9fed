"""What every measuring program needs: the sandbox as a process of its own, and programs measured in theirs.

Each side of a comparison runs in a fresh process, so that seconds of the processor and the peak of memory are its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LATENCY_MS = 50
"""What the sandbox waits before each reply, as a line to Intacct from the same continent does."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: `ready` is the line it printed."""

    ready: dict[str, str]

    @property
    def url(self) -> str:
        """Where its gateway answers."""
        return self.ready["url"]

    def control(self, what: str, /, **order: Any) -> Any:
        """Order something of the sandbox's control, or ask it; without the latency of the gateway."""
        url = f"{self.url.rpartition('/ia/')[0]}/_control/{what}"
        body = json.dumps(order).encode() if order else None
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=600) as reply:
            return json.load(reply)

    def counted(self) -> tuple[int, int]:
        """(requests, functions) that came in so far."""
        found = self.control("requests")
        return found["requests"], sum(found["functions"].values())


@contextmanager
def sandbox(latency_ms: int = LATENCY_MS) -> Iterator[Sandbox]:
    """A sandbox on a free port, stopped at the end."""
    code = "import sys; from intacct_sandbox.cli import main; main()"
    command = [sys.executable, "-c", code, "--port", "0", "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield Sandbox(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait()


@dataclass
class Measured:
    """What a piece of work took: seconds on the clock and of the processor, requests, functions, peak memory in MB."""

    wall: float
    cpu: float
    peak: float
    requests: int = 0
    functions: int = 0
    more: dict[str, Any] = field(default_factory=dict)


@contextmanager
def measuring() -> Iterator[Measured]:
    """Measure what is done inside, of this process."""
    found = Measured(0, 0, 0)
    wall, cpu = time.perf_counter(), time.process_time()
    yield found
    found.wall, found.cpu, found.peak = time.perf_counter() - wall, time.process_time() - cpu, peak()


def peak() -> float:
    """The most memory that this process held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(found: Measured) -> None:
    """The last line of a program that `run` started."""
    sys.stdout.write(json.dumps(vars(found)) + "\n")


def run(program: str, *arguments: str) -> Measured:
    """Start a program of this directory and wait for what it tells."""
    command = [sys.executable, str(ROOT / "benchmarks" / program), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return Measured(**json.loads(done.stdout.strip().splitlines()[-1]))
