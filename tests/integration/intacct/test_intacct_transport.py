"""The gateway over real sockets: what is repeated, what never is, and what is known of a request that broke."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from urllib3.util import Retry

from portal.intacct import departure, transport
from portal.intacct.errors import Action, BadReply, ConnectFailed, NoReply, Throttled, TooLate
from portal.intacct.gateway import Gateway, Session
from tests.unit.intacct.fake_gateway import (
    LOGIN,
    SENDER,
    Http,
    control_failure,
    read_call,
    results,
    rows,
    success,
    write_call,
)

PATH = "/ia/xml/xmlgw.phtml"
QUICK = transport.READ_RETRY.new(backoff_factor=0, backoff_jitter=0)
HTML = Http("<html>down</html>", 503, "text/html")
READ = results(rows("r-1"))
WRITTEN = results(success("w-1", "<key>5</key>"))


class Server(ThreadingHTTPServer):
    """Answers one step a request, the last one again and again; a step may also break the connection off."""

    daemon_threads = True

    def __init__(self, *steps: Http | Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.steps, self.bodies = list(steps), []
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is part of these tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.server.steps.pop(0) if len(self.server.steps) > 1 else self.server.steps[0]
        if isinstance(step, Http):
            self.answer(step)
        else:
            step(self)

    def answer(self, step: Http, more: int = 0) -> None:
        body = step.body.encode()
        self.send_response(step.status)
        self.send_header("Content-Type", step.content_type)
        self.send_header("Content-Length", str(len(body) + more))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        """Quiet."""


@contextmanager
def serving(*steps) -> Iterator[Server]:
    server = Server(*steps)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


def line_to(server: Server, **options) -> Gateway:
    return Gateway(server.url, SENDER, LOGIN, session=Session("s", server.url), **{"read_retry": QUICK, **options})


def hang_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut(handler: Handler) -> None:
    handler.answer(WRITTEN, more=100)
    handler.close_connection = True


def keep_waiting(handler: Handler) -> None:
    handler.server.let_go.wait(30)
    handler.close_connection = True


def test_read_is_repeated_until_the_gateway_is_back():
    with serving(HTML, control_failure("GW-0010", "Slow down", status=429), hang_up, READ) as server:
        assert line_to(server).read([read_call()])[0].error is None
        assert len(server.bodies) == 4


@pytest.mark.parametrize(
    ("step", "kind"), [(HTML, BadReply), (control_failure("GW-0010", "Slow down", status=429), Throttled)]
)
def test_read_gives_up_after_a_few_times(step, kind):
    with serving(step) as server, pytest.raises(kind) as caught:
        line_to(server).read([read_call()])
    assert caught.value.action is Action.RETRY_LATER
    assert len(server.bodies) == 5


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (HTML, BadReply),
        (Http("<html/>", 524, "text/html"), BadReply),
        (Http("<html/>", 307, "text/html"), BadReply),
        (hang_up, NoReply),
        (cut, NoReply),
        (keep_waiting, NoReply),
    ],
)
def test_write_that_breaks_is_sent_once_and_unknown(step, kind):
    with serving(step) as server, pytest.raises(kind) as caught:
        line_to(server, write_timeout=0.3).write([write_call()])
    assert caught.value.executed == "unknown"
    assert len(server.bodies) == 1


def test_throttled_write_was_not_executed_and_is_sent_once():
    with serving(control_failure("GW-0010", "Slow down", status=429)) as server, pytest.raises(Throttled) as caught:
        line_to(server).write([write_call()])
    assert caught.value.executed == "no"
    assert len(server.bodies) == 1


def test_write_arrives():
    with serving(WRITTEN) as server:
        assert line_to(server).write([write_call()])["w-1"].key == "5"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("act", ["read", "write"])
def test_refused_connection_ran_nothing(act):
    url = f"http://127.0.0.1:{closed_port()}{PATH}"
    line = Gateway(url, SENDER, LOGIN, session=Session("s", url), read_retry=QUICK)
    with pytest.raises(ConnectFailed) as caught:
        getattr(line, act)([write_call()])
    assert (caught.value.executed, caught.value.action) == ("no", Action.RETRY_LATER)
    assert "Connection refused" in caught.value.text


def test_failed_tls_handshake_ran_nothing():
    with serving(WRITTEN) as server:
        url = server.url.replace("http:", "https:")
        line = Gateway(url, SENDER, LOGIN, session=Session("s", url), read_retry=Retry(0))
        with pytest.raises(ConnectFailed) as caught:
            line.write([write_call()])
        assert caught.value.executed == "no"
        assert server.bodies == []


def test_write_whose_moment_passes_while_it_connects_does_not_leave(monkeypatch):
    now = SimpleNamespace(value=100.0)
    monkeypatch.setattr(departure, "clock", lambda: now.value)
    connect = transport._ReportingConnection.connect

    def slowly(self) -> None:
        connect(self)
        now.value += 60

    monkeypatch.setattr(transport._ReportingConnection, "connect", slowly)
    with serving(WRITTEN) as server:
        line = line_to(server)
        with pytest.raises(TooLate) as caught:
            line.write([write_call()], leave_before=130.0)
        assert caught.value.executed == "no"
        assert server.bodies == []
        assert line.write([write_call()], leave_before=now.value + 130)["w-1"].key == "5"
