"""Whole stacks for the tests: started by the command, found again by a mark in their environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0
"""How long a test waits for what must happen; far more than it takes."""

OURS = (
    "DATABASE_URL", "REDIS_URL", "PORTAL_DATA", "SECRET_KEY", "CREDENTIALS_KEYS", "INTACCT_URL", "PORT", "MAIL_URL",
    "RUN_LEASE",
)  # fmt: skip


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without any setting of the portal."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | more


def portal(*arguments: str, data: Path, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the portal on a data folder."""
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments], cwd=TOP, capture_output=True, text=True, timeout=120,
        env=clean_environment(PORTAL_DATA=str(data), **env), input=stdin,
    )  # fmt: skip


def open_to_others(folder: Path) -> list[str]:
    """What in the folder others than its owner may read or enter."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a running stack puts files in the place of others
            if path.lstat().st_mode & 0o077:
                found.append(str(path.relative_to(folder)))
    return found


def until(check: Callable[[], Any], what: str) -> Any:
    """Wait until `check()` is true and return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come to pass: {what}")


@dataclass
class Started:
    """A program that was started with a mark of its own, which its children inherit."""

    argv: list[str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.argv], cwd=TOP, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(TEST_MARK=self.mark, **self.env),
        )  # fmt: skip

    def first_line(self) -> dict[str, Any]:
        """The first line of its standard output, which must be JSON."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        told: dict[str, Any] = json.loads(line)
        return told

    def family(self) -> dict[int, str]:
        """Its processes and all that descend from it, however they were orphaned, by their command lines."""
        return family(self.mark)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status once it has ended and left nothing running."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        until(lambda: not self.family(), f"all processes end after {number.name}; left: {self.family()}")
        return self.process.returncode

    def kill_all(self) -> None:
        """Leave nothing behind when a test failed half-way."""
        for pid in self.family():
            os.kill(pid, signal.SIGKILL)
        self.process.communicate()


def family(mark: str) -> dict[int, str]:
    """Every process that was started with this mark in its environment, or by one that was, by its command line."""
    return {pid: line for pid in _processes() if (line := _marked(pid, f"TEST_MARK={mark}"))}


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _marked(pid: int, mark: str) -> str:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode() if mark.encode() in environment.split(b"\0") else ""
