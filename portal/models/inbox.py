"""What people write about problems, and which syncs they were told of by mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model
from portal.models.types import UtcTime, utcnow


class SyncMail(StrEnum):
    """When a member gets a mail about a sync: after each one, only when it met new problems or failed, or never."""

    ALWAYS = "always"
    PROBLEMS = "problems"
    NEVER = "never"


class ProblemNote(Model):
    """What somebody wrote about a problem. Notes are added, never changed."""

    __tablename__ = "problem_note"
    __table_args__ = (Index("ix_problem_note_problem_id", "problem_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problem.id"))
    author: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)


class SyncDigest(Model):
    """A sync whose mails are written: one row a run, so that nobody is told twice. Problems up to `last_problem_id`
    are old news from then on."""

    __tablename__ = "sync_digest"
    __table_args__ = (Index("ix_sync_digest_book_id", "book_id", "run_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True, autoincrement=False)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    last_problem_id: Mapped[int] = mapped_column(default=0)
    mails: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
