"""Keeping a run's lease, and those of its turns at Intacct, from a thread of the job's own process: a frozen process
stops renewing, and loses the run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, update
from sqlalchemy.exc import SQLAlchemyError

from portal.database import now_ms
from portal.models.run import Run, RunState
from portal.services import turns

log = logging.getLogger(__name__)

RENEWALS_A_LEASE = 4


@contextmanager
def kept(engine: Engine, run_id: int, token: str, lease_seconds: int) -> Iterator[None]:
    """Renew the lease four times in its length until the block ends, on a connection of its own."""
    over = threading.Event()
    thread = threading.Thread(
        target=_renew_until, args=(over, engine, run_id, token, lease_seconds), name=f"lease-{run_id}", daemon=True
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
    with engine.begin() as connection:
        done = connection.execute(update(Run).where(ours).values(lease_until=now_ms() + lease_seconds * 1000))
        turns.renew(connection, token, lease_seconds)
        return done.rowcount == 1
