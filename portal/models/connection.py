"""A company's Intacct connection, its integration settings, and the lists that Intacct offers for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import CompanyOwned, JsonDict, Model, of_company, owned
from portal.models.types import UtcTime, utcnow


class Book(CompanyOwned, Model):
    """Our company and one Intacct company: what links, runs and postings belong to. It outlives a disconnection."""

    __tablename__ = "book"
    __table_args__ = (
        owned(),
        UniqueConstraint("company_id", "intacct_company_id"),
        Index("uq_book_company_active", "company_id", unique=True,
              sqlite_where=text("active"), postgresql_where=text("active")),
    )  # fmt: skip

    intacct_company_id: Mapped[str]
    entity: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    next_sync_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)


class Connection(Model):
    """The credentials in use. Secrets are encrypted (MultiFernet) and never leave this table in clear."""

    __tablename__ = "connection"
    __table_args__ = (of_company("book_id", "book"),)

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    book_id: Mapped[int]
    intacct_user_id: Mapped[str]
    password_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    session_encrypted: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    base_currency: Mapped[str] = mapped_column(default="")
    multi_currency: Mapped[bool] = mapped_column(default=False)
    time_offset: Mapped[str] = mapped_column(default="+00:00")
    rights: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    connected: Mapped[bool] = mapped_column(default=True)
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    connected_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)


class IntegrationSettings(Model):
    """What the company chose, by key (design: `auto_sync`, `income_account`, ...); absent means the default."""

    __tablename__ = "integration_settings"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    values: Mapped[JsonDict] = mapped_column("chosen", JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow, onupdate=utcnow)


class IntacctList(Model):
    """A list as Intacct last gave it (GL accounts, bank accounts, ...), or why it could not be had."""

    __tablename__ = "intacct_list"

    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    items: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    refused: Mapped[str] = mapped_column(default="")
    fetched_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
