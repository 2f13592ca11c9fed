"""`portal intacct` and `portal settings`: what they print, and the status that scripts branch on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from intacct_sandbox.core import SandboxCore
from portal.cli.main import cli
from portal.extensions import db
from portal.models.company import Company
from portal.queries.connections import find_connection
from portal.services import integration_settings
from portal.services.integration_values import SETTINGS
from tests.integration.intacct_world import connect_company

Said = tuple[int, dict[str, Any]]


@pytest.fixture
def backend() -> str:
    """SQLite only: nothing here turns on which database it is."""
    return "sqlite"


class Terminal:
    """Runs commands with --json."""

    def __init__(self, app: Flask) -> None:
        self.app, self.output = app, ""

    def __call__(self, *args: str, stdin: str = "") -> Said:
        """(exit status, the JSON object of the last line)"""
        db.session.commit()
        result = CliRunner().invoke(cli, [*args, "--json"], obj=self.app, input=stdin)
        db.session.expire_all()
        self.output = result.output
        assert result.stdout.strip(), result.output
        return result.exit_code, json.loads(result.stdout.strip().splitlines()[-1])


@pytest.fixture
def portal(app: Flask) -> Terminal:
    """The command line."""
    return Terminal(app)


@pytest.fixture
def slug(company: Company) -> str:
    """The company's slug."""
    return company.slug


def connect(portal: Terminal, slug: str, *more: str, password: str = sessions.USER_PASSWORD) -> Said:
    """`portal intacct connect` to the sandbox."""
    given = ("--intacct-company", COMPANY_ID, "--user-id", sessions.USER_ID)
    return portal("intacct", "connect", "--company", slug, *given, *more, stdin=password + "\n")


def test_connecting_prints_the_connection_its_rights_and_what_is_missing(
    portal: Terminal, slug: str, core: SandboxCore
) -> None:
    status, said = connect(portal, slug)
    assert status == 0
    assert (said["connected"], said["intacct_company_id"], said["user_id"]) == (True, COMPANY_ID, sessions.USER_ID)
    assert (said["base_currency"], said["entity_id"]) == ("usd", "")
    assert {right["state"] for right in said["rights"]} == {"granted"}
    assert [item["key"] for item in said["missing"]] == ["income_account", "deposit_to"]
    assert sessions.USER_PASSWORD not in portal.output


def test_connecting_twice_is_harmless(portal: Terminal, slug: str, core: SandboxCore) -> None:
    first = connect(portal, slug)[1]
    status, second = connect(portal, slug)
    assert status == 0
    assert {**second, "checked_at": first["checked_at"]} == first


@pytest.mark.parametrize(
    ("more", "password", "code", "field"),
    [
        ((), "wrong", "credentials", "password"),
        ((), "", "missing", "password"),
        (("--entity", "999"), sessions.USER_PASSWORD, "entity_not_allowed", "entity_id"),
    ],
)
def test_a_bad_sign_in_is_misuse_that_names_its_field_and_saves_nothing(
    portal: Terminal, company: Company, core: SandboxCore, more: tuple[str, ...], password: str, code: str, field: str
) -> None:
    status, said = connect(portal, company.slug, *more, password=password)
    assert status == 3
    assert (said["error"]["code"], said["error"]["field"]) == (code, field)
    assert find_connection(company) is None


def test_an_intacct_that_is_down_is_a_failure(portal: Terminal, company: Company, core: SandboxCore) -> None:
    core.faults.order([{"when": "any", "what": "502_html", "times": 0}])
    status, said = connect(portal, company.slug)
    assert (status, said["error"]["code"]) == (2, "bad_reply")
    assert find_connection(company) is None


def test_lists_that_cannot_be_read_do_not_undo_the_connection(portal: Terminal, slug: str, core: SandboxCore) -> None:
    core.faults.order(
        [{"when": {"function": "query", "object": "GLACCOUNT"}, "what": "503_html", "times": 0, "skip": 1}]
    )
    status, said = connect(portal, slug)
    assert (status, said["connected"]) == (0, True)
    assert "lists of accounts could not be read" in portal.output


def test_checking_uses_what_is_stored_and_keeps_the_rights(
    portal: Terminal, company: Company, core: SandboxCore
) -> None:
    connect_company(company, core)
    core.switch(denied=["READ LOCATION"])
    status, said = portal("intacct", "check", "--company", company.slug)
    assert status == 0
    assert [right["key"] for right in said["rights"] if right["state"] == "refused"] == ["locations"]
    assert find_connection(company).rights["locations"] == "refused"


def test_a_check_that_fails_is_a_failure_and_no_misuse(
    portal: Terminal, company: Company, core: SandboxCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_company(company, core)
    monkeypatch.setitem(sessions.PASSWORDS, sessions.USER_ID, "changed-in-intacct")
    status, said = portal("intacct", "check", "--company", company.slug)
    assert (status, said["error"]["code"]) == (2, "credentials")


def test_a_company_that_never_connected_is_told_to(portal: Terminal, slug: str, core: SandboxCore) -> None:
    status, said = portal("intacct", "check", "--company", slug)
    assert (status, said["error"]["code"]) == (2, "not_connected")


def test_disconnecting_prints_that_it_is_not_connected(portal: Terminal, company: Company, core: SandboxCore) -> None:
    connect_company(company, core)
    status, said = portal("intacct", "disconnect", "--company", company.slug)
    assert (status, said["connected"]) == (0, False)
    assert portal("intacct", "disconnect", "--company", company.slug)[0] == 0


def test_settings_are_shown_by_key(portal: Terminal, slug: str) -> None:
    status, said = portal("settings", "show", "--company", slug)
    assert status == 0
    assert set(SETTINGS) <= said.keys()
    assert (said["auto_sync"], said["write_invoices"], said["sync_from"]) == (False, True, None)


def test_settings_take_text_and_json(portal: Terminal, company: Company, core: SandboxCore) -> None:
    connect_company(company, core)
    status, said = portal(
        "settings", "set", "--company", company.slug, "auto_sync:=true", "income_account=4010", "location_id:=110",
        "sync_from=2026-01-31", "deposit_to=undeposited:1090",
    )  # fmt: skip
    assert status == 0
    assert (said["auto_sync"], said["income_account"], said["location_id"]) == (True, "4010", "110")
    assert (said["sync_from"], said["deposit_to"], said["missing"]) == ("2026-01-31", "undeposited:1090", [])


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        (("income_account=4010", "colour=red"), "colour"),
        (("income_account=4010", "auto_sync=perhaps"), "auto_sync"),
        (("income_account=4010", "auto_sync:=tru"), "auto_sync"),
        (("income_account=4010", "deposit_to=bank:NOPE"), "deposit_to"),
        (("income_account=4010", "income_account=4020"), "income_account"),
        (("income_account=4010", "location_id"), "location_id"),
        (("income_account=1000",), "income_account"),
        (("income_account=4010", "customer_source=vendor"), "customer_source"),
        (("income_account=4010", "payment_rules=bank:CHK-01"), "payment_rules"),
        (("income_account=4010", 'payment_rules:=[{"method": "check"}]'), "payment_rules.0.deposit_to"),
        (("income_account=4010", 'custom_fields:=[{"object": "VENDOR"}]'), "custom_fields.0.object"),
    ],
)
def test_one_bad_key_or_value_changes_nothing(
    portal: Terminal, company: Company, core: SandboxCore, pairs: tuple[str, ...], field: str
) -> None:
    connect_company(company, core)
    before = integration_settings.load(company.id)
    status, said = portal("settings", "set", "--company", company.slug, *pairs)
    assert (status, said["error"]["field"]) == (3, field)
    assert integration_settings.load(company.id) == before


def test_lists_are_given_as_json_and_printed_as_such(portal: Terminal, company: Company, core: SandboxCore) -> None:
    connect_company(company, core)
    rules = [{"method": "check", "currency": "usd", "deposit_to": "bank:CHK-02"}]
    status, said = portal(
        "settings", "set", "--company", company.slug, f"payment_rules:={json.dumps(rules)}",
        'invoice_document_types:=["Sales Invoice"]', "customer_source=bill_to_contact",
        'custom_fields:=[{"object": "CUSTOMER", "field": "REGION", "metadata_key": "region"}]',
    )  # fmt: skip
    assert status == 0
    assert said["payment_rules"] == [{**rules[0], "currency": "USD"}]
    assert (said["invoice_document_types"], said["customer_source"]) == (["Sales Invoice"], "bill_to_contact")
    assert said["custom_fields"] == [{"object": "CUSTOMER", "field": "REGION", "metadata_key": "region"}]


def test_setting_nothing_is_misuse(portal: Terminal, slug: str) -> None:
    assert portal("settings", "set", "--company", slug)[0] == 3


def test_what_was_added_in_intacct_since_can_be_chosen_at_once(
    portal: Terminal, company: Company, core: SandboxCore
) -> None:
    connect_company(company, core)
    with core.lock:
        row = core.books.store.one("GLACCOUNT", "ACCOUNTNO", "6300")
        core.books.modify("GLACCOUNT", row["RECORDNO"], ACCOUNTNO="4711")
    status, said = portal("settings", "set", "--company", company.slug, "income_account=4711")
    assert (status, said["income_account"]) == (0, "4711")


def test_an_unknown_company_is_named(portal: Terminal, app: Flask) -> None:
    status, said = portal("settings", "show", "--company", "nobody")
    assert (status, said["error"]["code"]) == (2, "not_found")
