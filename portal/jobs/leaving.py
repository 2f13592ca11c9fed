"""Leaving when asked: on SIGTERM a job process ends what it can at the next record's edge, and hands back the rest.

A request to Intacct may take longer than anybody waits for a process to stop. What is on its way then is left: its
postings are open, and whoever takes the run up finds out what became of them.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

WITHIN_SECONDS = 4.0
"""With the last act, and the two to three seconds that the worker itself takes to end on a busy machine, less than what
a supervisor waits (8 s here, 10 s in containers) before it kills."""
LAST_ACT_SECONDS = 2.5

_asked = threading.Event()
_log = logging.getLogger(__name__)


def asked() -> bool:
    """Whether this process was asked to stop."""
    return _asked.is_set()


def listen() -> None:
    """From now on SIGTERM asks this process to leave. It must leave by itself, or be made to (`at_the_latest`)."""
    _asked.clear()
    signal.signal(signal.SIGTERM, _ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ask(_number: int, _frame: FrameType | None) -> None:
    _asked.set()


@contextmanager
def at_the_latest(last_act: Callable[[], None]) -> Iterator[None]:
    """End the process, after `last_act`, when it was asked to leave and the block goes on for WITHIN_SECONDS more."""
    over = threading.Event()
    threading.Thread(target=_watch, args=(over, last_act), name="leaving", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(over: threading.Event, last_act: Callable[[], None]) -> None:
    _asked.wait()
    if over.wait(WITHIN_SECONDS):
        return
    last = threading.Thread(target=_do, args=(last_act,), name="leaving-now", daemon=True)
    last.start()
    last.join(LAST_ACT_SECONDS)
    os._exit(0)


def _do(last_act: Callable[[], None]) -> None:
    try:
        last_act()
    except Exception:  # noqa: BLE001 - the process ends here and now; the log is all that is left
        _log.exception("what was to be done before leaving could not be done")
