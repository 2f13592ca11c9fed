"""Requests and replies as such: levels of failure, element order, sessions, transactions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from intacct_sandbox import sessions
from tests.unit.sandbox.sandbox_client import day, envelope, equal, invoice, login, query, read_by_query, texts


def session_of(wire, **options):
    result = wire.do("<getAPISession/>", **options)
    return f"<sessionid>{result.findtext('data/api/sessionid')}</sessionid>"


def names(node):
    return [child.tag for child in node]


def test_session_opens_with_the_endpoint_of_the_sandbox(core, wire):
    root = wire.send("<getAPISession><locationid>100-US</locationid></getAPISession>", ids=("open-1",))
    (result,) = root.findall("operation/result")
    assert names(result) == ["status", "function", "controlid", "data"]
    assert (result.findtext("function"), result.findtext("controlid")) == ("getAPISession", "open-1")
    api = result.find("data/api")
    assert names(api) == ["sessionid", "endpoint", "locationid"]
    assert api.findtext("endpoint") == core.endpoint
    assert api.findtext("locationid") == "100-US"
    assert result.find("data").attrib == {}


def test_success_echoes_the_control_block_and_stamps_the_session(wire):
    root = wire.send("<getAPISession/>", uniqueid="False")
    assert names(root) == ["control", "operation"]
    control = root.find("control")
    assert names(control) == ["status", "senderid", "controlid", "uniqueid", "dtdversion"]
    assert [child.text for child in control] == ["success", "invoiced", "c-1", "False", "3.0"]
    authentication = root.find("operation/authentication")
    assert names(authentication) == [
        "status",
        "userid",
        "companyid",
        "locationid",
        "sessiontimestamp",
        "sessiontimeout",
    ]
    assert authentication.findtext("sessiontimestamp") == "2026-01-14T09:05:11+00:00"
    assert authentication.findtext("sessiontimeout") == "2026-01-14T21:05:11+00:00"
    assert authentication.find("locationid").text is None


def test_reply_is_xml_with_intaccts_content_type(core):
    reply = core.handle(envelope("<getAPISession/>"))
    assert (reply.status, reply.content_type) == (200, 'text/xml; encoding="UTF-8"')
    assert reply.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')


def test_whitespace_is_a_choice_of_the_request(core):
    assert b"\n  <control>" in core.handle(envelope("<getAPISession/>", whitespace="true")).body
    assert b"\n  <control>" not in core.handle(envelope("<getAPISession/>", whitespace="false")).body


@pytest.mark.parametrize("sender", [("invoiced", "wrong"), ("nobody", sessions.SENDER_PASSWORD)])
def test_wrong_sender_is_a_control_failure_without_operation(wire, sender):
    root = wire.send("<getAPISession/>", sender=sender)
    assert names(root) == ["control", "errormessage"]
    assert root.findtext("control/status") == "failure"
    (error,) = root.findall("errormessage/error")
    assert names(error) == ["errorno", "description", "description2", "correction"]
    assert error.findtext("errorno") == "XL03000006"
    assert error.findtext("description2") == "Incorrect Intacct XML Partner ID or password."


@pytest.mark.parametrize("auth", [login(password="no"), login(user="nobody"), login(company="ELSEWHERE")])
def test_wrong_login_is_an_authentication_failure_inside_the_operation(wire, auth):
    root = wire.send("<getAPISession/>", auth=auth)
    assert root.findtext("control/status") == "success"
    operation = root.find("operation")
    assert names(operation) == ["authentication", "errormessage"]
    assert names(operation.find("authentication")) == ["status", "userid", "companyid"]
    assert operation.findtext("authentication/status") == "failure"
    assert texts(operation) == ["Sign-in information is incorrect"]


def test_wrong_login_in_the_edge_form_is_a_401(core):
    core.switch(bad_login_401=True)
    reply = core.handle(envelope("<getAPISession/>", auth=login(password="no")))
    root = etree.fromstring(reply.body)
    assert reply.status == 401
    assert root.findtext("errormessage/error/errorno") == "XMLGW_JPP0002"
    assert names(root.find("control")) == ["status"]


def test_sender_that_the_company_has_not_let_in_is_named(core, wire):
    core.switch(authorised_senders=[])
    root = wire.send("<getAPISession/>")
    (text,) = texts(root.find("operation"))
    assert "The sender ID 'invoiced' is not authorized" in text
    assert "company ID 'LANTERN-DEMO'" in text


@pytest.mark.parametrize("auth", [login(entity="900"), login("xml_west", "west-user-password", entity="100-US")])
def test_entity_unknown_or_not_the_users_is_refused_at_sign_in(wire, auth):
    (text,) = texts(wire.send("<getAPISession/>", auth=auth).find("operation"))
    assert "locationId" in text
    assert "invalid" in text


def test_session_slides_with_use_and_dies_unused(core, wire):
    session = session_of(wire)
    core.clock.advance(11 * 3600)
    wire.do("<getFinancialSetup/>", auth=session)
    core.clock.advance(11 * 3600)
    wire.do("<getFinancialSetup/>", auth=session)
    core.clock.advance(12 * 3600)
    operation = wire.send("<getFinancialSetup/>", auth=session).find("operation")
    assert operation.findtext("authentication/status") == "failure"
    assert [node.text for node in operation.findall("authentication/*")[1:]] == [None, None]
    assert texts(operation)[0].startswith("Invalid session")


def test_session_keeps_its_entity_until_an_empty_one_is_asked_for(wire):
    session = session_of(wire, auth=login(entity="100-US"))
    assert wire.send("<getAPISession/>", auth=session).findtext(".//api/locationid") == "100-US"
    top = wire.send("<getAPISession><locationid/></getAPISession>", auth=session)
    assert top.find(".//api/locationid").text is None


def test_opening_a_session_does_not_mix_with_other_functions(wire):
    first, second = wire.results("<getAPISession/>", query("ARTERM", "NAME"))
    assert (first.findtext("status"), second.findtext("status")) == ("failure", "success")


def test_results_come_in_the_order_of_the_functions(wire):
    found = wire.results(query("ARTERM", "NAME"), invoice("A", "x"), query("ARTERM", "NAME"), ids=("b", "a", "c"))
    assert [result.findtext("controlid") for result in found] == ["b", "a", "c"]
    assert [result.findtext("status") for result in found] == ["success", "failure", "success"]


@pytest.mark.parametrize(
    "body",
    [
        b"<request><control>",
        b"",
        b"not xml",
        b"<response/>",
        envelope("<query></qury>"),
        b'<!DOCTYPE r [<!ENTITY x "y">]>' + envelope("<getAPISession/>", auth=login(user="&x;")).split(b"?>", 1)[1],
    ],
)
def test_what_is_not_a_request_is_refused_as_a_whole(core, body):
    root = etree.fromstring(core.handle(body).body)
    assert root.findtext("control/status") == "failure"
    assert root.find("operation") is None
    assert root.findtext("errormessage/error/errorno") == "XL03000003"


@pytest.mark.parametrize(
    "body",
    [
        invoice("S-1", "5").replace("<customerid>CLT-1001</customerid>", ""),
        invoice("S-1"),
        invoice("S-1", "5").replace("<invoiceno>", "<colour>red</colour><invoiceno>"),
        "<reverse_invoice><datereversed/></reverse_invoice>",
        "<create/>",
        "<readByQuery><object>CUSTOMER</object></readByQuery>",
        "<query><object>CUSTOMER</object></query>",
        query("CUSTOMER", "NAME", size=2001),
        query("CUSTOMER", "NAME", "<near><field>NAME</field><value>x</value></near>"),
    ],
)
def test_schema_fault_in_one_function_refuses_the_whole_request(core, body):
    root = etree.fromstring(core.handle(envelope(invoice("GOOD-1", "5"), body)).body)
    assert root.findtext("errormessage/error/errorno") == "XL03000003"
    assert root.find("operation") is None
    assert core.books.store.one("ARINVOICE", "RECORDID", "GOOD-1") is None


def test_element_order_matters_only_in_strict_mode(core):
    turned = (
        invoice("S-2", "5")
        .replace("<invoiceno>S-2</invoiceno>", "")
        .replace("<invoiceitems>", "<invoiceno>S-2</invoiceno><invoiceitems>")
    )
    turned = turned.replace("<customerid>CLT-1001</customerid>", "").replace(
        "</create_invoice>", "<customerid>CLT-1001</customerid></create_invoice>"
    )
    assert etree.fromstring(core.handle(envelope(turned)).body).findtext(".//result/status") == "success"
    core.switch(strict_order=True)
    root = etree.fromstring(core.handle(envelope(turned.replace("S-2", "S-3"))).body)
    assert root.findtext("errormessage/error/errorno") == "XL03000003"


def test_empty_elements_of_the_official_clients_count_as_not_given(core):
    sent = invoice("S-4", "5").replace(
        "<invoiceno>", "<termname/><action/><batchkey/><onhold>false</onhold><invoiceno>"
    )
    assert etree.fromstring(core.handle(envelope(sent)).body).findtext(".//result/status") == "success"


@pytest.mark.parametrize("body", ["<get_araging/>", "<readReport><report>x</report></readReport>", "<dance/>"])
def test_function_that_is_not_here_fails_alone(core, body):
    first, second = etree.fromstring(core.handle(envelope(body, "<getFinancialSetup/>")).body).findall(
        "operation/result"
    )
    assert first.findtext("status") == "failure"
    assert "not available" in texts(first)[0]
    assert second.findtext("status") == "success"


def test_object_without_a_writer_fails_at_the_function(wire):
    assert "not available" in wire.refused("<create><ARINVOICE><CUSTOMERID>x</CUSTOMERID></ARINVOICE></create>")[0]
    assert wire.refused("<delete><object>NOSUCH</object><keys>1</keys></delete>") == [
        "Object definition NOSUCH not found"
    ]


def test_unknown_policy_is_a_control_failure(wire):
    root = wire.send("<getAPISession/>", policy="nightly")
    assert texts(root) == ["nightly is not a valid transport policy."]


def test_transaction_is_rolled_back_whole(core, wire):
    before = core.snapshot()["tables"]
    found = wire.results(
        invoice("TX-1", "5"), invoice("TX-2", "5", customer="NOBODY"), query("ARTERM", "NAME"), transaction="true"
    )
    assert [result.findtext("status") for result in found] == ["aborted", "failure", "aborted"]
    rolled = "The entire transaction in this operation has been rolled back due to an error."
    assert [texts(result)[-1] for result in found] == [rolled] * 3
    assert found[0].findtext(".//errorno") == "XL03000009"
    assert texts(found[1])[0] == "Invalid Customer 'NOBODY' specified."
    assert core.snapshot()["tables"] == before


def test_transaction_that_succeeds_stays(wire):
    found = wire.results(invoice("TX-3", "5"), invoice("TX-4", "5"), transaction="true")
    assert [result.findtext("status") for result in found] == ["success"] * 2
    assert len(wire.rows("ARINVOICE", "RECORDID", "<like><field>RECORDID</field><value>TX-%</value></like>")) == 2


def test_without_transaction_the_others_stay(wire):
    found = wire.results(invoice("TX-5", "5"), invoice("TX-5", "5"), invoice("TX-6", "5"))
    assert [result.findtext("status") for result in found] == ["success", "failure", "success"]


def test_reset_and_restore_bring_back_what_was(core, wire):
    wire.key(invoice("R-1", "5"))
    kept = core.snapshot()
    wire.key(invoice("R-2", "5"))
    core.restore(kept)
    assert [row["RECORDID"] for row in wire.rows("ARINVOICE", "RECORDID", equal("RECORDID", "R-2"))] == []
    assert len(wire.rows("ARINVOICE", "RECORDID", equal("RECORDID", "R-1"))) == 1
    core.reset("empty")
    assert wire.rows("ARINVOICE", "RECORDID") == []
    assert len(wire.rows("CHECKINGACCOUNT", "BANKACCOUNTID")) == 2


def test_secrets_are_masked_in_the_kept_bodies(core, wire):
    session = session_of(wire)
    wire.do("<getFinancialSetup/>", auth=session)
    kept = "".join(core.bodies)
    assert sessions.SENDER_PASSWORD not in kept
    assert sessions.USER_PASSWORD not in kept
    assert session not in kept


def test_setup_functions_answer_in_their_shapes(core, wire):
    core.switch(user_offset="-07:00", denied=["READ GLACCOUNT", "CREATE *"])
    assert wire.do("<getFinancialSetup/>").findtext("data/financialSetup/baseCurrency") == "USD"
    entities = wire.do("<readEntityDetails/>").findall("data/entity")
    assert [entity.findtext("id") for entity in entities] == ["100-US", "200-WEST"]
    formats = wire.do("<readUserFormatting><userId>xml_portal</userId></readUserFormatting>")
    assert formats.findtext("data/userformatting/gmtoffset") == "-07:00"
    policies = {
        policy.findtext("policyName"): policy.findtext("rights")
        for policy in wire.do("<getUserPermissions><userId>xml_portal</userId></getUserPermissions>").iter("policy")
    }
    assert policies["Accounts"] == "Edit|Reverse|Delete"
    assert policies["Invoices"] == "List|View|Edit|Reverse|Delete"
    denied = wire.refused(query("GLACCOUNT", "ACCOUNTNO"))
    assert denied == ["You do not have permission for API operation READ on objects of type GLACCOUNT"]
    (text,) = wire.refused(read_by_query("GLACCOUNT", ""))
    assert text == "You do not have permission for API operation READ_BY_QUERY on objects of type GLACCOUNT"
    assert "CREATE" in wire.refused(invoice("D-1", "5"))[0]


def test_refused_function_fails_while_others_answer(core, wire):
    core.switch(refused_functions=["getUserPermissions"])
    wire.refused("<getUserPermissions><userId>xml_portal</userId></getUserPermissions>")
    wire.do("<getFinancialSetup/>")


def test_unknown_switch_is_named(core):
    with pytest.raises(ValueError, match="colour"):
        core.switch(colour="red")
    with pytest.raises(ValueError, match="uniqueid"):
        core.switch(uniqueid="sometimes")


def test_clock_stands_where_it_is_set(core):
    core.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    core.clock.advance(90)
    assert core.clock.now() == datetime(2026, 3, 1, 0, 1, 30, tzinfo=UTC)
    assert day("2026-03-01") == "<year>2026</year><month>03</month><day>01</day>"
