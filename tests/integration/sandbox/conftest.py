"""A sandbox behind a real socket, and one in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from intacct_sandbox.core import SandboxCore  # noqa: E402
from intacct_sandbox.server import serve  # noqa: E402


class Served:
    """A core with the addresses under which it can be reached."""

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.url = core.endpoint
        self.base = core.endpoint.removesuffix("/ia/xml/xmlgw.phtml")


@pytest.fixture
def served() -> Iterator[Served]:
    core = SandboxCore()
    server = serve(core, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Served(core)
    server.shutdown()
    server.server_close()
    thread.join()


class Process:
    """`intacct-sandbox` in a process, ready to be asked."""

    def __init__(self, *options: str) -> None:
        program = "from intacct_sandbox.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "--port", "0", *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())

    def stop(self) -> int:
        """SIGTERM, and the status it ends with."""
        self.process.terminate()
        return self.process.wait(10)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def start() -> Iterator[type[Process]]:
    started: list[Process] = []

    def begin(*options: str) -> Process:
        started.append(Process(*options))
        return started[-1]

    yield begin  # type: ignore[misc]
    for one in started:
        if one.process.poll() is None:
            one.kill()
        assert one.process.stdout is not None
        one.process.stdout.close()
