"""What a sync costs: it grows neither with what is unchanged nor, in statements, with each record of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from portal.extensions import db
from portal.models.customer import Customer
from portal.models.run import RunItem, RunKind
from portal.models.sync import Kind, Pair, SyncRow
from portal.sync import engine, runs
from portal.sync.candidates import candidates
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World

ROWS = 3_000


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that the database is asked inside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def pay_for(world: World, count: int) -> None:
    """So many paid invoices of a new customer."""
    customer = make_customer(world.company)
    for _ in range(count):
        make_payment("10.00", customer=customer, on={make_invoice("10.00", customer=customer): "10.00"})
    db.session.commit()


def let_days_go_by(world: World) -> None:
    """What was written by now is read back, and older than what the next sync reads again."""
    world.core.clock.advance(3 * 24 * 3600)
    world.sync()


def test_a_batch_is_written_in_as_many_statements_as_few_records(world: World) -> None:
    pay_for(world, 1)
    world.sync()
    let_days_go_by(world)
    pay_for(world, 3)
    with statements() as few:
        assert world.sync().counts["written.payments"] == 3
    let_days_go_by(world)
    pay_for(world, 23)
    with statements() as many:
        assert world.sync().counts["written.payments"] == 23
    assert len(many) < len(few) + 10, [one for one in set(many) if many.count(one) > few.count(one)]


def have_waiting(customer: Customer, count: int) -> None:
    """So many payments that wait on no invoice, and on one each that is not sent."""
    for _ in range(count):
        make_payment("10.00", customer=customer)
        make_payment("10.00", customer=customer, on={make_invoice("10.00", customer=customer): "10.00"})
    db.session.commit()


def test_what_waits_as_before_costs_as_many_statements_and_rows_for_many_as_for_few(world: World) -> None:
    asked, customer = [], make_customer(world.company)
    make_invoice("10.00", customer=customer)
    world.sync()
    world.choose(write_invoices=False)
    for more in (3, 40):
        have_waiting(customer, more)
        world.sync()
        world.sync()
        with statements() as seen:
            run = world.sync()
        query = db.select(db.func.count(RunItem.id)).where(RunItem.run_id == run.id, RunItem.outcome == "waiting")
        asked.append((len(seen), db.session.scalar(query), run.counts["waiting"]))
        db.session.commit()
    (few, few_rows, _), (many, rows, waiting) = asked
    assert waiting == 86
    assert (many < few + 10, rows) == (True, few_rows), asked


def test_a_sync_with_nothing_to_do_asks_intacct_once(world: World) -> None:
    pay_for(world, 2)
    world.sync()
    let_days_go_by(world)
    run = world.sync()
    assert (run.counts["gateway_requests"], run.counts.get("written.invoices", 0)) == (1, 0)


@pytest.fixture
def large(world: World) -> World:
    """A book of a few thousand documents that are all in Intacct, enough for a planner to prefer an index."""
    pay_for(world, 1)
    world.sync()
    pair = db.session.scalars(db.select(Pair)).one()
    for row_id in (pair.invoice_row_id, pair.source_row_id):
        _copy("sync_row", row_id, {"record_id": "record_id + n", "ref": "ref || n", '"key"': "'k' || n"})
    db.session.execute(
        text(
            "INSERT INTO pair (source_row_id, invoice_row_id, applied_here, applied_there, hold)"
            " SELECT s.id, :invoice, 5, 5, '' FROM sync_row s WHERE s.kind = 'payment' AND s.id <> :source"
        ),
        {"invoice": pair.invoice_row_id, "source": pair.source_row_id},
    )
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    return world


def _copy(table: str, row_id: int, given: dict[str, str]) -> None:
    names = [f'"{column.name}"' if column.name == "key" else column.name for column in SyncRow.__table__.columns]
    names.remove("id")
    chosen = ", ".join(given.get(name, name) for name in names)
    series = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS}) "
    db.session.execute(
        text(f"INSERT INTO {table} ({', '.join(names)}) {series} SELECT {chosen} FROM {table}, n WHERE id = :i"),
        {"i": row_id},
    )


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.PAYMENT])
def test_what_needs_sending_is_found_by_its_indexes(large: World, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, Any]] = []
    scalars = db.session.scalars
    ctx = engine._open(*_claimed(large), engine.Slice())
    monkeypatch.setattr(db.session, "scalars", lambda *query: asked.append(query) or scalars(*query))
    assert candidates(ctx, kind) == []
    bind = db.session.get_bind()
    query, given = asked[-1]
    compiled = query.params(given).compile(bind, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {compiled}".replace("%", "%%")).all()
    steps = "\n".join(str(row[-1]) for row in rows)
    # PostgreSQL takes unequal columns for the rule, not the exception, and may as well walk a book of this size.
    assert "ix_sync_row_to_send" in steps or (bind.dialect.name, kind) == ("postgresql", Kind.INVOICE), steps
    if kind == Kind.PAYMENT:
        assert "ix_pair_to_send" in steps, steps


def _claimed(world: World) -> tuple[int, str]:
    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    db.session.commit()
    token = runs.claim(run.id, 60)
    assert token is not None
    return run.id, token
