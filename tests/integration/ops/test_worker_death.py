"""A worker that is killed takes the process of its job with it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.jobs import leaving
from portal.jobs.queues import connect
from tests.integration.ops.stacks import Started, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children die with their parent on Linux only")

PROGRAM = """
import time
from portal.app import create_app
from portal.cli.embedded import settings
from portal.jobs import queues, run_jobs, worker

class Engine:
    @staticmethod
    def perform(run_id, steps, slice_):
        time.sleep(1000)

run_jobs.engine = Engine
app = create_app(settings())
with app.app_context():
    queues.enqueue_run(1)
worker.work(app)
"""


@pytest.fixture
def busy_worker(tmp_path: Path, valkey_url: str) -> Iterator[Started]:
    connect(valkey_url).flushall()
    program = Started(["-c", PROGRAM], env={"PORTAL_DATA": str(tmp_path), "REDIS_URL": valkey_url})
    try:
        until(lambda: len(program.family()) == 2, "a worker, and the process of its job")
        yield program
    finally:
        program.kill_all()


def test_the_process_of_a_job_ends_with_its_killed_worker(busy_worker: Started) -> None:
    os.kill(busy_worker.process.pid, signal.SIGKILL)
    until(lambda: not busy_worker.family(), "both have ended")


def test_a_worker_asked_twice_to_stop_ends_its_job(busy_worker: Started) -> None:
    busy_worker.process.send_signal(signal.SIGTERM)
    until(lambda: _asked_again(busy_worker), "the worker has ended")
    assert not busy_worker.family()


def test_a_worker_asked_to_stop_ends_in_time_whatever_its_job_waits_for(busy_worker: Started) -> None:
    busy_worker.process.send_signal(signal.SIGTERM)
    assert busy_worker.process.wait(timeout=leaving.WITHIN_SECONDS + leaving.LAST_ACT_SECONDS + 20) == 0
    assert not busy_worker.family()


def _asked_again(worker: Started) -> bool:
    # RQ takes a second signal within a second of the first for the same one.
    worker.process.send_signal(signal.SIGTERM)
    return worker.process.poll() is not None
