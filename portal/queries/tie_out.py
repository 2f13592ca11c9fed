"""The newest tie-out as pages, the API and the command line show it, and how it stood day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.tie_out import Cause, TieOut, TieOutCustomer, TieOutDay, TieOutDocument
from portal.models.types import AMOUNT
from portal.money import ZERO
from portal.queries.dashboard import Age
from portal.queries.paging import Page, no_such_page, page_size

PAGE_SIZE = 50
DAYS_SHOWN = 60
EARLIEST = dt.date(2000, 1, 1)
_LARGEST = 2**63 - 1
NO_AMOUNT = literal(ZERO, AMOUNT)


@dataclass(frozen=True)
class Total:
    """Both sides in one currency. Here: what invoices owe, less payments and credits not yet applied."""

    currency: str
    here_invoices: Decimal
    here_unapplied: Decimal
    here: Decimal
    there: Decimal
    difference: Decimal
    unexplained: Decimal
    documents: int
    differing: int


@dataclass(frozen=True)
class CauseSum:
    """What one cause makes of the difference in one currency."""

    currency: str
    cause: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class AgeSum:
    """What is open on both sides by age, in one currency."""

    age: Age
    here: Decimal
    there: Decimal


@dataclass(frozen=True)
class Wanted:
    """Which part of a tie-out is asked for; empty parts ask for all."""

    currency: str = ""
    cause: str = ""
    customer_key: str = ""
    text: str = ""
    everything: bool = False
    """Documents that agree, too."""


def newest(company: Company, as_of: dt.date | None = None) -> TieOut | None:
    """The newest finished tie-out of the company's present book, as of now or of a day."""
    query = select(TieOut).join(Book, Book.id == TieOut.book_id).where(Book.company_id == company.id, Book.active)
    query = query.where(TieOut.finished, TieOut.as_of.is_(None) if as_of is None else TieOut.as_of == as_of)
    return db.session.scalar(query.order_by(TieOut.id.desc()).limit(1))


def of_run(run_id: int) -> TieOut | None:
    """The tie-out that a run made."""
    return db.session.scalar(select(TieOut).where(TieOut.run_id == run_id))


def unended(company: Company) -> Run | None:
    """The tie-out that is queued or at work."""
    query = (
        select(Run)
        .join(Book, Book.id == Run.book_id)
        .where(Book.company_id == company.id, Book.active, Run.kind == RunKind.TIE_OUT)
        .where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
    )
    return db.session.scalar(query.order_by(Run.id.desc()).limit(1))


def last_run(company: Company) -> Run | None:
    """The newest run of a tie-out, whatever became of it."""
    query = (
        select(Run)
        .join(Book, Book.id == Run.book_id)
        .where(Book.company_id == company.id, Book.active, Run.kind == RunKind.TIE_OUT)
    )
    return db.session.scalar(query.order_by(Run.id.desc()).limit(1))


def totals(tie_out: TieOut) -> list[Total]:
    """Both sides by currency, the largest difference first."""
    row = TieOutDocument
    invoices = func.sum(case((row.kind == "invoice", row.here_due), else_=NO_AMOUNT))
    unapplied = func.sum(case((row.kind != "invoice", row.here_due), else_=NO_AMOUNT))
    query = (
        select(
            row.currency, invoices, unapplied, func.sum(row.here_due), func.sum(row.there_due),
            func.sum(row.difference), func.sum(row.unexplained), func.count(row.id), _count(row.difference != ZERO),
        )
        .where(row.tie_out_id == tie_out.id)
        .group_by(row.currency)
    )  # fmt: skip
    found = [Total(*line) for line in db.session.execute(query)]
    return sorted(found, key=lambda total: (-abs(total.difference), total.currency))


def causes(tie_out: TieOut, currency: str = "") -> list[CauseSum]:
    """What each cause makes of the difference, the largest first. The unexplained rest is not among them, except of
    documents that have no cause at all, whose `amount` here is 0."""
    row = TieOutDocument
    # Two sums: the difference of two columns would lose the amounts' column type.
    query = (
        select(row.currency, row.cause, func.count(row.id), func.sum(row.difference), func.sum(row.unexplained))
        .where(row.tie_out_id == tie_out.id, row.difference != ZERO)
        .group_by(row.currency, row.cause)
    )
    if currency:
        query = query.where(row.currency == currency)
    found = [
        CauseSum(code, cause, count, whole - rest) for code, cause, count, whole, rest in db.session.execute(query)
    ]
    return sorted(found, key=lambda one: (one.currency, -abs(one.amount), one.cause))


def count_unexplained(tie_out: TieOut, currency: str) -> int:
    """How many documents have a rest without a cause."""
    row = TieOutDocument
    query = select(func.count(row.id)).where(
        row.tie_out_id == tie_out.id, row.currency == currency, row.unexplained != ZERO
    )
    return db.session.scalar(query) or 0


def customers(tie_out: TieOut, wanted: Wanted, *, after: str = "", limit: int = PAGE_SIZE) -> Page[TieOutCustomer]:
    """A page of customers, the largest difference first; only those that differ unless everything is wanted."""
    row = TieOutCustomer
    query = select(row).where(row.tie_out_id == tie_out.id)
    if wanted.currency:
        query = query.where(row.currency == wanted.currency)
    if wanted.customer_key:
        query = query.where(row.customer_key == wanted.customer_key)
    if not wanted.everything:
        query = query.where(row.differing > 0)
    if wanted.text or wanted.cause:
        found = _documents(tie_out, Wanted(wanted.currency, wanted.cause, "", wanted.text, wanted.everything))
        query = query.where(row.customer_key.in_(found.with_only_columns(TieOutDocument.customer_key)))
    if after:
        size, id_ = _token(after)
        query = query.where(or_(row.size < size, (row.size == size) & (row.id > id_)))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(row.size.desc(), row.id).limit(limit + 1)))
    items = rows[:limit]
    return Page(items, f"{items[-1].size}:{items[-1].id}" if len(rows) > limit else "")


def count_customers(tie_out: TieOut, currency: str) -> tuple[int, int]:
    """(customers, those that differ) in a currency."""
    row = TieOutCustomer
    query = select(func.count(row.id), _count(row.differing > 0)).where(row.tie_out_id == tie_out.id)
    count, differing = db.session.execute(query.where(row.currency == currency)).one()
    return count, differing or 0


def documents(tie_out: TieOut, wanted: Wanted, *, after: str = "", limit: int = PAGE_SIZE) -> Page[TieOutDocument]:
    """A page of documents in the order in which they were met; only those that differ unless everything is wanted."""
    query = _documents(tie_out, wanted)
    if after:
        query = query.where(TieOutDocument.id > _whole(after))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(TieOutDocument.id).limit(limit + 1)))
    return Page(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else "")


def all_documents(tie_out: TieOut, wanted: Wanted) -> Iterator[TieOutDocument]:
    """Every document of a part, read a piece at a time."""
    after = ""
    while True:
        page = documents(tie_out, wanted, after=after, limit=1000)
        yield from page.items
        after = page.next_after
        if not after:
            return


def agreeing(tie_out: TieOut, customer_key: str, currency: str) -> tuple[int, Decimal]:
    """How many documents of a customer agree, and what is open of them on either side."""
    row = TieOutDocument
    query = select(func.count(row.id), func.coalesce(func.sum(row.here_due), NO_AMOUNT)).where(
        row.tie_out_id == tie_out.id, row.customer_key == customer_key, row.currency == currency,
        row.difference == ZERO,
    )  # fmt: skip
    count, amount = db.session.execute(query).one()
    return count, amount


def aging(tie_out: TieOut, currency: str, today: dt.date) -> list[AgeSum]:
    """What invoices owe on both sides by how late it is on the day that the tie-out shows; credits by none."""
    here = _by_age(tie_out, currency, TieOutDocument.due_date, TieOutDocument.here_due, today)
    there = _by_age(tie_out, currency, TieOutDocument.due_date_there, TieOutDocument.there_due, today)
    return [AgeSum(age, here.get(age, ZERO), there.get(age, ZERO)) for age in Age]


def days(book_id: int, currency: str, limit: int = DAYS_SHOWN) -> list[TieOutDay]:
    """How the book stood on its last days, the oldest first."""
    query = select(TieOutDay).where(TieOutDay.book_id == book_id, TieOutDay.currency == currency)
    return list(db.session.scalars(query.order_by(TieOutDay.day.desc()).limit(limit)))[::-1]


def sums_of(tie_out: TieOut) -> list[TieOutDay]:
    """A tie-out's sums as they were kept for its day, by currency, the largest difference first."""
    found = db.session.scalars(
        select(TieOutDay).where(TieOutDay.book_id == tie_out.book_id, TieOutDay.run_id == tie_out.run_id)
    )
    return sorted(found, key=lambda one: (-abs(one.difference), one.currency))


def _documents(tie_out: TieOut, wanted: Wanted) -> Select[Any]:
    row = TieOutDocument
    query = select(row).where(row.tie_out_id == tie_out.id)
    if not wanted.everything:
        query = query.where(row.difference != ZERO)
    if wanted.currency:
        query = query.where(row.currency == wanted.currency)
    if wanted.cause == Cause.UNEXPLAINED:
        query = query.where(row.unexplained != ZERO)
    elif wanted.cause:
        query = query.where(row.cause == wanted.cause)
    if wanted.customer_key:
        query = query.where(row.customer_key == wanted.customer_key)
    if wanted.text:
        sought = f"%{_escaped(wanted.text.lower())}%"
        texts = (row.number, row.number_there, row.customer_name)
        query = query.where(or_(*(func.lower(text).like(sought, escape="\\") for text in texts)))
    return query


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _count(condition: ColumnElement[bool]) -> Any:
    return func.count(case((condition, 1)))


def _by_age(tie_out: TieOut, currency: str, due: Any, amount: Any, today: dt.date) -> dict[Age, Decimal]:
    age = case(
        (due >= today, Age.CURRENT.value),
        (due >= today - dt.timedelta(days=30), Age.UP_TO_30.value),
        (due >= today - dt.timedelta(days=60), Age.UP_TO_60.value),
        (due >= today - dt.timedelta(days=90), Age.UP_TO_90.value),
        else_=Age.OVER_90.value,
    )
    query = (
        select(age, func.sum(amount))
        .where(TieOutDocument.tie_out_id == tie_out.id, TieOutDocument.currency == currency)
        .where(TieOutDocument.kind == "invoice", due.is_not(None))
        .group_by(age)
    )
    return {Age(word): total for word, total in db.session.execute(query)}


def _token(after: str) -> tuple[Decimal, int]:
    size, _, id_ = after.partition(":")
    if not size.replace(".", "", 1).isdecimal() or len(size) > 18:
        raise no_such_page()
    return Decimal(size), _whole(id_)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise no_such_page()
    return min(int(text), _LARGEST)


def parse_as_of(text: str, today: dt.date) -> dt.date | None:
    """The day of "2026-03-31", None for nothing. Raises InvalidInput for what is no date, or a day to come."""
    if not text.strip():
        return None
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day < EARLIEST:
        raise InvalidInput("Write the day as 2026-01-31, or leave it empty for now.", field="as_of")
    if day > today:
        raise InvalidInput(
            f"{day.isoformat()} is still to come. Nothing was compared. Leave it empty for now.", field="as_of"
        )
    return day
