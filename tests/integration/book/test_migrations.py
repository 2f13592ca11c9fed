"""The migrations and the models are the same database, up and down."""

from __future__ import annotations

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from portal.database import Base
from portal.extensions import db
from tests.factories import make_invoice
from tests.integration.conftest import MIGRATIONS, running


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_models_equal_head(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []


def test_up_down_and_up_again_leaves_a_working_database(empty_database: str) -> None:
    with running(empty_database):
        flask_migrate.upgrade(directory=MIGRATIONS)
        make_invoice()
        db.session.commit()
        flask_migrate.downgrade(directory=MIGRATIONS, revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        flask_migrate.upgrade(directory=MIGRATIONS)
        assert make_invoice().number == "INV-00001"
