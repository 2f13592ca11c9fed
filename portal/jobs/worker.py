"""The worker: takes jobs from the queues and performs each in a process of its own.

The parent opens no database connection (a forked child would share its socket), and a child ends with its parent: an
orphan would go on with a run that another worker has taken up.
"""

from __future__ import annotations

import logging
import os
import signal
from contextlib import suppress
from typing import Any

from flask import Flask
from rq import Queue, Worker

from portal.jobs import leaving
from portal.jobs.lifeline import die_with
from portal.jobs.queues import NAMES, connect

TTL_SECONDS = 45
"""An idle worker wakes up 15 s before this to look after the queues; the default of 420 s hides a dead one."""

MAINTENANCE_SECONDS = 30
MONITORING_SECONDS = 10


class PortalWorker(Worker):
    """An RQ worker whose job processes do not outlive it."""

    def main_work_horse(self, job: Any, queue: Any) -> None:
        """Tie the fresh job process to this worker, then perform the job."""
        self._tie()
        super().main_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """Let the job process leave in order when this worker is asked to stop."""
        leaving.listen()

    def handle_warm_shutdown_request(self) -> None:
        """Ask the job process to leave, too: it hands back what it cannot end soon."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Take jobs until told to stop. Returns whether any was performed."""
        self._tie = die_with(os.getpid())
        return super().work(*args, **kwargs)


def work(app: Flask, *, burst: bool = False) -> None:
    """Take jobs until SIGTERM (the current one ends, or is handed back); with `burst` until the queues are empty."""
    # The worker sets its own, longer time-out on this connection: it waits for jobs on it.
    connection = connect(app.extensions["portal_settings"].redis_url, timeout_seconds=None)
    worker = PortalWorker(
        [Queue(name, connection=connection) for name in NAMES],
        connection=connection,
        worker_ttl=TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
        log_job_description=False,
    )
    with app.app_context():
        worker.work(burst=burst, logging_level=logging.getLevelName(logging.INFO))
