"""A gateway that means harm, over real sockets: it is called at home only, and each exchange ends in words in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from portal.intacct.errors import BadReply, ConnectFailed, EndpointRefused, IntacctError, NoReply
from portal.intacct.gateway import Gateway, Session
from portal.intacct.transport import NO_RETRY, READ_RETRY
from tests.integration.safety.hostile import GOOD, QUICK, answering, line_to
from tests.integration.safety.servers import Peer, closed_port, rogue
from tests.unit.intacct.fake_gateway import (
    LOGIN,
    SENDER,
    SENDER_PASSWORD,
    USER_PASSWORD,
    read_call,
    results,
    rows,
    signed_in,
    write_call,
)


def _drips_its_body(peer: Peer) -> None:
    peer.read_http()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 999999\r\n\r\n")
    peer.drip(b" ")


def _drips_without_a_length(peer: Peer) -> None:
    peer.read_http()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    peer.drip(b" ")


def _drips_its_status(peer: Peer) -> None:
    peer.read_http()
    peer.drip(b"H")


def _drips_its_headers(peer: Peer) -> None:
    peer.read_http()
    peer.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    peer.drip(b"x")


def _continues_for_ever(peer: Peer) -> None:
    peer.read_http()
    peer.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def _drips_a_chunk(peer: Peer) -> None:
    peer.read_http()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.drip(b"1\r\n \r\n")


def _says_nothing(peer: Peer) -> None:
    peer.hang()


DRIPS = [_drips_its_body, _drips_without_a_length, _drips_its_status, _drips_its_headers, _continues_for_ever,
         _drips_a_chunk, _says_nothing]  # fmt: skip


@pytest.mark.parametrize("act", ["read", "write"])
@pytest.mark.parametrize("step", DRIPS)
def test_an_answer_that_never_ends_is_given_up_in_its_time(step: Callable[[Peer], None], act: str) -> None:
    with rogue(step) as server:
        line = line_to(server, connect_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(NoReply) as caught:
            getattr(line, act)([write_call()])
        assert time.monotonic() - began < 10  # its own limit is 0.7 s; without one it would never come back
    assert "did not answer in time" in caught.value.text
    assert caught.value.executed == "unknown"
    assert server.met == 1


def test_tries_of_a_read_share_one_time() -> None:
    with rogue(_drips_its_body) as server:
        line = line_to(server, read_retry=READ_RETRY.new(backoff_factor=0, backoff_jitter=0), read_timeout=0.2)
        began = time.monotonic()
        with pytest.raises(NoReply):
            line.read([read_call()])
        assert time.monotonic() - began < 15


def test_a_person_waits_for_all_requests_of_a_page_together() -> None:
    def slowly(peer: Peer) -> None:
        peer.read_http()
        peer.over.wait(0.2)
        peer.http(results(rows("?")).body.encode())

    with rogue(slowly) as server:
        line = line_to(server, patience=0.5, read_timeout=5)
        with pytest.raises(NoReply, match="did not answer in time"):
            _ask_again_and_again(line)
        assert server.met < 5


def _ask_again_and_again(line: Gateway) -> None:
    for _ in range(50):
        with suppress(BadReply):  # the reply answers another call
            line.read([read_call()])


def test_no_thread_and_no_connection_stays_after_an_exchange() -> None:
    before = threading.active_count()
    open_files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for step in DRIPS[:3]:
        with rogue(step) as server, pytest.raises(NoReply):
            line_to(server, connect_timeout=0.2, read_timeout=0.2).read([read_call()])
    assert threading.active_count() <= before
    if open_files:
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_files + 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Same", "308 For good"])
def test_a_redirect_is_followed_nowhere(status: str) -> None:
    with rogue(answering(GOOD)) as other:
        away = f"Location: http://127.0.0.1:{other.port}/ia/xml/xmlgw.phtml"
        for act in ("read", "write"):
            with rogue(answering(b"", away, status=status)) as server, pytest.raises(IntacctError):
                getattr(line_to(server), act)([write_call()])
        assert other.met == 0


def test_a_gateway_that_plays_a_proxy_or_asks_for_a_password_gets_nothing() -> None:
    for status in ("401 Unauthorized", "407 Proxy Authentication Required"):
        header = "WWW-Authenticate: Basic realm=x"
        with rogue(answering(b"", header, status=status)) as server, pytest.raises(IntacctError):
            line_to(server).read([read_call()])
        assert server.met == 1


HOSTILE_ENDPOINTS = (
    "http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "http://localhost:{port}/", "http://api.intacct.com/",
    "https://api.intacct.com@127.0.0.1:{port}/", "https://api.intacct.com:443@127.0.0.1:{port}/",
    "https://api.intacct.com:{port}/", "https://api.intacct.com.evil.example/", "https://evilintacct.com/",
    "https://intacct.com.127.0.0.1:{port}/", "https://api.intacct.com\\@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@api.intacct.com/", "https://127.0.0.1:{port}#@api.intacct.com/",
    "https://127.0.0.1:{port}?@api.intacct.com/", "https://api.intacct.c\u043em/", "https://xn--api-intacct-x.com/",
    "https://\uff41pi.intacct.com/", "https://api\u3002intacct.com/", "https://api.intacct.com\u2100evil.example/",
    "//127.0.0.1:{port}/", "/ia/xml/xmlgw.phtml", "file:///etc/passwd", "ftp://api.intacct.com/", "javascript:alert(1)",
    "gopher://127.0.0.1:{port}/", "https://api.intacct.com\n@127.0.0.1:{port}/", "https://[::1]:{port}/",
    "https://0x7f000001:{port}/", "https://2130706433:{port}/", "https://127.1:{port}/", "https:/api.intacct.com/",
    "https:///127.0.0.1:{port}/", "HTTPS://127.0.0.1:{port}/", "https://api.intacct.com%2f@127.0.0.1:{port}/",
    "https://api.intacct.com%00.evil.example/", " https://127.0.0.1:{port}/", "https://" + "a" * 3000 + ".example/",
    "https://cluster.intacct.com:99999/", "https://.intacct.com@127.0.0.1/", "https://user@api.intacct.com/",
)  # fmt: skip


def test_an_endpoint_that_is_none_of_intaccts_is_never_called() -> None:
    with rogue(answering(GOOD)) as other:
        for named in HOSTILE_ENDPOINTS:
            endpoint = named.format(port=other.port).replace("&", "&amp;")
            with rogue(answering(signed_in(endpoint).body.encode())) as server:
                line = Gateway(server.url, SENDER, LOGIN, read_retry=NO_RETRY, read_timeout=5, connect_timeout=1)
                with pytest.raises((EndpointRefused, BadReply)) as caught:
                    line.read([read_call()])
                assert (caught.value.executed, line.session, server.met) == ("no", None, 1), named
        assert other.met == 0


def test_a_kept_session_of_another_host_is_never_called() -> None:
    with rogue(answering(GOOD)) as other, rogue(answering(GOOD)) as home:
        line = Gateway(home.url, SENDER, LOGIN, session=Session("s", other.url), read_retry=NO_RETRY)
        with pytest.raises(EndpointRefused):
            line.read([read_call()])
        assert (home.met, other.met) == (0, 0)


def test_an_endpoint_that_carries_what_was_sent_does_not_show_it() -> None:
    away = f"https://evil.example/{USER_PASSWORD}/{SENDER_PASSWORD}"
    with rogue(answering(signed_in(away).body.encode())) as server, pytest.raises(EndpointRefused) as caught:
        Gateway(server.url, SENDER, LOGIN, read_retry=NO_RETRY).sign_in()
    assert USER_PASSWORD not in str(caught.value)
    assert SENDER_PASSWORD not in caught.value.text


def test_a_gateway_that_is_not_there_is_told_in_words() -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    line = Gateway(url, SENDER, LOGIN, session=Session("s", url), read_retry=QUICK)
    with pytest.raises(ConnectFailed, match="could not be reached"):
        line.read([read_call()])
