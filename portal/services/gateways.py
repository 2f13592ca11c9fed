"""Opening the gateway of a company's connection, its session kept (encrypted) between runs."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import logs
from portal.extensions import db, intacct_http, settings
from portal.intacct.gateway import Gateway, Login, Sender, Session
from portal.intacct.tally import Tally
from portal.intacct.transport import NO_RETRY, READ_RETRY
from portal.models.connection import Connection
from portal.services import secrets
from portal.services.turns import Turns

CONNECT_SECONDS, READ_SECONDS = 10, 60
SHORT_CONNECT_SECONDS, SHORT_READ_SECONDS = 5, 30
LONGEST_REQUEST_SECONDS = 300
"""A read with all its repetitions; a write takes 120 s."""

TURN_SECONDS, SHORT_TURN_SECONDS = 180, 10
"""How long a request waits for others of this portal at the same Intacct company. A write may take 120 s."""

PATIENCE_SECONDS = 45
"""Of a person who waits: all requests of a page together. Below the 60 s after which proxies give a page up."""


@dataclass(frozen=True)
class Line:
    """What opening a gateway takes, read from the database before any network is touched. Holds secrets."""

    login: Login
    session: Session | None


def line(connection: Connection, intacct_company_id: str, entity: str) -> Line:
    """The credentials of `connection`. Raises PortalError when they cannot be decrypted."""
    login = Login(
        company_id=intacct_company_id,
        user_id=connection.intacct_user_id,
        password=secrets.decrypt(connection.password_encrypted),
        entity_id=entity,
    )
    return Line(login, _kept_session(connection, entity))


def turns_of(intacct_company_id: str, token: str) -> Turns:
    """The places at the company, as the run of this token takes them."""
    return Turns(db.engine, intacct_company_id, token, LONGEST_REQUEST_SECONDS, TURN_SECONDS)


def open_gateway(line_: Line, turns: Turns) -> Gateway:
    """A run's gateway: it signs in by itself when its session is missing or over, and takes its turn at each request.
    Raises IntacctError when the configured address cannot be called."""
    return Gateway(
        **_line(line_), connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, read_retry=READ_RETRY,
        turn=turns.taken,
    )  # fmt: skip


def open_writer(line_: Line, tally: Tally) -> Gateway:
    """A gateway whose caller has taken a turn for what it sends. What it costs is added to `tally`."""
    return Gateway(**_line(line_, tally), connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)


def open_waited_for(line_: Line) -> Gateway:
    """A gateway for which a person waits: it gives up soon and repeats nothing."""
    whose = random.token_hex(16)
    lease = SHORT_CONNECT_SECONDS + SHORT_READ_SECONDS
    turns = Turns(db.engine, line_.login.company_id, whose, lease, SHORT_TURN_SECONDS)
    return Gateway(
        **_line(line_), connect_timeout=SHORT_CONNECT_SECONDS, read_timeout=SHORT_READ_SECONDS, read_retry=NO_RETRY,
        turn=turns.taken, patience=PATIENCE_SECONDS,
    )  # fmt: skip


def _line(line_: Line, tally: Tally | None = None) -> dict[str, Any]:
    """What every gateway is opened with; without a tally of its own it counts in that of `counted`, if one stands."""
    own = settings()
    logs.hide(line_.login.password, line_.session.session_id if line_.session else "")
    return {
        "url": own.intacct_url,
        "sender": Sender(own.intacct_sender_id, own.intacct_sender_password),
        "login": line_.login,
        "session": line_.session,
        "on_session": lambda session: logs.hide(session.session_id),
        "http": intacct_http(),
        "tally": tally if tally is not None else _tally.get(),
    }


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def counted() -> Iterator[Tally]:
    """Count what all gateways cost that this thread opens in the block."""
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def keep_session(connection: Connection, session: Session | None) -> None:
    """Remember the session for the next run; None forgets it."""
    if session is None:
        connection.session_encrypted = b""
        return
    connection.session_encrypted = secrets.encrypt(
        json.dumps(
            {
                "session_id": session.session_id,
                "endpoint": session.endpoint,
                "entity_id": session.entity_id,
                "signed_in_at": settings().intacct_url,
                "expires_at": session.expires_at.isoformat() if session.expires_at else None,
            }
        )
    )
    db.session.flush()


def _kept_session(connection: Connection, entity: str) -> Session | None:
    if not connection.session_encrypted:
        return None
    kept = json.loads(secrets.decrypt(connection.session_encrypted))
    # A session of another entity, or of the address that INTACCT_URL named before, is none of ours any more.
    if (kept["entity_id"], kept.get("signed_in_at")) != (entity, settings().intacct_url):
        return None
    expires_at = datetime.fromisoformat(kept["expires_at"]) if kept["expires_at"] else None
    return Session(kept["session_id"], kept["endpoint"], kept["entity_id"], expires_at=expires_at)
