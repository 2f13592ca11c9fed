"""The supervisor, with small programs and a real Valkey: what it restarts, and that it leaves nothing running."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis, RedisError

from portal.jobs.queues import connect
from tests.integration.ops.stacks import Started, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children die with their parent on Linux only")

PROGRAM = """
import json, sys
from pathlib import Path
from portal.cli import valkey
from portal.cli.supervisor import Service, Supervisor
from portal.cli.place import port_to_use

data = Path(sys.argv[1])
with Supervisor(lambda text: print(text, file=sys.stderr)).guard() as supervisor:
    port = port_to_use("127.0.0.1", 0, "--port")
    server = supervisor.start(valkey.service(data, port))
    url = valkey.address(data, port)
    supervisor.wait_for(server, lambda: valkey.answers(url))
    for name in ("one", "two"):
        sleeper = [sys.executable, "-c", "import time; time.sleep(1000)"]
        supervisor.start(Service(name, sleeper, {}, data / f"{name}.log"))
    print(json.dumps({"url": url}), flush=True)
    supervisor.run()
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    program = Started(["-c", PROGRAM, str(tmp_path)])
    yield program
    program.kill_all()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name
)
def test_nothing_is_left_running_after(number: signal.Signals, started: Started) -> None:
    started.first_line()
    until(lambda: len(started.family()) == 4, "the supervisor, Valkey and two programs run")
    assert started.end(number) == (-number if number == signal.SIGKILL else 0)


def test_a_killed_valkey_comes_back_with_its_data(started: Started) -> None:
    client = connect(started.first_line()["url"])
    client.set("kept", "yes")
    client.execute_command("WAITAOF", 1, 0, 2000)
    server = next(pid for pid, line in started.family().items() if "valkey-server" in line)
    os.kill(server, signal.SIGKILL)
    assert until(lambda: _get(client, "kept"), "Valkey serves again") == b"yes"


def test_a_program_that_died_is_started_again(started: Started) -> None:
    started.first_line()
    until(lambda: len(started.family()) == 4, "the supervisor, Valkey and two programs run")
    victim = max(pid for pid in started.family() if pid != started.process.pid)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(set(started.family()) - {victim}) == 4, "there are four processes again")


def test_the_password_of_valkey_stands_in_no_argument(started: Started, tmp_path: Path) -> None:
    password = started.first_line()["url"].split(":")[2].split("@")[0]
    assert not [line for line in started.family().values() if password in line]
    for name in ("secrets.json", "valkey/valkey.conf"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, f"only the owner reads {name}"


def _get(client: Redis, key: str) -> object:
    try:
        return client.get(key)
    except RedisError:
        return None
