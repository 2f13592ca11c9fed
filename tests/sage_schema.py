"""Sage's own request schema for tests, and adapters that hold every request to it.

The schema lies beside the checkout (`../shared/intacct-schemas`); where it is absent `load()` is None, requests pass
unchecked, and tests that are about the schema skip.
"""

from __future__ import annotations

import io
import runpy
from functools import cache
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import requests
from lxml import etree
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import IncompleteRead, ProtocolError

CHECKER = Path(__file__).resolve().parents[2] / "shared" / "intacct-schemas" / "validate.py"
ABSENT = "Sage's request schema (../shared/intacct-schemas) is not beside this checkout"


@cache
def load() -> etree.XMLSchema | None:
    """The compiled schema, or None where it is absent."""
    if not CHECKER.exists():
        return None
    schema: etree.XMLSchema = runpy.run_path(str(CHECKER))["load_schema"]()
    return schema


def problems(document: bytes) -> list[str]:
    """What Sage's schema finds wrong with a request; nothing where the schema is absent."""
    schema = load()
    if schema is None or schema.validate(etree.fromstring(document)):
        return []
    return [str(error) for error in schema.error_log]


class ValidatingAdapter(BaseAdapter):
    """Any adapter, with each request checked against Sage's schema before it goes on. `sent` keeps the bodies."""

    def __init__(self, inner: BaseAdapter | None = None) -> None:
        super().__init__()
        self.inner = inner if inner is not None else HTTPAdapter()
        self.sent: list[bytes] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        self.sent.append(body)
        found = problems(body)
        assert not found, f"Sage's schema refuses the request: {found}"
        return self.inner.send(request, *args, **kwargs)

    def close(self) -> None:
        self.inner.close()


class CoreAdapter(BaseAdapter):
    """The sandbox in this process, in place of a socket: what `core.handle` drops or delays fails as a socket would.

    A reply that is slower than the read timeout is a timeout at once; nobody waits.
    """

    def __init__(self, core: Any) -> None:
        super().__init__()
        self.core = core

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        reply = self.core.handle(body, endpoint=str(request.url))
        if reply.delivery == "drop":
            dropped = ProtocolError("Connection aborted.", RemoteDisconnected("Remote end closed connection"))
            raise requests.ConnectionError(dropped, request=request)
        if reply.delivery == "cut":
            half = len(reply.body) // 2
            broken = ProtocolError("Connection broken", IncompleteRead(half, len(reply.body) - half))
            raise requests.exceptions.ChunkedEncodingError(broken, request=request)
        read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
        if read_timeout is not None and reply.delay >= read_timeout:
            raise requests.ReadTimeout(f"Read timed out. (read timeout={read_timeout})", request=request)
        return response(request, reply.status, reply.content_type, reply.body)

    def close(self) -> None:
        pass


def response(request: requests.PreparedRequest, status: int, content_type: str, body: bytes) -> requests.Response:
    """A requests response made by hand."""
    made = requests.Response()
    made.status_code = status
    made.headers["Content-Type"] = content_type
    made.raw = io.BytesIO(body)
    made.url = str(request.url)
    made.request = request
    return made


def session(adapter: BaseAdapter) -> requests.Session:
    """A session whose every request goes through `adapter`."""
    made = requests.Session()
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made
