"""Sessions that somebody signed out of. A session is a signed cookie, which stays good wherever it was copied to; what
is kept here makes it good for nothing, until its own end would have come."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, delete, text

from portal.extensions import db
from portal.models.access import EndedSession
from portal.models.types import UtcTime, utcnow

_END = text(
    "INSERT INTO ended_session (session_id, forget_at) VALUES (:session_id, :forget_at)"
    " ON CONFLICT (session_id) DO NOTHING"
).bindparams(bindparam("forget_at", type_=UtcTime))


def end(session_id: str, lasts_at_most: timedelta) -> None:
    """Let nobody in with this session any more. Twice is once."""
    db.session.execute(_END, {"session_id": session_id, "forget_at": utcnow() + lasts_at_most})


def has_ended(session_id: str) -> bool:
    """Whether somebody signed out of this session."""
    return db.session.get(EndedSession, session_id) is not None


def forget_old() -> None:
    """Drop those that are over by their age."""
    stale = EndedSession.forget_at < utcnow()
    db.session.execute(delete(EndedSession).where(stale).execution_options(synchronize_session=False))
