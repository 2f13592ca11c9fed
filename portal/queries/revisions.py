"""Which revision the database is at, and which this version of the portal expects."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text

from portal.extensions import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@cache
def known() -> tuple[str, ...]:
    """Every revision that this version knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def present() -> str:
    """The revision that the database is at. Raises SQLAlchemyError, also where no migration has ever run."""
    return str(db.session.scalar(text("SELECT version_num FROM alembic_version")) or "")
