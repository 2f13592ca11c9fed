"""The declarative base, how connections behave on SQLite, and how long a database is waited for.

SQLite's driver opens no transaction at a SELECT, so two read-modify-write sessions lose updates silently even in
WAL mode; BEGIN IMMEDIATE at the start of each transaction makes the second wait instead.

A database server that accepts and never answers would be waited for without end: PostgreSQL's own limits are kept by
that server, so the limit here is the client's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from sqlalchemy import BigInteger, Float, MetaData, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement

CONNECT_SECONDS = 5

WORK_WAITS_TIMES = 20
"""What no page waits for (jobs, commands) has so many times as long: an import stores much in one statement."""

VALUES_AT_ONCE = 500
"""Databases take only so many values in one query."""

T = TypeVar("T")


def in_parts(items: Sequence[T], size: int = VALUES_AT_ONCE) -> Iterator[Sequence[T]]:
    """The items in their order, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


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


def set_up_engine(engine: Engine, wait_seconds: float = 30, idle_seconds: float = 60) -> None:
    """Make `engine` safe for several processes, and wait no longer than that for a statement of a page: on SQLite for
    whoever writes, on PostgreSQL for any answer. PostgreSQL ends a transaction of a worker in which nothing was asked
    for `idle_seconds`: nothing of ours pauses so long in one, so the worker is frozen, and what it holds is wanted."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "do_connect", _connect_patiently(wait_seconds, idle_seconds))
        return
    event.listen(engine, "connect", _sqlite_connect(wait_seconds))
    event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(wait_seconds: float) -> Any:
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(wait_seconds * 1000)}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return connect


def _connect_patiently(wait_seconds: float, idle_seconds: float) -> Any:
    def connect(_dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        connection = PatientConnection.connect(*arguments, **{"connect_timeout": CONNECT_SECONDS, **options})
        connection.wait_seconds = wait_seconds
        if _times.get() == WORK_WAITS_TIMES:  # a page may stream a file to somebody slow, and locks nothing meanwhile
            connection.execute(f"SET idle_in_transaction_session_timeout = {int(idle_seconds * 1000)}")
            # The server, too, gives up a statement that its client has stopped in the middle of.
            connection.execute(f"SET statement_timeout = {int(wait_seconds * WORK_WAITS_TIMES * 1000)}")
            connection.commit()
        return connection

    return connect


class PatientConnection(psycopg.Connection[Any]):
    """A connection that gives up when the server does not answer a statement, and is closed then."""

    wait_seconds = 30.0

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer. Raises OperationalError when none comes in the time that this thread has."""
        times = _times.get()
        if timeout is not None or times is None:
            return super().wait(gen, interval, timeout)
        limit = self.wait_seconds * times
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError as error:
            if type(error).__name__ != "_WaitTimeout":  # the driver names it so and does not export it
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {limit:g} s") from None


_times: ContextVar[float | None] = ContextVar("times", default=WORK_WAITS_TIMES)


def page_waits() -> None:
    """From now on a person waits for what this thread asks the database."""
    _times.set(1)


@contextmanager
def waiting_for_ever() -> Iterator[None]:
    """Statements in this block may take any time: a migration of a large book."""
    token = _times.set(None)
    try:
        yield
    finally:
        _times.reset(token)


def is_deadlock(error: BaseException | None) -> bool:
    """Whether PostgreSQL took a transaction back because it and another waited for each other. The same may succeed a
    moment later."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.errors.DeadlockDetected)


def is_outage(error: BaseException | None) -> bool:
    """Whether the database cannot be worked with now; False where a statement, a value or another transaction is at
    fault."""
    if is_deadlock(error):
        return False
    if isinstance(error, NoFreeConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_OUTAGES
    return error.connection_invalidated or isinstance(error.orig, _POSTGRESQL_OUTAGES)


_POSTGRESQL_OUTAGES = (
    psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout,
)  # fmt: skip


_SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY,
}  # fmt: skip


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
