"""The sync on a whole stack: real workers, a real Valkey, a sandbox in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from portal.app import create_app
from portal.cli.embedded import settings
from portal.errors import Busy
from portal.extensions import db
from portal.jobs.queues import enqueue_run
from portal.models.company import Company
from portal.models.run import Run, RunKind
from portal.models.sync import Posting, SyncRow
from portal.services import connection, integration_settings, wanted
from portal.services.connection import LoginData
from portal.sync import runs
from tests import sage_schema
from tests.factories import ACTOR, make_company, make_customer, make_invoice, make_payment
from tests.integration.ops.stacks import Started, portal, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")

INVOICES = 60
SLUG = "northfield-supply"


class Stack:
    """A running stack with a connected company, and the portal's database from the outside."""

    def __init__(self, started: Started, data: Path, told: dict[str, Any]) -> None:
        self.started, self.data = started, data
        self.sandbox = told["sandbox_url"]

    @contextmanager
    def app(self) -> Iterator[Flask]:
        """The portal's application on the stack's database; nothing stays open behind it."""
        app = create_app(settings(self.data, {}))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    def control(self, path: str, body: Any = None) -> Any:
        """Ask the sandbox's control."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.sandbox}/_control/{path}", data=data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def fill(self) -> None:
        """A company with invoices and a payment on each second one, connected to the sandbox."""
        with self.app():
            company = make_company("Northfield Supply")
            customer = make_customer(company, "Brightwater Logistics", number="C-1")
            for number in range(INVOICES):
                invoice = make_invoice("10.00", customer=customer, number=f"NI-{number:03}")
                if number % 2:
                    make_payment("10.00", on={invoice: "10.00"}, number=f"NP-{number:03}")
            db.session.commit()
            login = LoginData(COMPANY_ID, sessions.USER_ID, sessions.USER_PASSWORD)
            checked = connection.check(login)
            connection.save(company, login, checked, actor=ACTOR)
            integration_settings.change(company, {"income_account": "4000", "deposit_to": "bank:CHK-01"}, actor=ACTOR)
            db.session.commit()

    def press(self) -> tuple[int, bool]:
        """Sync Now: (run, whether it is new)."""
        book = wanted.active_book(db.session.scalars(db.select(Company.id).where(Company.slug == SLUG)).one())
        assert book is not None
        try:
            run_id = runs.request(book, RunKind.SYNC, trigger="test").id
        except Busy as busy:
            db.session.rollback()
            return busy.run_id, False
        db.session.commit()
        enqueue_run(run_id)
        return run_id, True

    def run(self, run_id: int) -> Run:
        """The run as it is now, free of the session, whose transaction would hold the database."""
        db.session.rollback()
        run = db.session.get_one(Run, run_id, populate_existing=True)
        db.session.expunge(run)
        db.session.rollback()
        return run

    def assert_all_there_once(self) -> None:
        """Every invoice and payment is in the sandbox exactly once, to the cent, and Sage's schema finds nothing wrong
        with what was sent."""
        for body in self.control("requests?bodies=200")["bodies"]:
            assert sage_schema.problems(body.encode()) == []
        there = [row for row in self.control("records/ARINVOICE") if row["RECORDID"].startswith("NI-")]
        assert sorted(row["RECORDID"] for row in there) == [f"NI-{number:03}" for number in range(INVOICES)]
        assert {row["TRX_TOTALDUE"] for row in there if int(row["RECORDID"][-3:]) % 2} == {"0"}
        paid = [row["DOCNUMBER"] for row in self.control("records/ARPYMT") if row["DOCNUMBER"].startswith("NP-")]
        assert sorted(paid) == [f"NP-{number:03}" for number in range(1, INVOICES, 2)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    ports = ["--port", "0", "--sandbox-port", "0"]
    started = Started(
        ["-m", "portal", "up", "--demo", *ports, "--data", str(tmp_path)],
        env={"RUN_LEASE": "4", "INTACCT_SETTLE_WAIT": "3"},
    )
    try:
        made = Stack(started, tmp_path, started.first_line())
        made.fill()
        yield made
    finally:
        started.kill_all()


def workers(stack: Stack) -> list[int]:
    return [pid for pid, line in stack.started.family().items() if "portal worker" in line]


def test_twenty_presses_are_one_run_at_a_time_and_nothing_is_doubled(stack: Stack) -> None:
    answers: list[tuple[int, bool]] = []

    def press_often(app: Flask) -> None:
        with app.app_context():
            answers.extend(stack.press() for _ in range(5))

    # One application for all: Python 3.11 may fail to parse in several threads at once, as routes do when added.
    with stack.app() as app:
        threads = [threading.Thread(target=press_often, args=(app,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(answers) == 20
    with stack.app():
        made = {run_id for run_id, is_new in answers if is_new}
        until(lambda: all(stack.run(run_id).state == "finished" for run_id in made), "the runs finish")
        written = sum(stack.run(run_id).counts.get("written.invoices", 0) for run_id in made)
    assert written == INVOICES
    stack.assert_all_there_once()


def test_a_sync_whose_workers_are_killed_goes_on_and_ends_right(stack: Stack) -> None:
    stack.control("faults", [{"when": "create_invoice", "what": "slow", "seconds": 2, "times": 2}])
    with stack.app():
        run_id, _ = stack.press()
        until(lambda: stack.run(run_id).step == "invoices", "the run sends invoices")
        for pid in workers(stack):
            os.kill(pid, signal.SIGKILL)
        assert stack.run(run_id).state == "running"

        def ticked() -> bool:
            portal("tick", data=stack.data)
            return stack.run(run_id).state in ("finished", "failed")

        until(ticked, "another worker takes the run up and ends it")
        assert stack.run(run_id).claims >= 2
        until(lambda: _nothing_left(stack), "everything is settled and sent")
    stack.assert_all_there_once()


def _nothing_left(stack: Stack) -> bool:
    run_id, _ = stack.press()
    until(lambda: stack.run(run_id).state not in ("queued", "running"), "a sync ends")
    opened = db.session.scalar(db.select(db.func.count(Posting.id)).where(Posting.state == "open"))
    unsent = db.session.scalar(db.select(db.func.count(SyncRow.id)).where(SyncRow.want_hash != SyncRow.have_hash))
    db.session.rollback()
    return opened == 0 and unsent == 0
