"""Servers on a loopback socket that misbehave: they never answer, answer garbage, or do what a test makes of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Step = Callable[["Peer"], None]


class Peer:
    """One connection to the server, and the event that ends the test."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection, self.over = connection, over

    def read_http(self) -> bytes:
        """The whole of an HTTP request with a Content-Length."""
        got = b""
        while b"\r\n\r\n" not in got:
            if not (part := self.connection.recv(65536)):
                return got
            got += part
        head, _, body = got.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        while len(body) < length and (part := self.connection.recv(65536)):
            body += part
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        """Send all of it; raises OSError when the other side is gone."""
        self.connection.sendall(data)

    def http(self, body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> None:
        """Answer one HTTP request and close."""
        head = [f"HTTP/1.1 {status}", "Content-Type: text/xml", f"Content-Length: {len(body)}", "Connection: close"]
        self.send("\r\n".join([*head, *headers, "", ""]).encode() + body)

    def drip(self, data: bytes = b"x", every_seconds: float = 0.02) -> None:
        """Send the same few bytes again and again until the other side is gone or the test is over."""
        while not self.over.wait(every_seconds):
            self.send(data)

    def hang(self) -> None:
        """Keep the connection and say nothing more."""
        self.over.wait()


class Rogue:
    """A listening socket whose every connection is given to `step`. `met` counts them."""

    def __init__(self, step: Step) -> None:
        self.step, self.met = step, 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Its address as a gateway's."""
        return f"http://127.0.0.1:{self.port}/ia/xml/xmlgw.phtml"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.met += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the portal hung up, as it should
            self.step(Peer(connection, self.over))

    def close(self) -> None:
        """Stop, and wait for every connection's thread."""
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(10)


@contextmanager
def rogue(step: Step) -> Iterator[Rogue]:
    """A server that does `step` with each connection."""
    server = Rogue(step)
    try:
        yield server
    finally:
        server.close()


def hangs(peer: Peer) -> None:
    """Accepts and never answers."""
    peer.hang()


def talks_garbage(peer: Peer) -> None:
    """Answers whatever it hears with bytes that are no answer in any protocol."""
    while peer.connection.recv(65536):
        peer.send(b"\x00\xff\x15garbage\r\n" * 8)


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
