"""One process's portal for simulations: made once, its database put back to the beginning for each seed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from intacct_sandbox import sessions
from portal.extensions import db
from portal.services import users
from tests.drills.simulation_control import Control, Point, controlled
from tests.factories import make_company
from tests.integration.conftest import migrate, running
from tests.integration.intacct_world import plant_connection
from tests.integration.lending import copied


@dataclass
class House:
    """The portal, its database file, and copies of that: `start` is a company that is connected and has synced
    nothing; `backup` is made by a step."""

    app: Flask
    control: Control
    path: Path
    trodden: frozenset[Point] = field(default_factory=frozenset)
    """The points that every run of a sync passes, whatever it finds to do."""

    @property
    def start(self) -> Path:
        return self.path.with_suffix(".start")

    @property
    def backup(self) -> Path:
        return self.path.with_suffix(".backup")

    def keep(self, copy: Path) -> None:
        """Copy the database as it is."""
        self.let_go()
        shutil.copyfile(self.path, copy)

    def put_back(self, copy: Path) -> None:
        """Make the database that of a copy."""
        self.let_go()
        copied(copy, self.path)

    def let_go(self) -> None:
        db.session.remove()
        db.engine.dispose()


@contextmanager
def built(folder: Path) -> Iterator[House]:
    """A portal of this process, in an application context and in the hands of simulations."""
    path = folder / "portal.db"
    migrate(f"sqlite:///{path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with running(f"sqlite:///{path}") as app, controlled() as control:
            app.extensions["portal_settings"] = replace(
                app.extensions["portal_settings"], intacct_sender_password=sessions.SENDER_PASSWORD
            )
            house = House(app, control, path)
            plant_connection(make_company("Northfield Supply"))
            house.keep(house.start)
            yield house
