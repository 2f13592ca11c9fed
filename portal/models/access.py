"""Who may get in: API keys, invitations, password resets, and failed sign-ins that slow the next one down.

Tokens and keys are stored as SHA-256 digests: they are long and random, so a slow hash would add nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import CompanyOwned, JsonDict, Model, one_of
from portal.models.company import Role
from portal.models.types import UtcTime, utcnow


class KeyScope(StrEnum):
    """What an API key may do."""

    READ = "read"
    READ_WRITE = "read_write"


class ApiKey(CompanyOwned, Model):
    """A key of the JSON API; `hint` is its first characters, by which people tell keys apart."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("digest"), one_of("scope", KeyScope))

    label: Mapped[str]
    hint: Mapped[str]
    digest: Mapped[str]
    scope: Mapped[str] = mapped_column(default=KeyScope.READ_WRITE)
    created_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class IdempotentAnswer(CompanyOwned, Model):
    """The first answer to a POST that carried an Idempotency-Key; the same key and body get it again for a day.

    `status` 0 says that the first request is still at work.
    """

    __tablename__ = "idempotent_answer"
    __table_args__ = (UniqueConstraint("company_id", "key"), Index(None, "created_at"))

    key: Mapped[str]
    request_digest: Mapped[str]
    status: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)


class Invitation(CompanyOwned, Model):
    """An invitation by mail to become a member, good until it expires, is accepted or is taken back."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("digest"), one_of("role", Role))

    email: Mapped[str]
    role: Mapped[str]
    digest: Mapped[str]
    invited_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PasswordReset(Model):
    """A link by mail to choose a new password, good once and for a short time."""

    __tablename__ = "password_reset"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignInFailures(Model):
    """Failed sign-ins of one account or from one address (`subject` says which), and until when others wait."""

    __tablename__ = "sign_in_failures"

    subject: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcTime)


class EndedSession(Model):
    """A session that its user signed out of, by the id in its cookie; kept until it would have ended by itself."""

    __tablename__ = "ended_session"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    forget_at: Mapped[datetime] = mapped_column(UtcTime)


class OutgoingMail(Model):
    """A mail that a rule decided to send; a job picks it up after the commit and tries until it is out."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (Index(None, "sent_at", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    recipient: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    about: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    not_before: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcTime)
