"""`portal db`: the database's migrations, and its backup where it is a file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import flask_migrate
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from portal.cli.output import Group, emit
from portal.database import waiting_for_ever
from portal.errors import Misused, PortalError
from portal.extensions import db
from portal.queries.revisions import MIGRATIONS
from portal.services import wanted


@click.group("db", cls=Group)
def group() -> None:
    """The database: its migrations, its backup."""


@group.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to the newest shape; harmless when it is there already."""
    upgrade()
    emit({"revision": current_revision()}, lambda done: f"The database is at revision {done['revision']}.")


@group.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Copy the SQLite database of an embedded portal into FILE, whole and consistent, while it is in use.

    FILE must not exist. PostgreSQL has pg_dump for this.
    """
    emit({"file": backup(file).absolute(), "bytes": file.stat().st_size, "revision": current_revision()}, _backed_up)


def _backed_up(done: dict[str, Any]) -> str:
    return (
        f"{done['file']}: {done['bytes']:,} bytes, at revision {done['revision']}. Keep the data folder's secrets.json"
        " with it: without that nothing reads its Intacct passwords."
    )


def backup(file: Path) -> Path:
    """Copy the database into a new file that only its owner reads. Raises Misused, PortalError; leaves no half file."""
    if db.engine.dialect.name != "sqlite":
        raise Misused("DATABASE_URL names PostgreSQL. Back it up by pg_dump --format=custom.", field="file")
    if file.exists():
        raise Misused(f"{file} exists already. Nothing was written. Name another file.", field="file")
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(part)
        os.link(part, file)  # never over a file that came into being meanwhile
    except (OSError, sqlite3.Error) as error:
        raise PortalError(f"The backup could not be written: {error}. There is no {file}.") from error
    finally:
        part.unlink(missing_ok=True)
    return file


def _copy(target: Path) -> None:
    """All pages in one step: the copy is of one moment, and whoever writes meanwhile neither waits nor is seen."""
    with closing(sqlite3.connect(str(db.engine.url.database))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file
        [(found,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
    if found != "ok":
        raise PortalError(f"The database is damaged: {found}. Nothing was kept. Restore an earlier backup.")


def upgrade() -> None:
    """Run every migration that the current application's database lacks, then note what an earlier version did not."""
    let_go()  # a connection from before has limits that a migration of a large book would not keep
    with waiting_for_ever():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        wanted.note_missing_credit_notes()
        db.session.commit()
    let_go()


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
