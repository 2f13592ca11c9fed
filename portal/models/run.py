"""Runs of a book, what they touched, and how far their reading has come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import JsonDict, Model, one_of
from portal.models.connection import Book
from portal.models.types import UtcTime, utcnow


class RunKind(StrEnum):
    """What a run does."""

    SYNC = "sync"
    RECORD = "record"
    SETTLE = "settle"
    SWEEP = "sweep"
    IMPORT_CUSTOMERS = "import_customers"
    IMPORT_INVOICES = "import_invoices"
    PREVIEW = "preview"
    TIE_OUT = "tie_out"

    @property
    def exclusive(self) -> bool:
        """Whether runs of this kind exclude all others of the book; the rest only read."""
        return self not in (RunKind.PREVIEW, RunKind.TIE_OUT)

    @property
    def in_slices(self) -> bool:
        """Whether a run of this kind goes on where it was, and so may make way for others in between."""
        return self not in (RunKind.PREVIEW, RunKind.TIE_OUT, RunKind.SWEEP)


class RunState(StrEnum):
    """Where a run is; the row is the truth, Redis only carries its id."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FINISHED_WITH_PROBLEMS = "finished_with_problems"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen in the run."""
        return self not in (RunState.QUEUED, RunState.RUNNING)


TO_TELL = "kind IN ('import_customers', 'import_invoices') AND told_at IS NULL AND user_id IS NOT NULL"
"""Imports whose starter is still to learn how they ended."""


class Run(Model):
    """One run of a book. `token` and `lease_until` (milliseconds on the database's clock) say whose it is; every
    write of the run checks the token in its own transaction. `claims` counts who took it up and did not hand it back,
    `takeovers` who took it up since a lease had run out; only the second never falls. `summary` holds what a run worked
    out as a whole, such as the sums of a preview. `watched_at` is when the person who started it last looked at its
    page, `told_at` when it was settled how that person learns of its end: by that page or by a mail."""

    __tablename__ = "run"
    __table_args__ = (
        one_of("kind", RunKind),
        one_of("state", RunState),
        UniqueConstraint("book_id", "scheduled_for"),
        CheckConstraint("(state = 'running') = (token <> '')", name="token_while_running"),
        Index(
            "uq_run_book_running", "book_id", unique=True,
            sqlite_where=text("state = 'running' AND exclusive"),
            postgresql_where=text("state = 'running' AND exclusive"),
        ),
        Index(
            "uq_run_book_queued", "book_id", "kind", unique=True,
            sqlite_where=text("state = 'queued' AND kind IN ('sync', 'settle')"),
            postgresql_where=text("state = 'queued' AND kind IN ('sync', 'settle')"),
        ),
        Index(None, "book_id", "id"),
        Index("ix_run_unended", "state", "id", sqlite_where=text("state IN ('queued', 'running')"),
              postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_run_figures", "state", "kind", "started_at", "ended_at", "takeovers"),
        Index("ix_run_to_tell", "id", sqlite_where=text(TO_TELL), postgresql_where=text(TO_TELL)),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    kind: Mapped[str]
    exclusive: Mapped[bool]
    state: Mapped[str] = mapped_column(default=RunState.QUEUED)
    trigger: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    subject: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    scheduled_for: Mapped[datetime | None] = mapped_column(UtcTime)
    token: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    claims: Mapped[int] = mapped_column(default=0)
    takeovers: Mapped[int] = mapped_column(default=0, server_default="0")
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    step: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    counts: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    error: Mapped[str] = mapped_column(default="")
    error_code: Mapped[str] = mapped_column(default="")
    summary: Mapped[JsonDict] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    enqueued_at: Mapped[int] = mapped_column(BigInteger, default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    watched_at: Mapped[datetime | None] = mapped_column(UtcTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)

    book: Mapped[Book] = relationship()


class RunItem(Model):
    """What a run did with one record: the rows of its page, its CSV and of a preview. `details` of a preview's row say
    what would be sent: act, amount, currency, the function's body, and a fingerprint of it."""

    __tablename__ = "run_item"
    __table_args__ = (
        Index(None, "run_id", "outcome", "id"),
        Index("ix_run_item_sync_row_id", "sync_row_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    sync_row_id: Mapped[int | None] = mapped_column(ForeignKey("sync_row.id"))
    object: Mapped[str] = mapped_column(default="")
    key: Mapped[str] = mapped_column(default="")
    step: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    details: Mapped[JsonDict] = mapped_column(JSON, default=dict, server_default="{}")
    at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)


class Cursor(Model):
    """How far the reading of one object has come. `since` stays fixed for a pass; `last_recordno` moves with each
    stored page, in that page's own transaction. `object` ends in "@" and the entity that the sessions were in, if any:
    what they see is not what others see."""

    __tablename__ = "cursor"
    __table_args__ = (UniqueConstraint("book_id", "object", "document_type"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    object: Mapped[str]
    document_type: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime | None] = mapped_column(UtcTime)
    pass_start: Mapped[datetime | None] = mapped_column(UtcTime)
    last_recordno: Mapped[int] = mapped_column(default=0)
    rows_last_pass: Mapped[int] = mapped_column(default=0)


class Reread(Model):
    """Something to read again by key, however far the cursor has moved: it could not be stored, got a link whose
    history is wanted, vanished, or was met while it had an open posting."""

    __tablename__ = "reread"
    __table_args__ = (UniqueConstraint("book_id", "object", "field", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    object: Mapped[str]
    field: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
