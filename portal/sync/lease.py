"""Keeping a run's lease from a thread of the job's own process: a frozen process stops renewing, and loses the run.

Each checkpoint of the run renews it, too (`RunContext.save`), so the thread has work only while a request to Intacct or
a long transaction goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context

from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from portal.database import now_ms, only_reads
from portal.models.run import Run, RunState

log = logging.getLogger(__name__)

RENEWALS_A_LEASE = 4


@contextmanager
def kept(engine: Engine, run_id: int, token: str, lease_seconds: int) -> Iterator[None]:
    """Renew the lease four times in its length until the block ends, on a connection of its own."""
    over = threading.Event()
    thread = threading.Thread(
        target=copy_context().run,  # so that its lines in the log say whose they are
        args=(_renew_until, over, engine, run_id, token, lease_seconds),
        name=f"lease-{run_id}",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=lease_seconds)


def _renew_until(over: threading.Event, engine: Engine, run_id: int, token: str, lease_seconds: int) -> None:
    while not over.wait(lease_seconds / RENEWALS_A_LEASE):
        try:
            if not _renew(engine, run_id, token, lease_seconds):
                return
        except SQLAlchemyError as error:
            # The database is away for a moment; if it stays away the lease runs out and another worker takes over.
            log.warning("lease of run %s could not be renewed: %s", run_id, type(error).__name__)


def _renew(engine: Engine, run_id: int, token: str, lease_seconds: int) -> bool:
    ours = (Run.id == run_id) & (Run.token == token) & (Run.state == RunState.RUNNING)
    if _was_just_renewed(engine, ours, lease_seconds):
        return True
    with engine.begin() as connection:
        done = connection.execute(update(Run).where(ours).values(lease_until=now_ms() + lease_seconds * 1000))
        return done.rowcount == 1


def _was_just_renewed(engine: Engine, ours: ColumnElement[bool], lease_seconds: int) -> bool:
    """Whether a checkpoint of the run pushed the lease out since the last turn. Asked without waiting for a writer: on
    SQLite the run itself may hold the database almost all the time."""
    least = now_ms() + lease_seconds * 1000 * (RENEWALS_A_LEASE - 1) // RENEWALS_A_LEASE
    only_reads(True)
    try:
        with engine.begin() as connection:
            return connection.scalar(select(Run.id).where(ours, Run.lease_until > least)) is not None
    finally:
        only_reads(False)
