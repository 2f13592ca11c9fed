"""One portal a process and database address, lent to one test after the other as it was made: making one takes a tenth
of a second of processor time, mostly for its addresses, and there are thousands of tests.

A test that adds an address of its own is marked `own_portal` and gets one that nobody else sees.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.config import Settings
from portal.extensions import db

_made: dict[str, Flask] = {}


@contextmanager
def lent(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The portal on this database, in an application context. What a test changes of its settings is undone."""
    own = request.node.get_closest_marker("own_portal") is not None
    app = create_app(settings) if own else _kept(settings)
    extensions, config = dict(app.extensions), dict(app.config)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions.clear()
    app.extensions.update(extensions)
    app.config.clear()
    app.config.update(config)


def _kept(settings: Settings) -> Flask:
    if settings.database_url not in _made:
        _made[settings.database_url] = create_app(settings)
    return _made[settings.database_url]


def copied(template: Path, path: Path) -> Path:
    """A copy of a SQLite file at `path`, with nothing left of what was there: a new file, since a connection that some
    thread of an earlier test still holds shares its locks and its memory with all of this process to the same file."""
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    shutil.copyfile(template, path)
    return path
