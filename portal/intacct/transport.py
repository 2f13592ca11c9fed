"""HTTP under zeep: never a redirect, never a repeat of a write, and connections that report when they write.

At DEBUG zeep logs whole bodies, passwords included: its transport logger is held at INFO, and `post` here
logs nothing.
"""

from __future__ import annotations

import logging
import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util import Retry
from zeep.transports import Transport

from .binding import GatewayBinding
from .departure import Departure, current
from .received import Received, take_in, watched

logging.getLogger("zeep.transports").setLevel(logging.INFO)

USER_AGENT = "ar-portal"

# Reads only. 524 is left out: the CDN gave up while Intacct still works, and asking again adds to its load.
READ_RETRY = Retry(
    total=4,
    connect=3,
    read=2,
    status=4,
    other=0,
    allowed_methods=("POST",),
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=1,
    backoff_jitter=1,
    backoff_max=20,
    retry_after_max=30,
    raise_on_status=False,
)
NO_RETRY = Retry(total=0, read=False, redirect=False)


class _ReportingConnection(HTTPConnection):
    """Opens first, then asks the departure before each write; a proxy's tunnel is no part of the request."""

    _opening = False

    def connect(self) -> None:
        departure = current()
        if departure is not None:
            departure.watch.check()
        self._opening = True
        try:
            super().connect()
        finally:
            self._opening = False

    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        departure = current()
        if departure is not None:
            departure.watch.note(opened, fresh=True)
        return opened

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        departure = current()
        if departure is not None and not self._opening:
            departure.watch.note(self.sock)
            departure.leave()
        super().send(data)


class _ReportingTLSConnection(_ReportingConnection, HTTPSConnection):
    """The same over TLS."""


class _ReportingPool(HTTPConnectionPool):
    ConnectionCls = _ReportingConnection


class _ReportingTLSPool(HTTPSConnectionPool):
    ConnectionCls = _ReportingTLSConnection


class ReportingAdapter(HTTPAdapter):
    """An adapter whose connections tell the current departure when they begin to write."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _report_from(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return _report_from(super().proxy_manager_for(*args, **kwargs))

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        departure = current()
        if departure is not None:
            departure.watched = True
        return super().send(*args, **kwargs)


def _report_from(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _ReportingPool, "https": _ReportingTLSPool}
    return manager


def http_session(retry: Retry) -> requests.Session:
    """A session of our own whose every request follows `retry`."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, ReportingAdapter(max_retries=retry))
    return session


class GatewayTransport(Transport):  # type: ignore[misc]
    """Posts documents. Redirects are never followed: they would carry the passwords, and a write, elsewhere."""

    binding_classes = [GatewayBinding]

    def __init__(self, session: requests.Session, timeout: tuple[float, float]) -> None:
        super().__init__(session=session, operation_timeout=timeout)
        session.headers["User-Agent"] = USER_AGENT

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Received:
        """POST `message` within the (connect, read) seconds and its departure's time for the whole answer.

        Raises what requests raises, `Unreadable`, or `TooLate`.
        """
        departure = current() or Departure()
        departure.check()
        session: requests.Session = self.session
        with watched(departure.watch, departure.answer_within):
            return take_in(
                session.post(
                    address,
                    data=message,
                    headers=headers,
                    timeout=self.operation_timeout,
                    allow_redirects=False,
                    stream=True,
                )
            )
