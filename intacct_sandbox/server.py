"""The sandbox as a web server on loopback: the gateway, its control, and its page."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from . import control, page
from .companies import Companies
from .core import SandboxCore
from .replies import Reply

PATH = "/ia/xml/xmlgw.phtml"


class SandboxApp:
    """The WSGI application around the cores of one or more companies; `latency` seconds go by before each gateway
    reply. What names no company is meant for the first one."""

    def __init__(self, cores: Sequence[SandboxCore], latency: float = 0.0) -> None:
        self.companies = Companies(cores)
        self.latency = latency

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        # Read to its end whatever comes of it: the connection is kept for the next request.
        request.get_data()
        try:
            response = self._route(request, environ)
        except HTTPException as error:
            body = json.dumps({"error": {"code": error.code, "message": error.description}})
            response = Response(body, error.code, content_type="application/json")
            if isinstance(error, MethodNotAllowed) and error.valid_methods:
                response.headers["Allow"] = ", ".join(error.valid_methods)
        return response(environ, start_response)

    def _route(self, request: Request, environ: dict[str, Any]) -> Response:
        if request.path == PATH:
            if request.method != "POST":
                raise MethodNotAllowed(["POST"], "The gateway takes POST only.")
            return self._gateway(request, environ)
        if request.path.startswith("/_control/"):
            return control.respond(self._asked(request), request)
        if request.path == "/":
            core = self._asked(request)
            with core.lock:
                core.run_late()
                return Response(page.render(core), content_type="text/html; charset=utf-8")
        raise NotFound("There is nothing here.")

    def _asked(self, request: Request) -> SandboxCore:
        """The company that `?company=ID` names."""
        core = self.companies.named(request.args.get("company", ""))
        if core is None:
            raise NotFound("There is no such company.")
        return core

    def _gateway(self, request: Request, environ: dict[str, Any]) -> Response:
        body = request.get_data()
        endpoint = f"{request.scheme}://{request.host}{PATH}"
        core = self.companies.of(body)
        with core.concurrency.one() as in_flight:
            reply = core.handle(body, in_flight, endpoint)
            if self.latency + reply.delay > 0:
                time.sleep(self.latency + reply.delay)
        if reply.delivery != "send":
            _drop(environ, _first_half(reply) if reply.delivery == "cut" else b"")
        return _response(reply)


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status)
    response.headers["Content-Type"] = reply.content_type
    return response


def _first_half(reply: Reply) -> bytes:
    """The reply as it goes over the wire, up to the middle of its body."""
    head = f"HTTP/1.1 {reply.status} OK\r\nContent-Type: {reply.content_type}\r\nContent-Length: {len(reply.body)}"
    return f"{head}\r\n\r\n".encode() + reply.body[: len(reply.body) // 2]


def _drop(environ: dict[str, Any], last_words: bytes = b"") -> None:
    """Close the connection for good: the client sees it end after `last_words`."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.sendall(last_words)
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped on request")


class _Handler(WSGIRequestHandler):
    """Keeps connections open between requests, sends at once, and logs nothing (bodies hold passwords).

    Werkzeug's own `run_wsgi` closes each connection because it cannot know whether a body was read to its end; the
    application here always reads it.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request of this connection."""
        environ = self.make_environ()
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]

        try:
            body = b"".join(self.server.app(environ, start_response))
        except ConnectionError:
            self.close_connection = True
            return
        self._send(started[0], started[1], body)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, text = status.partition(" ")
        self.send_response(int(code), text)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """No access log."""


def serve(
    core: SandboxCore, host: str, port: int, latency: float = 0.0, others: Sequence[SandboxCore] = ()
) -> BaseWSGIServer:
    """A bound server (port 0: any free one), not yet serving; each core's `endpoint` becomes its address."""
    cores = (core, *others)
    server = make_server(host, port, SandboxApp(cores, latency), threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    for one in cores:
        one.endpoint = f"http://{host}:{server.server_port}{PATH}"
    return server
