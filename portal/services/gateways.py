"""Opening the gateway of a company's connection, its session kept (encrypted) between runs."""

from __future__ import annotations

import json
import secrets as random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.extensions import db, intacct_http, settings
from portal.intacct.gateway import Gateway, Login, Sender, Session
from portal.intacct.transport import NO_RETRY
from portal.models.connection import Connection
from portal.services import secrets
from portal.services.turns import Turns

CONNECT_SECONDS, READ_SECONDS = 10, 60
SHORT_CONNECT_SECONDS, SHORT_READ_SECONDS = 5, 30
TURN_SECONDS, SHORT_TURN_SECONDS = 180, 10
"""How long a request waits for others of this portal at the same Intacct company. A write may take 120 s."""


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


def turns_of(intacct_company_id: str, token: str, lease_seconds: int) -> Turns:
    """The places at the company, as the run of this token takes them."""
    return Turns(db.engine, intacct_company_id, token, lease_seconds, TURN_SECONDS)


def open_gateway(line_: Line, turns: Turns) -> Gateway:
    """A run's gateway: it signs in by itself when its session is missing or over, and takes its turn at each request.
    Raises IntacctError when the configured address cannot be called."""
    return Gateway(
        **_whereto(), login=line_.login, session=line_.session, connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS, turn=turns.taken,
    )  # fmt: skip


def open_writer(line_: Line) -> Gateway:
    """A gateway whose caller has taken a turn for what it sends."""
    return Gateway(
        **_whereto(), login=line_.login, session=line_.session, connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )  # fmt: skip


def open_waited_for(line_: Line) -> Gateway:
    """A gateway for which a person waits: it gives up soon and repeats nothing."""
    whose = random.token_hex(16)
    lease = SHORT_CONNECT_SECONDS + SHORT_READ_SECONDS
    turns = Turns(db.engine, line_.login.company_id, whose, lease, SHORT_TURN_SECONDS)
    return Gateway(
        **_whereto(), login=line_.login, session=line_.session, connect_timeout=SHORT_CONNECT_SECONDS,
        read_timeout=SHORT_READ_SECONDS, read_retry=NO_RETRY, turn=turns.taken,
    )  # fmt: skip


def _whereto() -> dict[str, Any]:
    own = settings()
    return {
        "url": own.intacct_url,
        "sender": Sender(own.intacct_sender_id, own.intacct_sender_password),
        "http": intacct_http(),
    }


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
