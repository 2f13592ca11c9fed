"""What each record should be in Intacct and what it is there: sync rows, pairs, postings and problems."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import JsonDict, Model, Origin, one_of
from portal.models.types import AMOUNT, UtcTime, utcnow


class Kind(StrEnum):
    """What a sync row stands for."""

    CUSTOMER = "customer"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"


SOURCES = (Kind.PAYMENT, Kind.CREDIT_NOTE)
"""What lies on invoices: their pairs say how much of it, here and there."""


class Hold(StrEnum):
    """Why nothing is sent for a record, on purpose. The empty word holds nothing."""

    NONE = ""
    SKIPPED = "skipped"
    BEFORE_START = "before_start"
    FORMER_BOOK = "former_book"
    LEFT = "left"


LEFT_WITH_INVOICE = "left alone with its invoice, which is not sent to Intacct"
"""Why a payment is left that pays only such invoices; the next change of it takes the hold back."""


BY_HAND = "by_hand"
"""The hold of a pair whose money stays out of Intacct with its invoice, until somebody has booked it there by hand or
says that it is to be posted."""


FULL_CREDIT = "full_credit"
"""The hold of a pair whose credit settles its invoice in full and is not carried over."""

SETTLES_IN_FULL = (
    "settles a whole invoice: such a credit is not carried over to Intacct while the setting"
    ' "Sync credits that settle a whole invoice" is off'
)
"""Why a credit note is left of which nothing else remains; the next change of what lies on the invoice judges anew."""

SETTLED_BY_CREDIT = "settled_by_credit"
"""In `seen_there` of an invoice: the credits that settle it in full in Intacct and are not carried over, in words."""

GONE = "gone"
"""In `seen_there` of a payment or credit note of ours: a look by its key did not find it in Intacct any more."""

TOTAL_NOW = "total_now"
"""In `seen_there`: its total as it was last read, where somebody changed it in Intacct; `total` is what was sent."""

KEPT_AS = {"NEGATIVEINVOICE": "ARINVOICE", "INLINECREDIT": "ARINVOICE", "DISCOUNT": "ARPYMT"}
"""The object in Intacct behind a source that is only a part of it; every other source is an object itself."""

CREDITS = ("ARADJUSTMENT", "NEGATIVEINVOICE", "INLINECREDIT", "DISCOUNT")
"""What a credit of Intacct's is taken from: adjustments, negative invoices, negative lines of other invoices, and
discounts (known by the payment that took them)."""


class SyncRow(Model):
    """One record of ours in one book.

    `want_hash` is what should be there, `have_hash` what is there ('' = nothing; never null, so that the partial
    index means the same on SQLite and PostgreSQL). `object` and `key` say where it is; `part` tells the portal
    customers of a shared receipt apart.
    """

    __tablename__ = "sync_row"
    __table_args__ = (
        UniqueConstraint("book_id", "kind", "record_id"),
        UniqueConstraint("book_id", "ref"),
        one_of("kind", Kind),
        one_of("hold", Hold),
        one_of("origin", Origin),
        CheckConstraint("(key = '') = (object = '')", name="object_with_key"),
        Index("uq_sync_row_there", "book_id", "object", "key", "part", unique=True,
              sqlite_where=text("key <> ''"), postgresql_where=text("key <> ''")),
        Index("ix_sync_row_to_send", "book_id", "kind", "id",
              sqlite_where=text("want_hash <> have_hash AND hold = ''"),
              postgresql_where=text("want_hash <> have_hash AND hold = ''")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    kind: Mapped[str]
    record_id: Mapped[int]
    origin: Mapped[str] = mapped_column(default=Origin.PORTAL)
    ref: Mapped[str]
    want_hash: Mapped[str] = mapped_column(default="")
    have_hash: Mapped[str] = mapped_column(default="")
    hold: Mapped[str] = mapped_column(default=Hold.NONE)
    hold_reason: Mapped[str] = mapped_column(default="")
    object: Mapped[str] = mapped_column(default="")
    key: Mapped[str] = mapped_column(default="")
    part: Mapped[str] = mapped_column(default="")
    number_there: Mapped[str] = mapped_column(default="")
    docid: Mapped[str] = mapped_column(default="")
    entity: Mapped[str] = mapped_column(default="")
    seen_there: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    waiting_for: Mapped[str] = mapped_column(default="")
    post_on: Mapped[date | None] = mapped_column(Date)
    """The posting date there by a person's choice, where the record's own lies in a period that is closed there."""
    linked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    synced_at: Mapped[datetime | None] = mapped_column(UtcTime)


class FormerKey(Model):
    """A key of Intacct's that was ours until we reversed or deleted it; whatever it says now voids nothing here."""

    __tablename__ = "former_key"
    __table_args__ = (UniqueConstraint("book_id", "object", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    sync_row_id: Mapped[int] = mapped_column(ForeignKey("sync_row.id"))
    object: Mapped[str]
    key: Mapped[str]


class Pair(Model):
    """Money of one source on one invoice, both sides: `applied_here` follows our application, `applied_there` the
    sum of Intacct's rows. Reading carries only the change of `applied_there` into our book."""

    __tablename__ = "pair"
    __table_args__ = (
        UniqueConstraint("source_row_id", "invoice_row_id"),
        Index("ix_pair_invoice_row_id", "invoice_row_id"),
        Index("ix_pair_to_send", "source_row_id",
              sqlite_where=text("applied_here <> applied_there AND hold = ''"),
              postgresql_where=text("applied_here <> applied_there AND hold = ''")),
        Index("ix_pair_held", "source_row_id", sqlite_where=text("hold <> ''"), postgresql_where=text("hold <> ''")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    source_row_id: Mapped[int] = mapped_column(ForeignKey("sync_row.id"))
    invoice_row_id: Mapped[int] = mapped_column(ForeignKey("sync_row.id"))
    applied_here: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    applied_there: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    hold: Mapped[str] = mapped_column(default="")

    source: Mapped[SyncRow] = relationship(foreign_keys=[source_row_id])
    invoice: Mapped[SyncRow] = relationship(foreign_keys=[invoice_row_id])


class Act(StrEnum):
    """What a posting asks of Intacct."""

    CREATE = "create"
    UPDATE = "update"
    APPLY = "apply"
    REVERSE = "reverse"
    DELETE = "delete"


class PostingState(StrEnum):
    """Open means: it may be there. Only an answer or a look ends that."""

    OPEN = "open"
    POSTED = "posted"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"


class Posting(Model):
    """One attempt to write a record, its body frozen as sent. At most one is open for a record."""

    __tablename__ = "posting"
    __table_args__ = (
        UniqueConstraint("sync_row_id", "seq"),
        one_of("act", Act),
        one_of("state", PostingState),
        Index("uq_posting_open", "sync_row_id", unique=True,
              sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_posting_unposted", "state", "sent_at",
              sqlite_where=text("state <> 'posted'"), postgresql_where=text("state <> 'posted'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    sync_row_id: Mapped[int] = mapped_column(ForeignKey("sync_row.id"))
    seq: Mapped[int]
    act: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[str]
    facts: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    intacct_company_id: Mapped[str]
    entity: Mapped[str] = mapped_column(default="")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    sent_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    send_before: Mapped[datetime] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default=PostingState.OPEN)
    answer: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    key: Mapped[str] = mapped_column(default="")

    row: Mapped[SyncRow] = relationship()


class Problem(Model):
    """One record that could not be synced: the newest failure, since when, how often, and when it is tried again."""

    __tablename__ = "problem"
    __table_args__ = (
        Index("uq_problem_row_open", "sync_row_id", unique=True,
              sqlite_where=text("closed_at IS NULL AND sync_row_id IS NOT NULL"),
              postgresql_where=text("closed_at IS NULL AND sync_row_id IS NOT NULL")),
        Index("uq_problem_there_open", "book_id", "object", "key", unique=True,
              sqlite_where=text("closed_at IS NULL AND sync_row_id IS NULL"),
              postgresql_where=text("closed_at IS NULL AND sync_row_id IS NULL")),
        Index(None, "book_id", "closed_at", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    sync_row_id: Mapped[int | None] = mapped_column(ForeignKey("sync_row.id"))
    object: Mapped[str] = mapped_column(default="")
    key: Mapped[str] = mapped_column(default="")
    code: Mapped[str]
    guide: Mapped[str]
    text: Mapped[str]
    details: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    tries: Mapped[int] = mapped_column(default=1)
    retry_at: Mapped[datetime | None] = mapped_column(UtcTime)
    first_seen: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    last_seen: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by: Mapped[str] = mapped_column(default="")

    row: Mapped[SyncRow | None] = relationship()


class IntacctCustomer(Model):
    """The directory of Intacct's customers against which names are matched, refreshed by its own cursor."""

    __tablename__ = "intacct_customer"
    __table_args__ = (Index(None, "book_id", "name_key"), Index(None, "book_id", "customer_id"))

    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    recordno: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    entity: Mapped[str] = mapped_column(default="")
