"""What plans that are played one after the other have in common: one address for each server, emptied between them."""

from __future__ import annotations

import uuid
from pathlib import Path

from intacct_sandbox import sessions
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from tests.drills.plans.place import SECRETS, Place
from tests.drills.plans.servers import Sandbox, Valkey
from tests.integration.ops.stacks import clean_environment

RUN_LEASE_SECONDS = 3
SETTLE_WAIT_SECONDS = 5


class Scenery:
    """A database's name, a Valkey and a sandbox, and the environment that leads the portal to them. `sandbox` are
    further arguments of the sandbox, `settings` further settings of the portal."""

    def __init__(self, place: Place, folder: Path, *sandbox: str, **settings: str) -> None:
        self.mark = uuid.uuid4().hex
        self.database = f"drill_{self.mark}"
        self.databases, self.server, self._template = place.databases, place.server, place.template
        folder.mkdir(parents=True, exist_ok=True)
        self.valkey = Valkey(folder)
        self.sandbox = Sandbox(folder, clean_environment(TEST_MARK=self.mark), *sandbox)
        self.environment = clean_environment(
            TEST_MARK=self.mark,
            DATABASE_URL=self.databases.url(self.database),
            REDIS_URL=self.valkey.url,
            PORTAL_DATA=str(folder),
            INTACCT_URL=self.sandbox.url,
            INTACCT_SENDER_PASSWORD=sessions.SENDER_PASSWORD,
            RUN_LEASE=str(RUN_LEASE_SECONDS),
            INTACCT_SETTLE_WAIT=str(SETTLE_WAIT_SECONDS),
            **(SECRETS | settings),
        )
        self.app = create_app(Settings.from_env(self.environment))

    def begin(self, mode: str) -> None:
        """Empty everything; the database is the template's copy."""
        self.valkey.begin()
        self.sandbox.begin(mode)
        self.databases.copy(self._template, self.database)

    def end(self) -> None:
        """Drop the database, for the next plan to begin."""
        self.disconnect()
        self.databases.drop(self.database)

    def disconnect(self) -> None:
        """Give up this process's connections to the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def close(self) -> None:
        """End the servers."""
        self.valkey.stop()
        self.sandbox.child.kill()
