"""A portal in which there is one of everything, built once and copied for each test, and a way to walk all of it."""

from __future__ import annotations

import contextvars
import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from intacct_sandbox import sessions
from intacct_sandbox.core import SandboxCore
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from portal.imports import asking
from portal.imports.steps import STEPS
from portal.models.audit import AuditEntry
from portal.models.company import Company, Role
from portal.models.customer import Customer
from portal.models.invoice_pdf import InvoicePdf
from portal.models.run import Run, RunKind
from portal.models.sync import Problem
from portal.services import api_keys, invitations, wanted
from portal.sync import engine, previews, runs
from tests.factories import (
    ACTOR,
    PASSWORD,
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_payment,
    make_settings,
    make_user,
)
from tests.integration.intacct_world import connect_company, make_core
from tests.integration.web.conftest import Browser

COMPANY = "Northfield Supply"
TOKEN = "a-token-that-opens-nothing"


@dataclass
class Things:
    """The ids of what a company has, by the names that routes give them."""

    company_id: int = 0
    api_key: str = field(default="", repr=False)
    ids: dict[str, Any] = field(default_factory=dict)
    import_id: int = 0
    preview_id: int = 0


def settings_for(path: Path, **changes: Any) -> Settings:
    """Settings of a portal on that file."""
    given = {"portal_url": "http://localhost", "intacct_sender_password": sessions.SENDER_PASSWORD} | changes
    return make_settings(f"sqlite:///{path}", **given)


def furnish(app: Flask, name: str = COMPANY) -> Things:
    """A company with one of everything, connected to a sandbox and synced with a problem left over. Commits."""
    company = make_company(name)
    things = Things(company.id)
    for role in Role:
        make_user(company, role, email=f"{role}@{company.slug}.example")
    db.session.commit()
    core = make_core(app)
    connect_company(company, core, invoice_document_types=["Sales Invoice"])
    try:
        _fill(company, things)
        _run_all(company, things, core)
        _people(company, things)
    finally:
        core.close()
    return things


def _fill(company: Company, things: Things) -> None:
    customer = make_customer(company, f"Customer of {company.name}", number="C-1", email="ap@harborlane.example")
    invoice = make_invoice("300.00", customer=customer, number="INV-1")
    make_invoice("80.00", customer=customer, number="INV-2", draft=True)
    payment = make_payment("150.00", on={invoice: "100.00"}, number="PMT-1")
    note = make_credit_note("60.00", customer=customer, on={invoice: "20.00"})
    db.session.add(InvoicePdf(company_id=company.id, invoice_id=invoice.id, content=b"%PDF-1.4 a print", modified=""))
    things.ids |= {"customer_id": customer.id, "invoice_id": invoice.id, "payment_id": payment.id,
                   "credit_note_id": note.id, "record_id": invoice.id, "kind": "invoice"}  # fmt: skip
    db.session.commit()


def _run_all(company: Company, things: Things, core: SandboxCore) -> None:
    _perform(company, RunKind.SYNC)
    core.act(do="create_invoice", customerid="C-1", invoiceno="TAKEN-1", amount="7", date="03/01/2026")
    make_invoice("120.00", customer=db.session.get_one(Customer, things.ids["customer_id"]), number="TAKEN-1")
    things.ids["run_id"] = _perform(company, RunKind.SYNC)
    things.preview_id = _perform(company, RunKind.PREVIEW, subject=previews.subject())
    _perform(company, RunKind.TIE_OUT)
    book = wanted.active_book(company.id)
    assert book is not None
    run = asking.ask(book, RunKind.IMPORT_CUSTOMERS, {}, trigger="test")
    things.import_id = run.id
    db.session.commit()
    engine.perform(things.import_id, STEPS)
    problem = db.session.scalars(db.select(Problem).where(Problem.book_id == book.id)).one()
    things.ids |= {"problem_id": problem.id, "slug": problem.guide}


def _perform(company: Company, kind: RunKind, **options: Any) -> int:
    book = wanted.active_book(company.id)
    assert book is not None
    run = runs.request(book, kind, trigger="test", **options)
    run_id = run.id
    db.session.commit()
    engine.perform(run_id, STEPS)
    db.session.expire_all()
    assert db.session.get_one(Run, run_id).state.startswith("finished"), db.session.get_one(Run, run_id).error
    db.session.commit()
    return run_id


def _people(company: Company, things: Things) -> None:
    key = api_keys.create(company, "Billing system", actor=ACTOR)
    invitation = invitations.invite(company, f"new@{company.slug}.example", Role.VIEWER, actor=ACTOR)
    member = make_user(company, Role.VIEWER, email=f"second@{company.slug}.example").memberships[0]
    about = (AuditEntry.company_id == company.id) & (AuditEntry.subject == "invoice")
    event = db.session.scalars(db.select(AuditEntry.id).where(about)).first()
    things.api_key = key.text
    things.ids |= {"key_id": key.row.id, "invitation_id": invitation.id, "member_id": member.id,
                   "event_id": event, "token": TOKEN, "colour": "1a2b3c", "filename": "portal.css"}  # fmt: skip
    db.session.commit()


def copy(source: Path, target: Path) -> Path:
    """The database with what its log still holds."""
    with sqlite3.connect(source) as from_, sqlite3.connect(target) as to:
        from_.backup(to)
    return target


@dataclass
class House:
    """A portal with its things, and somebody to walk through it."""

    app: Flask
    things: Things

    @property
    def company(self) -> Company:
        return db.session.get_one(Company, self.things.company_id)

    def rules(self, method: str = "GET") -> list[Rule]:
        """The routes of pages that take this method, but for files."""
        found = [rule for rule in self.app.url_map.iter_rules() if method in (rule.methods or ())]
        return [rule for rule in found if not rule.endpoint.endswith("static") and not rule.rule.startswith("/api/")]

    def api_rules(self) -> list[tuple[str, Rule]]:
        """The calls of the API with their methods."""
        found = [rule for rule in self.app.url_map.iter_rules() if rule.rule.startswith("/api/")]
        return [(min((rule.methods or set()) - {"HEAD", "OPTIONS"}), rule) for rule in found]

    def path(self, rule: Rule, **ids: Any) -> str:
        """The address of a route, with the ids of the things that are there."""
        values = self.things.ids | ids
        if rule.endpoint.startswith("imports.") or "/imports/" in rule.rule:
            values["run_id"] = ids.get("run_id", self.things.import_id)
        if "preview.csv" in rule.rule or "as-shown" in rule.rule:
            values["run_id"] = ids.get("run_id", self.things.preview_id)
        return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: str(values[found[1]]), rule.rule)

    def browser(self, role: Role = Role.ADMIN) -> Browser:
        """Somebody signed in."""
        slug = self.company.slug
        browser = Browser(self.app.test_client())
        assert browser.sign_in(f"{role}@{slug}.example", PASSWORD).status_code == 303
        return browser

    def call(self, method: str, path: str, key: str | None = None, **options: Any) -> TestResponse:
        """A call of the API with a key (default: the company's)."""
        given = self.things.api_key if key is None else key
        return alone(self.app.test_client(), method, path, auth=(given, ""), **options)


def alone(client: FlaskClient, method: str, path: str, **options: Any) -> TestResponse:
    """A request in a context of its own, as a server would make it."""
    db.session.commit()
    return contextvars.Context().run(client.open, path, method=method, buffered=True, **options)


def open_house(path: Path, things: Things, compiled: BytecodeCache, **changes: Any) -> House:
    """The portal on a furnished database. Whoever opens it is inside an application context."""
    app = create_app(settings_for(path, **changes))
    app.jinja_env.bytecode_cache = compiled
    app.config["PROPAGATE_EXCEPTIONS"] = False  # failures are answered as in production
    return House(app, things)
