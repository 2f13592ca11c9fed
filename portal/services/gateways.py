"""Opening the gateway of a company's connection, its session kept (encrypted) between runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from portal.extensions import db, intacct_http, settings
from portal.intacct.gateway import Gateway, Login, Sender, Session
from portal.intacct.transport import NO_RETRY, READ_RETRY
from portal.models.connection import Connection
from portal.services import secrets

CONNECT_SECONDS, READ_SECONDS = 10, 60
SHORT_CONNECT_SECONDS, SHORT_READ_SECONDS = 5, 30
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


def open_gateway(line_: Line, *, waited_for: bool = False) -> Gateway:
    """A gateway for one run or check; it signs in by itself when its session is missing or over.

    `waited_for`: a person waits for the answer, so it gives up soon and repeats nothing. Raises IntacctError when the
    configured address cannot be called.
    """
    own = settings()
    connect, read = (SHORT_CONNECT_SECONDS, SHORT_READ_SECONDS) if waited_for else (CONNECT_SECONDS, READ_SECONDS)
    return Gateway(
        own.intacct_url,
        Sender(own.intacct_sender_id, own.intacct_sender_password),
        line_.login,
        session=line_.session,
        http=intacct_http(),
        connect_timeout=connect,
        read_timeout=read,
        read_retry=NO_RETRY if waited_for else READ_RETRY,
        patience=PATIENCE_SECONDS if waited_for else None,
    )


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
