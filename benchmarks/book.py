"""A company connected to the sandbox, in a database that several processes of one measurement open in turn."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402

from intacct_sandbox import sessions  # noqa: E402
from portal.app import create_app  # noqa: E402
from portal.extensions import db  # noqa: E402
from portal.imports.steps import STEPS  # noqa: E402
from portal.models.company import Company  # noqa: E402
from portal.models.connection import Book  # noqa: E402
from portal.models.run import Run, RunKind, RunState  # noqa: E402
from portal.services import wanted  # noqa: E402
from portal.sync import engine, runs  # noqa: E402
from tests.factories import make_company, make_settings  # noqa: E402
from tests.integration import intacct_world  # noqa: E402

KEY = "cG9ydGFsIGJlbmNobWFyayBrZXksIG5vIHNlY3JldCE="
"""Encrypts the sandbox's password, which is printed anyhow, for all processes of a measurement."""


@contextmanager
def application(database: str, sandbox_url: str) -> Iterator[None]:
    """The portal on this database, its Intacct at `sandbox_url`; inside, its context."""
    own = make_settings(
        database, credentials_keys=(KEY,), intacct_url=sandbox_url, intacct_sender_password=sessions.SENDER_PASSWORD
    )
    with create_app(own).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def connected(**chosen: object) -> Company:
    """Migrate the database and add a company that is connected to the sandbox. Commits."""
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    company = make_company("Bench")
    intacct_world.connect_company(company, core=None, **chosen)  # type: ignore[arg-type]
    return company


def book() -> Book:
    """The book of the only company."""
    found = wanted.active_book(db.session.scalars(db.select(Company.id)).one())
    assert found is not None
    return found


def perform(kind: RunKind = RunKind.SYNC) -> Run:
    """Ask for a run, carry it out here, and insist that it went well."""
    run = runs.request(book(), kind, trigger="benchmark")
    db.session.commit()
    engine.perform(run.id, STEPS)
    run = db.session.get_one(Run, run.id)
    if run.state != RunState.FINISHED:
        raise SystemExit(f"run {run.id} {run.state}: {run.error or run.counts}")
    return run
