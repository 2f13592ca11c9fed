"""`portal up`, whole: two stacks side by side, what they say, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.ops.stacks import Started, open_to_others, portal, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")

PROCESSES = 7
"""The supervisor, Valkey, gunicorn and its worker, two workers, the scheduler."""


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """By which every user of a machine may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def two_stacks(tmp_path: Path) -> Iterator[tuple[Started, Started]]:
    (tmp_path / "2" / "log").mkdir(parents=True)  # as an earlier version left them
    (tmp_path / "2" / "portal.db").touch()
    one, two = (Started(["-m", "portal", "up", "--port", "0", "--data", str(tmp_path / name)]) for name in ("1", "2"))
    yield one, two
    one.kill_all()
    two.kill_all()


def test_two_stacks_run_side_by_side_and_leave_nothing(two_stacks: tuple[Started, Started], tmp_path: Path) -> None:
    one, two = two_stacks
    ready = [one.first_line(), two.first_line()]
    assert [told["ready"] for told in ready] == [True, True]
    assert [told["data"] for told in ready] == [str(tmp_path / "1"), str(tmp_path / "2")]
    assert ready[0]["url"] != ready[1]["url"]
    for stack, told in zip((one, two), ready, strict=True):
        assert _get(told["url"]) == 200
        until(lambda stack=stack: len(stack.family()) == PROCESSES, "all processes run")

    assert (tmp_path / "1").stat().st_mode & 0o077 == 0
    assert {"portal.db", "secrets.json", "log", "valkey"} <= {path.name for path in (tmp_path / "1").iterdir()}
    assert [open_to_others(tmp_path / name) for name in ("1", "2")] == [[], []]

    refused = portal("up", "--port", "0", data=tmp_path / "1")
    assert refused.returncode == 3
    assert f"A portal runs on {tmp_path / '1'} already." in refused.stderr

    taken = portal("up", "--port", ready[0]["url"].rpartition(":")[2], data=tmp_path / "3")
    assert taken.returncode == 3
    assert "--port" in taken.stderr

    beside = portal("tick", "--json", data=tmp_path / "1")
    assert (beside.returncode, beside.stdout) == (0, '{"enqueued": [], "count": 0}\n'), beside.stderr

    master = min(pid for pid, line in one.family().items() if "gunicorn" in line)
    os.kill(master, signal.SIGKILL)
    until(lambda: master not in one.family() and len(one.family()) == PROCESSES, "gunicorn runs again")
    until(lambda: _get(ready[0]["url"]) == 200, "the portal serves again")

    assert one.end(signal.SIGINT) == 0
    assert _get(ready[1]["url"]) == 200, "the other stack goes on"
    assert two.end(signal.SIGKILL) == -signal.SIGKILL


def _get(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            return int(answer.status)
    except OSError:
        return 0
