"""Companies (tenants), users and their memberships."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask_login import UserMixin
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Model, one_of
from portal.models.inbox import SyncMail
from portal.models.types import UtcTime, utcnow


class Role(StrEnum):
    """What a member may do in a company; each role includes the ones before it."""

    VIEWER = "viewer"
    ACCOUNTANT = "accountant"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Company(Model):
    """A tenant: its members, its book and its Intacct connection."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    base_currency: Mapped[str] = mapped_column(default="USD")
    timezone: Mapped[str] = mapped_column(default="UTC")
    brand_name: Mapped[str] = mapped_column(default="")
    accent: Mapped[str] = mapped_column(default="")
    support_email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)

    def today(self) -> date:
        """The accounting date that it is now where the company is."""
        return utcnow().astimezone(ZoneInfo(self.timezone)).date()


class User(UserMixin, Model):  # type: ignore[misc]
    """A person who signs in; `session_epoch` rises when all sessions of the user must end."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=1)
    theme: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", order_by="Membership.id")

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        """What the signed session cookie carries: the user and the epoch it was issued in."""
        return f"{self.id}.{self.session_epoch}"


class Membership(Model):
    """A user's role in a company, and when a mail tells of its syncs."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("company_id", "user_id"), one_of("role", Role), one_of("sync_mail", SyncMail),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str]
    sync_mail: Mapped[str] = mapped_column(default=SyncMail.PROBLEMS, server_default="problems")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)

    company: Mapped[Company] = relationship()
    user: Mapped[User] = relationship(back_populates="memberships")
