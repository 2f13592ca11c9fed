"""How migrations run: on the portal's own engine, in one transaction, with short lock timeouts on PostgreSQL."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text

import portal.models  # noqa: F401 - registers the tables
from portal.database import Base
from portal.extensions import db
from portal.models.types import Scaled, UtcTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types as what they are in the database: a migration must not import the models."""
    if kind == "type" and isinstance(item, Scaled):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


def next_revision(migration: Any, revision: Any, directives: list[Any]) -> None:
    """Number revisions 0001, 0002, ... and write none when nothing changed."""
    script = directives[0]
    if getattr(migration.config.cmd_opts, "autogenerate", False) and script.upgrade_ops.is_empty():
        directives[:] = []
        return
    head = ScriptDirectory.from_config(migration.config).get_current_head()
    script.rev_id = f"{int(head or 0) + 1:04d}"


def run() -> None:
    """Upgrade or downgrade the portal's database."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            process_revision_directives=next_revision,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
