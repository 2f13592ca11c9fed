"""`portal db`: the database's migrations."""

from __future__ import annotations

from pathlib import Path

import click
import flask_migrate
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from portal.cli.output import Group, emit
from portal.database import waiting_for_ever
from portal.extensions import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@click.group("db", cls=Group)
def group() -> None:
    """The database's migrations."""


@group.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to the newest shape; harmless when it is there already."""
    upgrade()
    emit({"revision": current_revision()}, lambda done: f"The database is at revision {done['revision']}.")


def upgrade() -> None:
    """Run every migration that the current application's database lacks."""
    with waiting_for_ever():
        flask_migrate.upgrade(directory=str(MIGRATIONS))


def current_revision() -> str:
    """The revision that the database is at; empty for an empty database."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def is_empty() -> bool:
    """Whether no migration has ever run on this database."""
    return not inspect(db.engine).has_table("alembic_version")


def let_go() -> None:
    """Close this process's connections, so that none is open while it only watches others."""
    db.session.remove()
    db.engine.dispose()
