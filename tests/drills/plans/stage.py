"""The stage of one plan: a database of its own, a Valkey, a sandbox and workers, and the portal seen from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from flask import Flask
from rq import Queue
from sqlalchemy import func, select

from portal.cli.main import cli
from portal.errors import Busy
from portal.extensions import db
from portal.jobs.queues import RUNS, enqueue_run, redis
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Posting, PostingState
from portal.models.types import utcnow
from portal.services import wanted
from portal.sync import runs
from tests.drills.plans.place import SLUG
from tests.drills.plans.scenery import SETTLE_WAIT_SECONDS, Scenery
from tests.drills.plans.servers import Child
from tests.integration.ops.stacks import family, until

PATIENCE_SECONDS = 90.0
LOOK_EVERY_SECONDS = 0.5

UNENDED = (RunState.QUEUED, RunState.RUNNING)


class Stage:
    """One plan's world. `folder` keeps its logs."""

    def __init__(self, scenery: Scenery, folder: Path) -> None:
        self.scenery, self.folder = scenery, folder
        self.databases, self.database, self.server = scenery.databases, scenery.database, scenery.server
        self.valkey, self.sandbox, self._app = scenery.valkey, scenery.sandbox, scenery.app
        self.disconnect = scenery.disconnect
        self.workers: list[Child] = []
        self.others: list[Child] = []
        self._began = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    def kill_processes(self) -> None:
        """Leave nothing of the portal running, however the plan ended."""
        for child in (*self.workers, *self.others):
            if child.running:
                child.kill()

    def tell(self, text: str) -> None:
        """A line of the plan's story, with the seconds since it began."""
        print(f"{time.monotonic() - self._began:6.1f}  {text}", flush=True)  # noqa: T201 - this is its output

    # Processes

    def worker(self) -> Child:
        """Start a worker, as the Procfile does."""
        return self._start(["-m", "portal", "worker"])

    def stopping_worker(self, when: str, function: str) -> Child:
        """Start a worker that stops once, before or after its first write of this function (`worker_entry.py`)."""
        return self._start(["-m", "tests.drills.plans.worker_entry", str(self.folder), when, function])

    def _start(self, argv: list[str]) -> Child:
        child = Child(f"worker-{len(self.workers) + 1}", argv, self.scenery.environment, self.folder)
        self.workers.append(child)
        self.tell(f"started {child.name}, pid {child.process.pid}")
        return child

    def scheduler(self) -> Child:
        """Start a scheduler, as the Procfile does."""
        child = Child(
            f"scheduler-{len(self.others) + 1}", ["-m", "portal", "scheduler"], self.scenery.environment, self.folder
        )
        self.others.append(child)
        return child

    def tick_process(self) -> Child:
        """Start `portal tick` in a process of its own."""
        child = Child(f"tick-{len(self.others) + 1}", ["-m", "portal", "tick"], self.scenery.environment, self.folder)
        self.others.append(child)
        return child

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nobody is connected to the database: the workers were stopped, and start again afterwards."""
        for worker in self.workers:
            if worker.running:
                worker.stop()
        self.disconnect()
        yield
        self.worker()

    def stopped(self) -> bool:
        """Whether the stopping worker has come to its place."""
        return (self.folder / "stopped").exists()

    def let_go(self) -> None:
        """Let the stopping worker go on."""
        (self.folder / "go").touch()

    def stop_processes(self) -> None:
        """SIGTERM to everything of the portal: it ends, and nothing is left of it. How soon is `leaving`'s matter."""
        for child in (*self.workers, *self.others):
            if child.running:
                child.stop()
        left = {pid: line for pid, line in family(self.scenery.mark).items() if pid != self.sandbox.child.process.pid}
        assert not left, f"processes are left: {left}"

    # The portal, seen from outside

    @contextmanager
    def portal(self) -> Iterator[Flask]:
        """The portal's application on the plan's database; no transaction stays open behind it."""
        with self._app.app_context():
            try:
                yield self._app
            finally:
                db.session.remove()

    def command(self, *arguments: str) -> Any:
        """A command of the portal with --json, performed in this process; what it printed last."""
        result = CliRunner().invoke(cli, [*arguments, "--json"], obj=self._app)
        lines = result.stdout.strip().splitlines()
        assert result.exit_code in (0, 1), f"portal {' '.join(arguments)}: {result.output}"
        return json.loads(lines[-1])

    def tick(self) -> list[int]:
        """What the scheduler has done each minute, now: the runs it put on the queue."""
        ids: list[int] = self.command("tick")["enqueued"]
        if ids:
            self.tell(f"a tick puts on the queue: {ids}")
        return ids

    def company(self) -> Company:
        """The company of the plan, in an open application context."""
        return db.session.scalars(select(Company).where(Company.slug == SLUG)).one()

    def book(self) -> Book:
        """Its book, likewise."""
        found = wanted.active_book(self.company().id)
        assert found is not None
        return found

    def press(self) -> int:
        """Sync Now; the run, which is another's when one is under way."""
        with self.portal():
            try:
                run_id = runs.request(self.book(), RunKind.SYNC, trigger="by hand").id
            except Busy as busy:
                run_id = busy.run_id or 0
                db.session.rollback()
            else:
                db.session.commit()
                enqueue_run(run_id)
        self.tell(f"Sync Now is run {run_id}")
        return run_id

    def run(self, run_id: int) -> Run:
        """A run as it is now."""
        with self.portal():
            found = db.session.get_one(Run, run_id)
            db.session.expunge(found)
            return found

    def runs_of(self, kind: RunKind) -> list[int]:
        """Every run of a kind that ever was, the oldest first."""
        with self.portal():
            return list(db.session.scalars(select(Run.id).where(Run.kind == kind).order_by(Run.id)))

    def queue_is_empty(self) -> bool:
        """Whether no run waits in Valkey for a worker."""
        with self.portal():
            return Queue(RUNS, connection=redis()).is_empty()

    def unended(self) -> list[int]:
        """Runs that are queued or running."""
        with self.portal():
            return list(db.session.scalars(select(Run.id).where(Run.state.in_(UNENDED))))

    def open_postings(self) -> int:
        """How many postings wait to learn their fate."""
        with self.portal():
            query = select(func.count(Posting.id)).where(Posting.state == PostingState.OPEN)
            return db.session.scalar(query) or 0

    def until(self, check: Callable[[], Any], what: str) -> Any:
        """Wait for something, without ticks."""
        found = until(check, what)
        self.tell(what)
        return found

    def until_at_rest(self) -> None:
        """Wait until nobody is amid a transaction: what is frozen then keeps nothing locked."""
        databases, name = self.scenery.databases, self.scenery.database
        self.until(lambda: databases.is_at_rest(name), "nobody is amid a transaction")

    def until_held(self, *, requests: int = 1) -> None:
        """Wait until the sandbox holds so many requests."""
        self.until(lambda: len(self.sandbox.held()) >= requests, f"the sandbox holds {requests} of our requests")

    def finish(self, run_id: int) -> Run:
        """Tick until the run has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not RunState((found := self.run(run_id)).state).ended:
            assert time.monotonic() < deadline, f"run {run_id} is still {found.state} in step {found.step}"
            self.keep_a_worker()
            self.tick()
            time.sleep(LOOK_EVERY_SECONDS)
        self.tell(f"run {run_id} {found.state}: {found.error or found.counts}")
        return found

    def sync(self) -> Run:
        """Sync Now, to its end."""
        return self.finish(self.press())

    def keep_a_worker(self) -> None:
        """Whatever runs the portal's processes starts one anew when it ended."""
        if not any(worker.running for worker in self.workers):
            self.worker()

    # The end of every plan

    def come_to_rest(self) -> Run:
        """The faults are gone; ticks end what is under way; after the settle wait, one more sync. Returns that one."""
        self.sandbox.calm()
        self.tell("the faults are gone")
        self._end_all()
        if wait := self.seconds_until_settled():
            self.tell(f"{self.open_postings()} postings are open; waiting {wait:.1f} s")
            time.sleep(wait)
            self._end_all()
        last = self.sync()
        self._end_all()
        return last

    def _end_all(self) -> None:
        while unended := self.unended():
            self.finish(unended[0])

    def seconds_until_settled(self) -> float:
        """How long until the wait for every open posting is over."""
        with self.portal():
            query = select(func.max(Posting.send_before)).where(Posting.state == PostingState.OPEN)
            latest = db.session.scalar(query)
        if latest is None:
            return 0.0
        over = latest + timedelta(seconds=SETTLE_WAIT_SECONDS)
        return max((over - utcnow()).total_seconds() + 0.2, 0.0)
