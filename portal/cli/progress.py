"""A run's progress in the terminal, drawn from its row while it is performed in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.run import Run

_EVERY_SECONDS = 0.2
_WIDTH = 24


@contextmanager
def shown(app: Flask, run_id: int) -> Iterator[None]:
    """Draw the bar on standard error until the block ends; silent where that is no terminal and `say` is not given."""
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(app, run_id, ended, _writer()), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def bar(step: str, position: int, total: int) -> str:
    """One line: the step, how far it is, and of how many; a step of unknown size shows its name alone."""
    name = step.replace("_", " ") or "starting"
    if not total:
        return f"{name} ..."
    done = min(position, total)
    filled = _WIDTH * done // total
    return f"{name}  [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}"


def _watch(app: Flask, run_id: int, ended: threading.Event, write: Callable[[str, bool], None]) -> None:
    with app.app_context():
        while True:
            over = ended.wait(_EVERY_SECONDS)
            found = db.session.execute(select(Run.step, Run.position, Run.total).where(Run.id == run_id)).one()
            db.session.rollback()
            write(bar(found.step, found.position, found.total), over)
            if over:
                return


def _writer() -> Callable[[str, bool], None]:
    """How a line is shown: over the one before in a terminal, else each step once on a line of its own."""
    last = ""

    def draw(line: str, over: bool) -> None:
        nonlocal last
        sys.stderr.write("\r" + line.ljust(len(last)) + ("\n" if over else ""))
        sys.stderr.flush()
        last = line

    def tell(line: str, over: bool) -> None:
        nonlocal last
        if line.split("  ")[0] != last or over:
            sys.stderr.write(line + "\n")
        last = line.split("  ")[0]

    return draw if sys.stderr.isatty() else tell
