"""Taking in a reply: whole, within its time, and no larger than a reply can be.

A time-out of the socket is one of each read, so a gateway that sends a byte now and then would never meet it. And what
arrives compressed, or as millions of empty elements, may be a thousand times larger in memory than on the wire.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests
from lxml import etree

MOST_BYTES = 32 * 1024 * 1024
"""Of a reply, decompressed. A page of 2,000 records has some 4 MB; a request asks for a few of them at most."""

MOST_MARKS = 2_000_000
"""`<` in a reply: about a million elements, 200 MB of memory. The largest page has a tenth."""

MOST_ATTRIBUTES = 500_000
"""`=` in a reply. Intacct's carry a handful of attributes, and some texts with this sign."""

MOST_TYPED = 20_000
"""Elements outside of rows. A request has a hundred functions or so, each with a status and perhaps some errors."""

_CHUNK = 64 * 1024
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_READABLE = (b"utf-8", b"utf8", b"us-ascii", b"iso-8859-1")
_TYPED = "count(/*/*) + count(/*/*/*) + count(/*/*/*/*) + count(/*/*/*/*[not(self::data)]//*)"
_BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """A reply that is not read at all; the text says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class TimeIsUp(Exception):
    """The exchange has ended; no further try of it begins. No OSError, which would itself be tried again."""


@dataclass(frozen=True)
class Received:
    """A reply taken in."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def take_in(response: requests.Response) -> Received:
    """The whole reply, decompressed piece by piece. Raises what requests raises, or `Unreadable` for one too large."""
    parts, size = [], 0
    with response:
        for part in response.iter_content(_CHUNK):
            size += len(part)
            if size > MOST_BYTES:
                raise _too_large(response.status_code, f"more than {MOST_BYTES // 1024 // 1024} MB")
            parts.append(part)
    return Received(response.status_code, response.headers, b"".join(parts))


def check_before_parsing(received: Received) -> None:
    """Raise `Unreadable` for a document whose tree would not fit, or that is written so that this cannot be told."""
    content = received.content.removeprefix(_BOM)
    declared = _DECLARED.match(content)
    another = declared and declared[1].lower() not in _READABLE
    if another or not content.lstrip().startswith(b"<") or b"\0" in content[:8]:
        raise Unreadable(received.status_code, "Intacct's reply is not written in UTF-8.")
    if content.count(b"<") > MOST_MARKS or content.count(b"=") > MOST_ATTRIBUTES:
        raise _too_large(received.status_code, "too many parts")


def check_before_typing(received: Received, document: etree._Element) -> None:
    """Raise `Unreadable` for a document with more results or errors than any request asks for."""
    if float(str(document.xpath(_TYPED))) > MOST_TYPED:
        raise _too_large(received.status_code, "too many results")


def _too_large(status: int, what: str) -> Unreadable:
    return Unreadable(status, f"Intacct's reply was not read: it has {what}.")


class Watch:
    """Ends an exchange at its time, whatever the other side sends: its connections are shut down, so that reads end.

    It keeps a descriptor of its own of each connection: one that the other thread closes may be another's by then.
    """

    def __init__(self) -> None:
        self.over = False
        self._kept: dict[int, socket.socket] = {}
        self._lock = threading.Lock()

    def note(self, connection: socket.socket, *, fresh: bool = False) -> None:
        """A connection of this exchange; `fresh` where its number may have been that of another before."""
        number = connection.fileno()
        with self._lock:
            if number in self._kept and not fresh:
                return
            if former := self._kept.pop(number, None):
                former.close()
            self._kept[number] = socket.socket(fileno=os.dup(number))
        self.check()

    def check(self) -> None:
        """Raise `TimeIsUp` when it is."""
        if self.over:
            raise TimeIsUp

    def end(self) -> None:
        """The time is up."""
        with self._lock:
            self.over = True
            for one in self._kept.values():
                _shut(one)

    def forget(self) -> None:
        """Let go of the connections."""
        with self._lock:
            for one in self._kept.values():
                one.close()
            self._kept.clear()


@contextmanager
def watched(watch: Watch, seconds: float) -> Iterator[None]:
    """End the exchange in this block after `seconds`: it then raises a time-out, whatever it met."""
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield
        watch.check()
    except (requests.RequestException, OSError, TimeIsUp):
        if watch.over:
            raise requests.ReadTimeout(f"no whole answer within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()
        watch.forget()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        connection.shutdown(socket.SHUT_RDWR)
