"""Passwords and session ids appear nowhere: no repr, no message, no log, no wire log."""

from __future__ import annotations

import logging
import traceback

import pytest
import requests

from portal.intacct.errors import IntacctError
from portal.intacct.gateway import Session
from portal.intacct.wirelog import FUNCTIONS_KEPT, WireLog
from tests.unit.intacct.fake_gateway import (
    CLUSTER,
    LOGIN,
    SENDER,
    SENDER_PASSWORD,
    SESSION_ID,
    USER_PASSWORD,
    Http,
    echo,
    gateway,
    read_call,
    rows,
    sign_in_failure,
    signed_in,
    success,
    write_call,
)

SECRETS = (SENDER_PASSWORD, USER_PASSWORD, SESSION_ID)


def assert_clean(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


def test_nothing_that_is_printed_shows_a_secret():
    line, _ = gateway(signed_in())
    session = line.sign_in()
    assert session.session_id == SESSION_ID
    assert_clean(f"{SENDER} {LOGIN} {session} {session!r} {line!r} {[SENDER, LOGIN]}")


def test_log_at_debug_shows_no_secret(caplog):
    caplog.set_level(logging.DEBUG)
    line, _ = gateway(signed_in(), echo(lambda i: rows(i)))
    line.read([read_call()])
    assert not logging.getLogger("zeep.transports").isEnabledFor(logging.DEBUG)
    assert_clean(caplog.text)


def test_wire_log_shows_the_exchange_without_secrets_and_rows():
    log = WireLog()
    record = "<CUSTOMER><RECORDNO>1</RECORDNO><NAME>Harbor Lane</NAME></CUSTOMER>"
    line, _ = gateway(signed_in(), echo(lambda i: rows(i, record)), wire_log=log)
    line.read([read_call()])
    told = str(log.exchanges())
    assert_clean(told)
    assert "Harbor Lane" not in told
    assert "readByQuery" in told
    assert "totalcount" in told


def test_wire_log_blanks_secrets_inside_messages():
    log = WireLog()
    line, _ = gateway(sign_in_failure("XL1", f"bad {USER_PASSWORD} here"), wire_log=log)
    with pytest.raises(IntacctError):
        line.sign_in()
    assert_clean(str(log.exchanges()))


def test_wire_log_is_bounded():
    log = WireLog(maxlen=2)
    line, _ = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER), wire_log=log)
    for _ in range(3):
        line.write([write_call(f"w-{number}") for number in range(FUNCTIONS_KEPT + 5)])
    exchanges = log.exchanges()
    assert len(exchanges) == 2
    assert exchanges[0][0].count("<function ") == FUNCTIONS_KEPT


def test_wire_log_does_not_change_what_is_sent():
    line, script = gateway(signed_in())
    line.sign_in()
    assert script.sent[0].findtext(".//login/password") == USER_PASSWORD


@pytest.mark.parametrize(
    "fault",
    [
        requests.ConnectionError(f"dropped {USER_PASSWORD}"),
        Http(f"<html>{SENDER_PASSWORD}", 500, "text/html"),
        Http("<x"),
    ],
)
def test_traceback_of_a_failure_shows_no_secret(fault):
    line, _ = gateway(fault)
    with pytest.raises(IntacctError) as caught:
        line.sign_in()
    assert_clean("".join(traceback.format_exception(caught.value)))
    assert caught.value.__cause__ is None
