"""Looking at something that may hang: each look in a thread of its own, waited for so long and no longer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a look saw: `up`, `degraded` or `down`, in words, and after how long."""

    state: str
    words: str
    milliseconds: int


Look = Callable[[], tuple[str, str]]
"""Answers (state, words); what it raises is the state `down`."""


class _Pending(threading.Thread):
    """A look under way. It is a daemon, so that one that hangs keeps no process from ending."""

    def __init__(self, app: Flask, look: Look) -> None:
        super().__init__(name="look", daemon=True)
        self._app, self._look, self._context = app, look, copy_context()
        self._began, self.seen = time.monotonic(), Seen("down", "No answer", 0)

    def run(self) -> None:
        try:
            state, words = self._context.run(self._in_app)
        except (SQLAlchemyError, RedisError) as error:
            state, words = "down", f"Does not answer ({type(error).__name__})"
        except Exception as error:  # noqa: BLE001 - a fault of ours must not stop the answer; the log tells it
            _log.exception("looking failed")
            state, words = "down", f"Could not be looked at ({type(error).__name__})"
        self.seen = Seen(state, words, self.age())

    def age(self) -> int:
        """Milliseconds since it began."""
        return int((time.monotonic() - self._began) * 1000)

    def _in_app(self) -> tuple[str, str]:
        with self._app.app_context():
            return self._look()


def look_at(looks: dict[str, Look], timeout_seconds: float) -> dict[str, Seen]:
    """Look at all at once; one that has not answered in time is `down`.

    A look that still hangs from the last time is waited for again and not begun a second time, so that threads do not
    pile up behind a dead part.
    """
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    pending: dict[str, _Pending] = app.extensions.setdefault("portal_looks", {})
    until = time.monotonic() + timeout_seconds
    under_way = {name: _begun(app, pending, name, look) for name, look in looks.items()}
    for one in under_way.values():
        one.join(max(until - time.monotonic(), 0))
    return {name: _seen(one) for name, one in under_way.items()}


def _begun(app: Flask, pending: dict[str, _Pending], name: str, look: Look) -> _Pending:
    hanging = pending.get(name)
    if hanging is not None and hanging.is_alive():
        return hanging
    pending[name] = _Pending(app, look)
    pending[name].start()
    return pending[name]


def _seen(one: _Pending) -> Seen:
    return Seen("down", "Does not answer in time", one.age()) if one.is_alive() else one.seen
