"""The tie-out: both sides' balances compared document by document, kept for its page; and its totals day by day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import JsonDict, Model
from portal.models.types import AMOUNT, UtcTime, utcnow


class Cause(StrEnum):
    """Why a document's two balances differ; `UNEXPLAINED` is what no cause was found for."""

    NOT_SYNCED = "not_synced"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    PROBLEM = "problem"
    SKIPPED = "skipped"
    BEFORE_START = "before_start"
    CREDIT_WITHHELD = "credit_withheld"
    CHANGED_HERE = "changed_here"
    CHANGED_THERE = "changed_there"
    GONE_THERE = "gone_there"
    NOT_OURS = "not_ours"
    OVERPAYMENT = "overpayment"
    CURRENCY = "currency"
    OTHER_DATE = "other_date"
    UNEXPLAINED = "unexplained"


class TieOut(Model):
    """One comparison of a book with Intacct's. `as_of` is the day whose balances it shows, None for now; `finished`
    turns true when every document is compared; `unread` says, in sentences, what could not be read."""

    __tablename__ = "tie_out"
    __table_args__ = (Index(None, "book_id", "finished", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), unique=True)
    as_of: Mapped[dt.date | None]
    finished: Mapped[bool] = mapped_column(default=False)
    unread: Mapped[list[str]] = mapped_column(JSON, default=list)
    read_at: Mapped[dt.datetime] = mapped_column(UtcTime, default=utcnow)


class TieOutDocument(Model):
    """A document on both sides. Amounts are signed as they stand in the receivables: payments and credits are negative.

    `difference` = `here_due` - `there_due`, of which `unexplained` has no cause. `customer_key` says whose it is:
    "here:ID", or "there:CUSTOMERID" for a customer that only Intacct has.
    """

    __tablename__ = "tie_out_document"
    __table_args__ = (
        Index(None, "tie_out_id", "kind", "record_id"),
        Index(None, "tie_out_id", "customer_key", "id"),
        Index(None, "tie_out_id", "cause", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tie_out_id: Mapped[int] = mapped_column(ForeignKey("tie_out.id"))
    kind: Mapped[str]
    record_id: Mapped[int | None]
    sync_row_id: Mapped[int | None]
    object: Mapped[str] = mapped_column(default="")
    key: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    number_there: Mapped[str] = mapped_column(default="")
    customer_key: Mapped[str]
    customer_id: Mapped[int | None]
    customer_name: Mapped[str]
    currency: Mapped[str]
    date: Mapped[dt.date | None]
    date_there: Mapped[dt.date | None]
    due_date: Mapped[dt.date | None]
    due_date_there: Mapped[dt.date | None]
    is_here: Mapped[bool]
    is_there: Mapped[bool]
    here_total: Mapped[Decimal] = mapped_column(AMOUNT)
    here_due: Mapped[Decimal] = mapped_column(AMOUNT)
    there_total: Mapped[Decimal] = mapped_column(AMOUNT)
    there_due: Mapped[Decimal] = mapped_column(AMOUNT)
    difference: Mapped[Decimal] = mapped_column(AMOUNT)
    unexplained: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    cause: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    problem_id: Mapped[int | None]


class TieOutCustomer(Model):
    """A customer's balances in one currency: the sums of its documents, `size` the absolute difference."""

    __tablename__ = "tie_out_customer"
    __table_args__ = (Index(None, "tie_out_id", "size", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tie_out_id: Mapped[int] = mapped_column(ForeignKey("tie_out.id"))
    customer_key: Mapped[str]
    customer_id: Mapped[int | None]
    name: Mapped[str]
    currency: Mapped[str]
    here: Mapped[Decimal] = mapped_column(AMOUNT)
    there: Mapped[Decimal] = mapped_column(AMOUNT)
    difference: Mapped[Decimal] = mapped_column(AMOUNT)
    size: Mapped[Decimal] = mapped_column(AMOUNT)
    documents: Mapped[int]
    differing: Mapped[int]


class TieOutMoved(Model):
    """While a tie-out as of a day is made: what was put on, or taken from, a record of Intacct's after that day."""

    __tablename__ = "tie_out_moved"
    __table_args__ = (Index(None, "tie_out_id", "object", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tie_out_id: Mapped[int] = mapped_column(ForeignKey("tie_out.id"))
    object: Mapped[str]
    key: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)


class TieOutDay(Model):
    """How a book stood on a day, by currency, as the day's last tie-out of now found it. `causes`: cause -> amount as
    text; they and `unexplained` add up to `here` - `there`."""

    __tablename__ = "tie_out_day"
    __table_args__ = (UniqueConstraint("book_id", "day", "currency"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    day: Mapped[dt.date]
    currency: Mapped[str]
    here: Mapped[Decimal] = mapped_column(AMOUNT)
    there: Mapped[Decimal] = mapped_column(AMOUNT)
    difference: Mapped[Decimal] = mapped_column(AMOUNT)
    unexplained: Mapped[Decimal] = mapped_column(AMOUNT)
    causes: Mapped[JsonDict] = mapped_column(JSON, default=dict)


class TieOutAlert(Model):
    """When a company's admins are told by mail: whenever the unexplained rest is not zero, and, where a `limit` is
    set, when the difference of a currency is larger."""

    __tablename__ = "tie_out_alert"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    mails: Mapped[bool] = mapped_column(default=True)
    limit: Mapped[Decimal | None] = mapped_column("limit_amount", AMOUNT)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime, default=utcnow, onupdate=utcnow)
