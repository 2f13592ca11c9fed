"""Trying a sign-in: what stops it names its field and what to do; everything else is only a right."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.core import SandboxCore
from portal.errors import InvalidInput, PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.queries.connections import find_connection
from portal.services import connection
from portal.services.connection_rights import RightState
from tests.integration.intacct_world import connect_company, login, reach
from tests.sage_schema import CoreAdapter


@pytest.fixture
def backend() -> str:
    """SQLite only: nothing here turns on which database it is."""
    return "sqlite"


def refusal(**typed: str) -> PortalError:
    """What checking the sandbox's sign-in with these changes raises."""
    data = login(**typed)
    with pytest.raises(PortalError) as refused:
        connection.check(data)
    error = refused.value
    assert "Nothing was saved" in error.message or error.code in ("missing", "invalid", "too_long")
    assert not data.password or data.password not in repr(data)
    return error


def set_sender(app: Flask, **changes: str) -> None:
    """Change this install's own sender."""
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], **changes)


@pytest.mark.parametrize("as_401", [False, True])
@pytest.mark.parametrize(
    "typed", [{"password": "not-the-password"}, {"user_id": "nobody"}, {"company_id": "NO-SUCH-COMPANY"}]
)
def test_a_wrong_sign_in_is_named_with_the_401_that_intacct_means(
    core: SandboxCore, typed: dict[str, str], as_401: bool
) -> None:
    core.switch(bad_login_401=as_401)
    error = refusal(**typed)
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field) == ("credentials", "password")
    assert "company ID, username or password (401)" in error.message


def test_an_unauthorised_sender_is_named_with_where_to_add_it(core: SandboxCore) -> None:
    core.switch(authorised_senders=[])
    error = refusal()
    assert (error.code, error.field) == ("sender_not_authorised", "company_id")
    assert "Web Services authorizations, add invoiced" in error.message


def test_a_wrong_sender_password_is_the_operators_matter(app: Flask, core: SandboxCore) -> None:
    set_sender(app, intacct_sender_password="wrong-sender-password")
    error = refusal()
    assert (error.code, error.field) == ("sender", "")
    assert "INTACCT_SENDER_PASSWORD" in error.message
    assert "wrong-sender-password" not in error.message


def test_an_unknown_entity_is_named_at_its_field(core: SandboxCore) -> None:
    error = refusal(entity_id="999")
    assert (error.code, error.field) == ("entity_not_allowed", "entity_id")
    assert "“999”" in error.message


def test_an_entity_that_the_user_may_not_enter_is_named_at_its_field(core: SandboxCore) -> None:
    error = refusal(user_id="xml_west", password=sessions.PASSWORDS["xml_west"], entity_id="100-US")
    assert (error.code, error.field) == ("entity_not_allowed", "entity_id")


def test_a_known_entity_is_entered(core: SandboxCore) -> None:
    assert connection.check(login(entity_id="100-US")).session.entity_id == "100-US"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"what": "429"}, "throttled"),
        ({"what": "rate_limit_text", "level": "control"}, "throttled"),
        ({"what": "500"}, "intacct"),
        ({"what": "503_html"}, "bad_reply"),
        ({"what": "524_late"}, "bad_reply"),
        ({"what": "maintenance"}, "maintenance"),
        ({"what": "dropped_before"}, "no_reply"),
        ({"what": "slow", "seconds": 31}, "no_reply"),
        ({"what": "truncated"}, "bad_reply"),
    ],
)
def test_an_intacct_that_does_not_answer_is_told_in_words(core: SandboxCore, fault: dict[str, Any], code: str) -> None:
    core.faults.order([{"when": "getAPISession", "times": 0, **fault}])
    error = refusal()
    assert (error.code, error.field) == (code, "")
    assert not isinstance(error, InvalidInput)
    assert core.requests["all"] == 1


def test_a_gateway_that_nobody_listens_at_is_unreachable(app: Flask) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    set_sender(app, intacct_url=f"http://127.0.0.1:{port}/ia/xml/xmlgw.phtml", intacct_sender_password="x")
    error = refusal()
    assert (error.code, error.field) == ("unreachable", "")
    assert f"127.0.0.1:{port}" in error.message


@pytest.mark.parametrize("object_", ["CUSTOMER", "ARINVOICE", "ARPYMT", "ARPYMTDETAIL"])
def test_a_user_who_may_not_read_receivables_is_refused(core: SandboxCore, object_: str) -> None:
    core.switch(denied=[f"READ {object_}"])
    error = refusal()
    assert (error.code, error.field) == ("permission_missing", "user_id")
    assert "Accounts Receivable" in error.message


def test_nothing_is_saved_when_the_check_fails(company: Company, core: SandboxCore) -> None:
    db.session.commit()
    refusal(password="not-the-password")
    assert find_connection(company) is None


@pytest.mark.parametrize(
    ("denied", "right"),
    [
        ("READ GLACCOUNT", "gl_accounts"),
        ("READ CHECKINGACCOUNT", "bank_accounts"),
        ("READ LOCATION", "locations"),
        ("READ DEPARTMENT", "departments"),
        ("CREATE CUSTOMER", "write_customers"),
        ("UPDATE ARINVOICE", "write_invoices"),
        ("CREATE ARPYMT", "write_payments"),
    ],
)
def test_every_other_refusal_is_only_a_right(core: SandboxCore, denied: str, right: str) -> None:
    core.switch(denied=[denied])
    rights = connection.check(login()).rights
    assert {key for key, state in rights.items() if state == RightState.REFUSED} == {right}


def test_without_the_permission_list_reads_are_proved_and_writes_stay_open(core: SandboxCore) -> None:
    core.switch(refused_functions=["getUserPermissions"])
    rights = connection.check(login()).rights
    unknown = {key for key, state in rights.items() if state == RightState.UNKNOWN}
    assert unknown == {"write_customers", "write_invoices", "write_payments"}
    assert RightState.REFUSED not in rights.values()


def test_a_gateway_that_only_reads_and_writes_records_is_enough(core: SandboxCore) -> None:
    core.switch(refused_functions=["getUserPermissions", "getFinancialSetup", "readUserFormatting", "inspect"])
    checked = connection.check(login())
    assert (checked.base_currency, checked.multi_currency, checked.time_offset) == ("", False, "+00:00")
    assert checked.rights["read_invoices"] == RightState.GRANTED


def test_a_function_that_the_gateway_takes_for_malformed_costs_only_itself(core: SandboxCore) -> None:
    core.faults.order([{"when": "getUserPermissions", "what": "schema_error", "times": 0}])
    checked = connection.check(login())
    assert checked.base_currency == "USD"
    assert checked.rights["write_invoices"] == RightState.UNKNOWN


@pytest.mark.parametrize("what", ["slow", "503_html", "429", "dropped_before"])
def test_a_check_that_cannot_be_finished_does_not_stop_the_connection(core: SandboxCore, what: str) -> None:
    core.faults.order([{"when": "query", "what": what, "times": 0, "seconds": 31}])
    rights = connection.check(login()).rights
    assert rights["read_invoices"] == RightState.GRANTED  # the permission list says so
    core.faults.order([])
    core.faults.order([{"when": "any", "skip": 1, "what": what, "times": 0, "seconds": 31}])
    assert set(connection.check(login()).rights.values()) == {RightState.UNKNOWN}


def test_currency_and_clock_are_read(core: SandboxCore) -> None:
    core.switch(multi_currency=True, user_offset="-07:00")
    checked = connection.check(login())
    assert (checked.base_currency, checked.multi_currency, checked.time_offset) == ("USD", True, "-07:00")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"company_id": ""}, "company_id"),
        ({"user_id": " "}, "user_id"),
        ({"password": ""}, "password"),
        ({"entity_id": "a\x00b"}, "entity_id"),
        ({"company_id": "x" * 101}, "company_id"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_intacct_is_asked(
    core: SandboxCore, typed: dict[str, str], field: str
) -> None:
    assert refusal(**typed).field == field
    assert core.requests["all"] == 0


def test_everything_that_is_missing_is_named_at_once(core: SandboxCore) -> None:
    with pytest.raises(InvalidInput) as refused:
        connection.check(login(company_id="", password=""))
    assert [fault.field for fault in refused.value.all] == ["company_id", "password"]


def test_no_network_is_touched_inside_a_transaction(app: Flask, company: Company, core: SandboxCore) -> None:
    class Watching(CoreAdapter):
        open_transactions = 0
        calls = 0

        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            Watching.calls += 1
            Watching.open_transactions += db.session().in_transaction()
            return super().send(request, *args, **kwargs)

    reach(app, Watching(core))
    connect_company(company, core)
    assert Watching.calls > 3
    assert Watching.open_transactions == 0


def test_the_password_is_in_no_message_whatever_intacct_echoes(
    core: SandboxCore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "canary-8f3a-password"
    core.faults.order(
        [{"when": "getAPISession", "what": "function_error", "text": f"Bad value {secret} given", "times": 0}]
    )
    monkeypatch.setitem(sessions.PASSWORDS, sessions.USER_ID, secret)
    caplog.set_level("DEBUG")
    error = refusal(password=secret)
    chain: list[Callable[[], str] | str] = [error.message, repr(error), str(error.__cause__), str(error.__context__)]
    assert not any(secret in str(text) for text in chain)
    assert secret not in caplog.text
