"""A company connected to a sandbox in this process, and what a test says to either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.clock import SandboxClock
from intacct_sandbox.control import shown_record
from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models import types
from portal.models.company import Company
from portal.models.connection import Book, IntegrationSettings
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunKind
from portal.models.sync import Kind, Posting, Problem, SyncRow
from portal.queries import sync_states
from portal.services import wanted
from portal.sync import engine, runs, sending
from tests.factories import make_company
from tests.integration.intacct_world import plant_connection
from tests.sage_schema import CoreAdapter, ValidatingAdapter, session


class World:
    """Both sides: the portal's company and the sandbox's core. Reads commit, so that no transaction stays open."""

    def __init__(self, app: Flask, core: SandboxCore, company: Company, adapter: ValidatingAdapter) -> None:
        self.app, self.core, self.adapter = app, core, adapter
        self.company_id = company.id

    @property
    def company(self) -> Company:
        return db.session.get_one(Company, self.company_id)

    @property
    def book(self) -> Book:
        book = wanted.active_book(self.company_id)
        assert book is not None
        return book

    def sync(self, kind: RunKind = RunKind.SYNC, **options: Any) -> Run:
        """Press Sync Now and wait for the end."""
        db.session.commit()
        run = runs.request(self.book, kind, trigger="test", **options)
        run_id = run.id
        db.session.commit()
        engine.perform(run_id)
        db.session.expire_all()
        run = db.session.get_one(Run, run_id)
        db.session.refresh(run)
        db.session.commit()
        return run

    def there(self, object_: str, **fields: str) -> list[dict[str, str]]:
        """Records of the sandbox whose fields read so."""
        with self.core.lock:
            rows = [shown_record(self.core, object_, row) for row in self.core.books.store.rows(object_)]
        return [row for row in rows if all(row.get(name) == value for name, value in fields.items())]

    def alive(self, object_: str, **fields: str) -> list[dict[str, str]]:
        """Like `there`, without what was reversed or voided."""
        return [row for row in self.there(object_, **fields) if row.get("STATE") not in ("Reversed", "V")]

    def act(self, do: str, **order: Any) -> dict[str, Any]:
        """Have somebody do something inside Intacct."""
        return self.core.act(do=do, **order)

    def fault(self, when: Any, what: str, **more: Any) -> None:
        """Have the gateway misbehave."""
        self.core.faults.order([{"when": when, "what": what, **more}])

    def state(self, record: Invoice | Payment | CreditNote) -> str:
        """The record's sync state in one word."""
        kind = Kind(type(record).__tablename__)
        return str(sync_states.states(self.company, kind, [record.id])[record.id].state)

    def problems(self) -> list[Problem]:
        """The open problems of the book."""
        return list(db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)).order_by(Problem.id)))

    def postings(self) -> list[Posting]:
        """Every posting, oldest first."""
        return list(db.session.scalars(db.select(Posting).order_by(Posting.id)))

    def choose(self, **values: Any) -> None:
        """Change integration settings."""
        row = db.session.get_one(IntegrationSettings, self.company_id)
        row.values = {**row.values, **values}
        db.session.commit()


class MovedClock:
    """The portal's clock, moved by tests; leases and the database's own clock stay real."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        real = types.utcnow
        for module in (
            "portal.sync.settle",
            "portal.sync.sending",
            "portal.problems.ledger",
            "portal.sync.candidates",
            "portal.sync.read_changes",
            "portal.sync.links",
            "portal.sync.picture",
            "portal.sync.answers",
            "portal.sync.choices",
            "portal.sync.due",
            "portal.sync.runs",
        ):
            monkeypatch.setattr(f"{module}.utcnow", lambda: real() + self.ahead)  # fmt: skip

    def advance(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The portal's clock."""
    return MovedClock(monkeypatch)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A company with income and bank accounts chosen, connected to an empty-handed demo company of the sandbox."""
    monkeypatch.setattr(sending, "PAUSES_SECONDS", (0, 0, 0, 0))
    core = SandboxCore(clock=SandboxClock())
    adapter = ValidatingAdapter(CoreAdapter(core))
    app.extensions["portal_intacct_http"] = lambda: session(adapter)
    app.extensions["portal_settings"] = replace(
        app.extensions["portal_settings"], intacct_sender_password=sessions.SENDER_PASSWORD
    )
    company = make_company("Northfield Supply")
    plant_connection(company)
    made = World(app, core, company, adapter)
    db.session.commit()
    yield made
    core.close()


def row_of(world: World, kind: Kind, record_id: int) -> SyncRow:
    """The sync row of a record."""
    row = wanted.find_row(world.book.id, kind, record_id)
    assert row is not None
    return row


def only_problem(world: World, code: str) -> Problem:
    """The one open problem, which has to be this one."""
    found = world.problems()
    assert [problem.code for problem in found] == [code], [problem.text for problem in found]
    return found[0]
