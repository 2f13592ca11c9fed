"""What a hostile gateway answers with, and how its effect is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.intacct.gateway import Gateway, Session
from portal.intacct.transport import NO_RETRY, READ_RETRY
from tests.integration.safety.servers import Peer, Rogue
from tests.unit.intacct.fake_gateway import LOGIN, SENDER, results, rows

MEGABYTE = 1024 * 1024
MOST_MEMORY = 700 * MEGABYTE
"""What one reply may cost while it is read: its bytes, its tree, its typed part."""
QUICK = READ_RETRY.new(backoff_factor=0, backoff_jitter=0, read=1, status=1)
GOOD = results(rows("r-1")).body.encode()
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
ELSEWHERE = b"the content of a file that no reply may show"


def line_to(server: Rogue, **options: float) -> Gateway:
    """A gateway with a session at this server, and little patience."""
    given = {"connect_timeout": 1, "read_timeout": 0.4, "write_timeout": 0.4, "read_retry": NO_RETRY}
    return Gateway(server.url, SENDER, LOGIN, session=Session("s", server.url), **(given | options))


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Callable[[Peer], None]:
    """Answers a request with this body."""

    def step(peer: Peer) -> None:
        peer.read_http()
        peer.http(body, status=status, headers=headers)

    return step


@contextmanager
def bounded() -> Iterator[None]:
    """The block may take this process's memory no higher than MOST_MEMORY above where it was (Linux)."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        yield
        return
    reset.write_text("5")  # the peak counts anew
    before = _kilobytes(status, "VmRSS")
    yield
    grown = (_kilobytes(status, "VmHWM") - before) * 1024
    assert grown < MOST_MEMORY, f"{grown // MEGABYTE} MB"


def _kilobytes(status: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{name}:"))
