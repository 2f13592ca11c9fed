"""Who changed what and when; rows that nobody can change or delete (a trigger refuses it on both databases)."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import CompanyOwned, JsonDict, Model
from portal.models.types import UtcTime, utcnow

SYNC_ACTOR = "accounting sync"
IMPORT_ACTOR = "import"
"""How the name of an actor begins when a run carries over what happened in Intacct; the run's id follows."""

_BY_RUN = re.compile(rf"{SYNC_ACTOR}.*|{IMPORT_ACTOR} \d+")


def is_by_run(actor: str) -> bool:
    """Whether a run acted under this name: what it did here had happened in Intacct."""
    return _BY_RUN.fullmatch(actor) is not None


def run_of(actor: str) -> int | None:
    """The id of the run that acted under this name."""
    id_ = actor.rpartition(" ")[2]
    return int(id_) if is_by_run(actor) and id_.isdecimal() else None


class AuditEntry(CompanyOwned, Model):
    """One change. `subject` is a kind ("invoice", "connection", ...), `actor` says who in words: an e-mail address,
    "command line", "accounting sync 12", "import 3"."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "company_id", "subject", "subject_id", "id"),
        Index(None, "company_id", "id"),
    )

    at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    actor: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    subject: Mapped[str]
    subject_id: Mapped[int | None]
    action: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    before: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    after: Mapped[JsonDict] = mapped_column(JSON, default=dict)


class NumberSeries(Model):
    """The next free number of a kind in a company, such as CUST-00001; the row is the lock."""

    __tablename__ = "number_series"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    next_value: Mapped[int] = mapped_column(default=1)
