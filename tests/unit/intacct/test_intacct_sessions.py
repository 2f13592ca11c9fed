"""Sessions: opened, kept, renewed once, and only ever used at an address that is Intacct's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from portal.intacct.errors import (
    Action,
    CredentialsError,
    EndpointRefused,
    NoReply,
    SessionExpired,
)
from portal.intacct.gateway import Session
from tests.unit.intacct.fake_gateway import (
    CLUSTER,
    SESSION_ID,
    URL,
    Http,
    echo,
    gateway,
    read_call,
    rows,
    sign_in_failure,
    signed_in,
    write_call,
)

HTML = Http("<html>down</html>", 500, "text/html")


def test_sign_in_opens_a_session_and_later_calls_go_to_its_endpoint():
    told = []
    line, script = gateway(signed_in(), echo(lambda i: rows(i)), on_session=told.append)
    line.read([read_call()])
    assert script.urls == [URL, CLUSTER]
    assert script.sent[0].find(".//login/userid").text == "xml_portal"
    assert script.sent[1].find(".//sessionid").text == SESSION_ID
    assert [session.endpoint for session in told] == [CLUSTER]
    assert told[0].started_at == datetime(2026, 1, 14, 9, 5, 11, tzinfo=UTC)
    assert (line.requests, line.functions) == (2, 2)


def test_get_api_session_is_alone_in_its_request():
    line, script = gateway(signed_in())
    line.sign_in()
    assert [element.tag for element in script.sent[0].iter("getAPISession")] == ["getAPISession"]
    assert len(script.sent[0].findall(".//function")) == 1


def test_wrong_password_is_a_credentials_error_that_ran_nothing():
    line, _ = gateway(sign_in_failure("XL03000006", "Sign-in information is incorrect"))
    with pytest.raises(CredentialsError) as caught:
        line.sign_in()
    assert caught.value.executed == "no"


def test_timeout_while_signing_in_for_a_write_leaves_nothing_executed():
    line, _ = gateway(requests.ReadTimeout("slow"))
    with pytest.raises(NoReply) as caught:
        line.write([write_call()])
    assert caught.value.executed == "no"
    assert caught.value.action is Action.RETRY_LATER


def test_session_that_is_given_is_used_without_signing_in():
    line, script = gateway(echo(lambda i: rows(i)), session=Session("old", CLUSTER))
    line.read([read_call()])
    assert script.urls == [CLUSTER]


def test_session_past_its_end_is_renewed_before_the_call():
    old = Session("old", CLUSTER, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    line, script = gateway(signed_in(), echo(lambda i: rows(i)), session=old)
    line.read([read_call()])
    assert script.urls == [URL, CLUSTER]


def test_read_in_a_dead_session_signs_in_once_and_repeats():
    dead = sign_in_failure("XL03000006", "Invalid session", user="")
    line, script = gateway(dead, signed_in(), echo(lambda i: rows(i)), session=Session("old", CLUSTER))
    assert line.read([read_call()])[0].error is None
    assert len(script.sent) == 3


def test_read_that_meets_a_second_dead_session_gives_up():
    dead = sign_in_failure("XL03000006", "Invalid session", user="")
    line, script = gateway(dead, signed_in(), dead, session=Session("old", CLUSTER))
    with pytest.raises(SessionExpired):
        line.read([read_call()])
    assert len(script.sent) == 3


def test_write_in_a_dead_session_is_left_to_the_caller():
    dead = sign_in_failure("XL03000006", "Invalid session", user="")
    line, script = gateway(dead, session=Session("old", CLUSTER))
    with pytest.raises(SessionExpired) as caught:
        line.write([write_call()])
    assert caught.value.executed == "no"
    assert caught.value.action is Action.SIGN_IN_AGAIN
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/ia/xml/xmlgw.phtml",
        "http://api.intacct.com/ia/xml/xmlgw.phtml",
        "https://api.intacct.com@evil.example/",
        "https://evil.example\\@api.intacct.com/",
        "https://api.intacct.com.evil.example/",
        "https://intacct.com:8443/",
        "file:///etc/passwd",
    ],
)
def test_endpoint_that_is_not_intacct_is_never_called(endpoint):
    line, script = gateway(signed_in(endpoint))
    with pytest.raises(EndpointRefused) as caught:
        line.read([read_call()])
    assert caught.value.executed == "no"
    assert script.urls == [URL]


def test_endpoint_of_a_kept_session_is_checked_too():
    line, script = gateway(echo(lambda i: rows(i)), session=Session("old", "https://evil.example/"))
    with pytest.raises(EndpointRefused):
        line.read([read_call()])
    assert script.urls == []


def test_endpoint_on_the_configured_host_or_an_allowed_one_is_called():
    here = "http://127.0.0.1:8001/ia/xml/xmlgw.phtml"
    line, script = gateway(signed_in(here), echo(lambda i: rows(i)), url=here)
    line.read([read_call()])
    there = "https://gateway.example/x"
    other, second = gateway(signed_in(there), echo(lambda i: rows(i)), allowed_hosts=frozenset({"gateway.example"}))
    other.read([read_call()])
    assert (script.urls[1], second.urls[1]) == (here, there)
