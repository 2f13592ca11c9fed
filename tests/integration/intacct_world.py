"""A sandbox in this process in place of Intacct, for any test that needs a connected company.

core = make_core(app)                      # the portal's requests now end in `core`, each held to Sage's schema
connect_company(company, core)             # signs in, saves, chooses accounts, all through the services; commits
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask
from requests.adapters import BaseAdapter

from intacct_sandbox import sessions
from intacct_sandbox.clock import SandboxClock
from intacct_sandbox.company import COMPANY_ID
from intacct_sandbox.core import SandboxCore
from intacct_sandbox.switches import Switches
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection, IntegrationSettings
from portal.services import connection, gateways, intacct_lists, integration_settings, secrets
from portal.services.audit import Actor
from portal.services.connection import LoginData
from tests.sage_schema import CoreAdapter, ValidatingAdapter, session

ACTOR = Actor("test")
ACCOUNTS = {"income_account": "4000", "deposit_to": "bank:CHK-01"}
"""Of the sandbox's demo seed."""


def make_core(app: Flask, *, seed: str = "demo", **switches: Any) -> SandboxCore:
    """A sandbox that `app` reaches in place of Intacct. Whoever makes it closes it."""
    core = SandboxCore(seed=seed, clock=SandboxClock(), switches=Switches().with_changes(switches))
    if switches:
        core.switch(**switches)
    reach(app, ValidatingAdapter(CoreAdapter(core)))
    return core


def reach(app: Flask, adapter: BaseAdapter) -> None:
    """Have every request of `app` to Intacct go through `adapter`, with the sandbox's sender password."""
    app.extensions["portal_intacct_http"] = lambda: session(adapter)
    own = app.extensions["portal_settings"]
    app.extensions["portal_settings"] = replace(own, intacct_sender_password=sessions.SENDER_PASSWORD)


def login(**changes: str) -> LoginData:
    """The sandbox's own sign-in, with `changes`."""
    given = {"company_id": COMPANY_ID, "user_id": sessions.USER_ID, "password": sessions.USER_PASSWORD}
    return LoginData(**(given | changes))


def connect_company(company: Company, core: SandboxCore, *, entity_id: str = "", **chosen: Any) -> Connection:
    """Connect `company` to the sandbox and choose the accounts (and `chosen`), as a person would. Commits."""
    del core  # it must exist; requests find their way to it by themselves
    data = login(entity_id=entity_id)
    db.session.commit()
    checked = connection.check(data)
    connection.save(company, data, checked, actor=ACTOR)
    refresh_lists(company)
    integration_settings.change(company, ACCOUNTS | chosen, actor=ACTOR)
    db.session.commit()
    return connection.get(company)[0]


def plant_connection(company: Company) -> None:
    """Connect `company` to the sandbox, accounts chosen, by rows alone: no request is sent. Commits."""
    book = Book(company_id=company.id, intacct_company_id=COMPANY_ID, entity="", active=True)
    db.session.add(book)
    db.session.flush()
    db.session.add(
        Connection(
            company_id=company.id, book_id=book.id, intacct_user_id=sessions.USER_ID,
            password_encrypted=secrets.encrypt(sessions.USER_PASSWORD), base_currency="USD",
        )
    )  # fmt: skip
    db.session.add(IntegrationSettings(company_id=company.id, values=dict(ACCOUNTS)))
    db.session.commit()


def refresh_lists(company: Company) -> None:
    """Read the lists of accounts and dimensions. Commits."""
    found, book = connection.get(company)
    line = gateways.line(found, book.intacct_company_id, book.entity)
    db.session.commit()
    fetched = intacct_lists.fetch(line)
    intacct_lists.store(connection.get(company)[0], fetched)
    db.session.commit()
