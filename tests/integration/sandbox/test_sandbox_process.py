"""The `intacct-sandbox` command: what it says, how it stops, and what it keeps."""

from __future__ import annotations

import pytest
import requests
from click.testing import CliRunner

from intacct_sandbox.cli import main
from intacct_sandbox.replies import Reply
from tests.unit.sandbox.sandbox_client import Wire, envelope, equal, invoice, login, texts


def wire_to(process):
    def handle(body):
        reply = requests.post(process.ready["url"], data=body, timeout=10)
        return Reply(reply.status_code, reply.content, reply.headers["Content-Type"])

    return Wire(handle)


def test_ready_line_says_all_that_a_client_needs(start):
    process = start("--seed", "demo")
    ready = process.ready
    assert ready["ready"] is True
    assert ready["url"].startswith("http://127.0.0.1:")
    assert ready["url"].endswith("/ia/xml/xmlgw.phtml")
    assert ready["sender_id"] == "invoiced"
    body = envelope(
        "<getAPISession/>",
        auth=login(ready["user_id"], ready["user_password"], ready["company_id"]),
        sender=(ready["sender_id"], ready["sender_password"]),
    )
    assert b"<sessionid>" in requests.post(ready["url"], data=body, timeout=10).content
    wire = wire_to(process)
    assert wire.rows("GLACCOUNT", "ACCOUNTTYPE", equal("ACCOUNTNO", ready["gl_account"])) == [
        {"ACCOUNTTYPE": "incomestatement"}
    ]
    assert len(wire.rows("CHECKINGACCOUNT", "STATUS", equal("BANKACCOUNTID", ready["bank_account"]))) == 1
    assert process.stop() == 0


def test_everything_answered_survives_a_kill(start, tmp_path):
    state = str(tmp_path / "deep" / "state.db")
    process = start("--state", state)
    wire = wire_to(process)
    session = "<sessionid>{}</sessionid>".format(wire.do("<getAPISession/>").findtext("data/api/sessionid"))
    key = wire.key(invoice("K-1", "5"), ids=("REF-1",), uniqueid="true")
    requests.post(
        process.ready["url"].replace("/ia/xml/xmlgw.phtml", "/_control/switches"),
        json={"user_offset": "+02:00"},
        timeout=10,
    )
    fields = "RECORDNO RECORDID STATE TOTALDUE WHENCREATED AUWHENCREATED WHENMODIFIED"
    before = wire.rows("ARINVOICE", fields)
    process.kill()

    wire = wire_to(start("--state", state))
    assert wire.rows("ARINVOICE", fields) == before
    assert wire.do("<getFinancialSetup/>", auth=session) is not None
    (result,) = wire.results(invoice("K-2", "5"), ids=("REF-1",), uniqueid="true")
    assert "already used" in texts(result)[0]
    assert wire.key(invoice("K-3", "5")) > key


def test_two_sandboxes_run_side_by_side(start):
    first, second = start(), start("--seed", "empty")
    assert first.ready["url"] != second.ready["url"]
    assert wire_to(second).rows("CUSTOMER", "NAME") == []
    assert len(wire_to(first).rows("CUSTOMER", "NAME")) == 40


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "example.com"])
def test_only_loopback_is_served(host):
    result = CliRunner().invoke(main, ["--host", host])
    assert result.exit_code == 2
    assert "loopback" in result.output


def test_port_in_use_is_said_in_a_line(start):
    port = start().ready["url"].split(":")[2].split("/")[0]
    result = CliRunner().invoke(main, ["--port", port])
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in result.output
