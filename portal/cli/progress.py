"""A run's progress in the terminal, drawn from its row while it is performed in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.run import Run

_EVERY_SECONDS = 0.2
_WIDTH = 24


@contextmanager
def shown(app: Flask, run_id: int) -> Iterator[None]:
    """Show the run's steps on standard error until the block ends: a bar in a terminal, else a line for each step."""
    ended = threading.Event()
    screen = _Bar() if sys.stderr.isatty() else _Lines()
    watcher = threading.Thread(target=_watch, args=(app, run_id, ended, screen), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


class _Bar:
    """One line, drawn over itself."""

    width = 0

    def show(self, step: str, position: int, total: int) -> None:
        """Draw how far the step is; a step of unknown size shows its name alone."""
        self._draw(bar(step, position, total))

    def end(self) -> None:
        """Leave the line behind."""
        self._draw("done")
        sys.stderr.write("\n")

    def _draw(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)


class _Lines:
    """A line for each step that was seen, where nothing can be drawn over."""

    last = ""

    def show(self, step: str, position: int, total: int) -> None:
        """Name the step once, with its size."""
        if step != self.last:
            sys.stderr.write(f"  {_words(step)}{f' ({total})' if total else ''}\n")
        self.last = step

    def end(self) -> None:
        """Say that it is over."""
        sys.stderr.write("  done\n")


def bar(step: str, position: int, total: int) -> str:
    """The step, how far it is, and of how many: "invoices  [######......] 5/10"."""
    if not total:
        return f"{_words(step)} ..."
    done = min(position, total)
    filled = _WIDTH * done // total
    return f"{_words(step)}  [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}"


def _words(step: str) -> str:
    return step.replace("_", " ") or "starting"


def _watch(app: Flask, run_id: int, ended: threading.Event, screen: _Bar | _Lines) -> None:
    with app.app_context():
        while not ended.wait(_EVERY_SECONDS):
            found = db.session.execute(select(Run.step, Run.position, Run.total).where(Run.id == run_id)).one()
            db.session.rollback()
            screen.show(found.step, found.position, found.total)
    screen.end()
