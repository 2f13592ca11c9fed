"""The declarative base, and how connections behave on SQLite.

SQLite's driver opens no transaction at a SELECT, so two read-modify-write sessions lose updates silently even in
WAL mode; BEGIN IMMEDIATE at the start of each transaction makes the second wait instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import BigInteger, Float, MetaData, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement

SQLITE_BUSY_TIMEOUT_MS = 30_000

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The parent of every table; its naming convention gives each constraint a stable name."""

    metadata = MetaData(naming_convention=NAMING)


class now_ms(FunctionElement[int]):
    """The database's own clock, in milliseconds since 1970 UTC. Leases are judged by it, never by a worker's clock."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_ms_sqlite(element: now_ms, compiler: Any, **kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_ms_postgresql(element: now_ms, compiler: Any, **kw: Any) -> str:
    return "CAST(extract(epoch from clock_timestamp()) * 1000 AS BIGINT)"


class seconds_between(FunctionElement[float]):
    """Seconds from the first of two stored moments to the second; null when one is."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"((julianday({second}) - julianday({first})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"extract(epoch from {second} - {first})"


def set_up_engine(engine: Engine) -> None:
    """Make `engine` safe for several processes; does something on SQLite only."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _only_reads.get() else "BEGIN IMMEDIATE")


_only_reads: ContextVar[bool] = ContextVar("only_reads", default=False)


def only_reads(yes: bool) -> None:
    """Say whether this thread's next transactions only read: on SQLite they then wait for no writer and keep none
    waiting. One that writes all the same fails at once when somebody else wrote meanwhile."""
    _only_reads.set(yes)


@contextmanager
def writing() -> Iterator[None]:
    """The transactions that begin in this block may write, whatever the request's method says."""
    token = _only_reads.set(False)
    try:
        yield
    finally:
        _only_reads.reset(token)
