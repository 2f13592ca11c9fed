"""Who calls, in which session, and what is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Sender:
    """The partner identity of this install; part of every request."""

    sender_id: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Login:
    """A company's Web Services user. `entity_id` "" is the top level of the company."""

    company_id: str
    user_id: str
    password: str = field(repr=False)
    entity_id: str = ""


@dataclass(frozen=True)
class Session:
    """An open session. Its stamps are Intacct's clock, UTC; each reply moves `expires_at` forward."""

    session_id: str = field(repr=False)
    endpoint: str
    entity_id: str = ""
    started_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Call:
    """One function: `body` is the XML text of its element, and exactly that document is sent."""

    control_id: str
    body: str
