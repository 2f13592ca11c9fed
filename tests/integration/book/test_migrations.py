"""The migrations and the models are the same database, up and down."""

from __future__ import annotations

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from portal.database import Base
from portal.extensions import db
from portal.models.connection import Book
from portal.models.run import Run
from portal.queries.kept_sums import counted, kept
from portal.services import payments
from tests.factories import ACTOR, company_of, make_company, make_credit_note, make_invoice, make_payment
from tests.integration.conftest import MIGRATIONS, running


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


# SQLite does not tell what an index on an expression says; PostgreSQL does, and is compared.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
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


def test_takeovers_of_before_are_still_counted(empty_database: str) -> None:
    with running(empty_database):
        flask_migrate.upgrade(directory=MIGRATIONS)
        book = Book(company_id=make_company("Harbor Lane").id, intacct_company_id="HARBOR")
        db.session.add(book)
        db.session.flush()
        for claims in (0, 1, 4):
            db.session.add(Run(book_id=book.id, kind="tie_out", exclusive=False, trigger="test", claims=claims))
        db.session.commit()
        flask_migrate.downgrade(directory=MIGRATIONS, revision="0014")
        flask_migrate.upgrade(directory=MIGRATIONS)
        assert list(db.session.scalars(db.select(Run.takeovers).order_by(Run.id))) == [0, 0, 3]


def test_documents_that_were_there_before_are_counted_once(empty_database: str) -> None:
    with running(empty_database):
        flask_migrate.upgrade(directory=MIGRATIONS)
        invoice = make_invoice("100.00")
        make_payment("60.00", on={invoice: "40.00"})
        make_credit_note("10.00", draft=True, customer=invoice.customer)
        payments.void(make_payment("5.00", customer=invoice.customer), actor=ACTOR)
        db.session.commit()
        flask_migrate.downgrade(directory=MIGRATIONS, revision="0003")
        flask_migrate.upgrade(directory=MIGRATIONS)
        company = company_of(invoice)
        filled = [kept(company, kind) for kind in ("invoice", "payment", "credit_note")]
        assert {key: share for sums in filled for key, share in sums.items()} == counted(company)
