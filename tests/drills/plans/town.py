"""A town of companies on one install, one of them with a huge first sync, all due in the same minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from intacct_sandbox.companies import company_ids
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, IntacctList
from portal.models.run import Run, RunKind, RunState
from portal.services import connection, integration_settings
from tests.drills.plans.place import SECRETS
from tests.drills.plans.stage import Stage
from tests.factories import ACTOR, make_company, make_customer, make_invoice
from tests.integration.conftest import migrate
from tests.integration.intacct_world import ACCOUNTS, connect_company, login, make_core
from tests.integration.ops.stacks import clean_environment
from tests.postgres import Databases

FEW = 3
AT_ONCE_IN_INTACCT = 2
PATIENCE_SECONDS = 400.0
SLOW_SECONDS = 1.5


def lay(databases: Databases, companies: int, huge: int) -> str:
    """Make the database of a town: its first company has `huge` invoices, each other one a few. Its name."""
    name = databases.create()
    migrate(databases.url(name))
    own = {"DATABASE_URL": databases.url(name), "REDIS_URL": "redis://127.0.0.1:1/0"}
    app = create_app(Settings.from_env(clean_environment() | SECRETS | own))
    core = make_core(app)
    with app.app_context():
        ids = company_ids(companies)
        first = make_company("Company 1")
        connect_company(first, core, auto_sync=True)
        checked = replace(connection.check(login()), session=None)
        connection.get(first)[0].session_encrypted = b""
        lists = db.session.scalars(select(IntacctList)).all()
        _fill(first, huge)
        for number, intacct_id in enumerate(ids[1:], start=2):
            company = make_company(f"Company {number}")
            made = connection.save(company, login(company_id=intacct_id), checked, actor=ACTOR)
            db.session.add_all([IntacctList(book_id=made.book_id, kind=one.kind, items=one.items) for one in lists])
            integration_settings.change(company, ACCOUNTS | {"auto_sync": True}, actor=ACTOR)
            _fill(company, FEW)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    core.close()
    return name


def _fill(company: Company, invoices: int) -> None:
    customer = make_customer(company, f"Customer of {company.name}", number="C-1")
    for number in range(invoices):
        make_invoice("10.00", customer=customer, number=f"TI-{number:04}")
        if number % 100 == 0:
            db.session.commit()
    db.session.commit()


@dataclass(frozen=True)
class Done:
    """One company's hourly syncs: how many there were, how the first ended, and when."""

    intacct_id: str
    runs: int
    state: str
    error: str
    ended_at: datetime | None


def all_done(stage: Stage) -> list[Done]:
    """How every company fares, the huge one first."""
    with stage.portal():
        query = select(Book, Run).join(Run, Run.book_id == Book.id).where(Run.kind == RunKind.SYNC)
        found: dict[int, list[tuple[Book, Run]]] = {}
        for book, run in db.session.execute(query.order_by(Book.id, Run.id)):
            found.setdefault(book.id, []).append((book, run))
        return [
            Done(rows[0][0].intacct_company_id, len(rows), rows[0][1].state, rows[0][1].error, rows[0][1].ended_at)
            for rows in found.values()
        ]


def wait_for_all(stage: Stage, companies: int) -> list[Done]:
    """Until every company's sync has ended; the schedulers alone say when something is due."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = all_done(stage)
        ended = [one for one in done if RunState(one.state).ended]
        if len(ended) == companies:
            return done
        assert time.monotonic() < deadline, f"{len(ended)} of {companies} companies are done: {done}"
        time.sleep(0.5)


def check(stage: Stage, done: list[Done], huge: int) -> None:
    """Each company's books agree, none was starved by the huge one, and none had more than two requests out."""
    wrong = [f"{one.intacct_id}: {one.runs} syncs, {one.state} {one.error}" for one in done
             if (one.runs, one.state) != (1, RunState.FINISHED)]  # fmt: skip
    for place, one in enumerate(done):
        control = f"?company={one.intacct_id}"
        there = [row["RECORDID"] for row in stage.sandbox.control(f"records/ARINVOICE{control}")
                 if row["RECORDID"].startswith("TI-")]  # fmt: skip
        wanted = [f"TI-{number:04}" for number in range(huge if place == 0 else FEW)]
        if sorted(there) != wanted:
            wrong.append(f"{one.intacct_id} has {len(there)} invoices, {len(set(there))} different, not {len(wanted)}")
        highest = stage.sandbox.control(f"concurrency{control}")["highest"]
        if highest > AT_ONCE_IN_INTACCT:
            wrong.append(f"{one.intacct_id} had {highest} requests at once")
    ends = [one.ended_at for one in done if one.ended_at is not None]
    if max(ends[1:]) > ends[0]:
        late = sum(end > ends[0] for end in ends[1:])
        wrong.append(f"{late} small companies waited until the huge one was done")
    assert not wrong, "\n  ".join(["in the town:", *wrong])


def play(stage: Stage, *, companies: int, huge: int, workers: int, schedulers: int) -> None:
    """All are due at once; the processes do the rest, and stop when they are asked to. Intacct takes its time over the
    huge one's invoices."""
    stage.sandbox.fault("slow", "create_invoice", seconds=SLOW_SECONDS, times=0)
    for _ in range(workers):
        stage.worker()
    for _ in range(schedulers):
        stage.scheduler()
    began = time.monotonic()
    done = wait_for_all(stage, companies)
    stage.tell(f"all {companies} companies are done after {time.monotonic() - began:.1f} s")
    stage.tell(f"requests of the huge one at once: {stage.sandbox.control('concurrency')['highest']}")
    check(stage, done, huge)
    stage.stop_processes()
