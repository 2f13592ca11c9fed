"""Reads of runs: which there were, what each did, and what it touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Hold, SyncRow
from portal.models.types import utcnow
from portal.queries import sync_records
from portal.queries.paging import Page, no_such_page, page_size
from portal.queries.text import contains

PAGE_SIZE = 50
OBJECTS = ("customers", "invoices", "payments", "credit_notes")
_PAYMENTS_READ = (
    "read.payments_received", "read.payments_changed", "read.payments_voided", "read.credits_received",
)  # fmt: skip
_CREDIT_NOTES_READ = "read.credit_notes_changed"

_SYNCS = (RunKind.SYNC, RunKind.RECORD, RunKind.SETTLE)
_IMPORTS = (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)


@dataclass(frozen=True)
class Figures:
    """What a run did, as counts by object. `read` and `written` name every object, zero or not."""

    read: dict[str, int]
    written: dict[str, int]
    linked: int
    problems: int
    waiting: int
    unknown: int
    settled: int

    @property
    def did_nothing(self) -> bool:
        """Whether no record was written, linked, received or refused. Rows that were read again, as they stand in the
        hour of overlap, are no news, nor is what still waits."""
        moved = any(self.written.values()) or self.read["payments"] or self.read["credit_notes"]
        return not (moved or self.linked or self.problems or self.unknown or self.settled)


@dataclass(frozen=True)
class Untouched:
    """Records that a run left as they are: in both books alike, and taken out by a person."""

    unchanged: int
    skipped: int


@dataclass(frozen=True)
class ItemFilter:
    """Which records of a run a list shows: by what happened, by kind, by a part of the number, the customer's name, or
    what was said. Empty parts leave nothing out."""

    outcomes: Sequence[str] = ()
    kind: str = ""
    words: str = ""


EVERYTHING = ItemFilter()


def get_run(company: Company, run_id: int) -> Run:
    """The company's run. Raises NotFound."""
    run = db.session.scalar(_of(company).where(Run.id == run_id))
    if run is None:
        raise NotFound(f"There is no run {run_id}.", field="run")
    return run


def list_runs(company: Company, *, after: str = "", limit: int = PAGE_SIZE) -> Page[Run]:
    """A page of the company's runs, newest first. Raises InvalidInput for a malformed token."""
    query = _of(company)
    if after:
        query = query.where(Run.id < _token(after))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(Run.id.desc()).limit(limit + 1)))
    return Page(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else "")


def any_ended(book: Book, kinds: Sequence[RunKind]) -> bool:
    """Whether a run of one of these kinds ended well in the book."""
    well = (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)
    query = select(Run.id).where(Run.book_id == book.id, Run.kind.in_(kinds), Run.state.in_(well))
    return db.session.scalar(query.limit(1)) is not None


def last_that_moved(book: Book, since: datetime) -> Run | None:
    """The last run to end after that moment that may have changed how the book stands with Intacct. Of very many the
    newest are looked at."""
    query = select(Run).where(Run.book_id == book.id, Run.kind.in_((*_SYNCS, *_IMPORTS)), Run.ended_at > since)
    newest = db.session.scalars(query.order_by(Run.id.desc()).limit(PAGE_SIZE))
    return next((run for run in newest if run.kind in _IMPORTS or not figures(run.counts).did_nothing), None)


def unended_run(company: Company) -> Run | None:
    """The run that is at work or queued now and keeps others waiting: the one at work first, then the oldest queued."""
    query = _of(company).where(Run.exclusive, Run.state.in_((RunState.RUNNING, RunState.QUEUED)))
    return db.session.scalar(query.order_by(Run.state.desc(), Run.id).limit(1))


def figures(counts: Mapping[str, int]) -> Figures:
    """A run's flat counts, by object."""
    read = {name: counts.get(f"read.{name}", 0) for name in OBJECTS}
    read["payments"] = sum(counts.get(name, 0) for name in _PAYMENTS_READ)
    read["credit_notes"] = counts.get(_CREDIT_NOTES_READ, 0)
    written = {name: counts.get(f"written.{name}", 0) for name in OBJECTS}
    for act in ("applied", "unapplied", "reversed"):
        if done := sum(counts.get(f"{act}.{name}", 0) for name in OBJECTS):
            written[act] = done
    if not_ours := counts.get("read.not_ours", 0):
        read["not_ours"] = not_ours
    linked = sum(counts.get(f"linked.{name}", 0) for name in OBJECTS)
    rest = (counts.get(name, 0) for name in ("problems", "waiting", "unknown", "settled"))
    return Figures(read, written, linked, *rest)


def untouched(run: Run, only_rows: Sequence[int] | None = None) -> Untouched:
    """What the run left as it is, counted now; of a record run only among its own rows."""
    mine = [SyncRow.book_id == run.book_id]
    if only_rows is not None:
        mine.append(SyncRow.id.in_(list(only_rows)))
    touched = exists().where(RunItem.run_id == run.id, RunItem.sync_row_id == SyncRow.id)
    began = run.started_at or run.created_at
    same = select(func.count(SyncRow.id)).where(
        *mine, SyncRow.key != "", SyncRow.hold == Hold.NONE, SyncRow.want_hash == SyncRow.have_hash,
        SyncRow.linked_at < began, ~touched,
    )  # fmt: skip
    skipped = select(func.count(SyncRow.id)).where(*mine, SyncRow.hold == Hold.SKIPPED)
    return Untouched(db.session.scalar(same) or 0, db.session.scalar(skipped) or 0)


def took(run: Run) -> timedelta | None:
    """How long the run has worked, or worked; None while it waits."""
    if run.started_at is None:
        return None
    return (run.ended_at or utcnow()) - run.started_at


def outcome_counts(run: Run) -> dict[str, int]:
    """How many records the run touched, by what happened to them."""
    query = select(RunItem.outcome, func.count(RunItem.id)).where(RunItem.run_id == run.id).group_by(RunItem.outcome)
    return {outcome: count for outcome, count in db.session.execute(query)}


def items(
    run: Run, wanted: ItemFilter = EVERYTHING, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[RunItem]:  # fmt: skip
    """A page of what the run touched, latest first. Raises InvalidInput for a malformed token."""
    query = select(RunItem).where(RunItem.run_id == run.id, *_conditions(wanted))
    if after:
        query = query.where(RunItem.id < _token(after))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(RunItem.id.desc()).limit(limit + 1)))
    return Page(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else "")


def items_of_row(run: Run, sync_row_id: int) -> list[RunItem]:
    """What the run did with one record, oldest first."""
    query = select(RunItem).where(RunItem.run_id == run.id, RunItem.sync_row_id == sync_row_id)
    return list(db.session.scalars(query.order_by(RunItem.id)))


def _conditions(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.outcomes:
        found.append(RunItem.outcome.in_(list(wanted.outcomes)))
    its_row = exists().where(SyncRow.id == RunItem.sync_row_id)
    if wanted.kind:
        found.append(its_row.where(SyncRow.kind == wanted.kind))
    if wanted.words:
        said = contains(wanted.words, RunItem.key, RunItem.text)
        found.append(or_(its_row.where(sync_records.matching(wanted.words)), said))
    return found


def all_items(run: Run) -> Iterator[RunItem]:
    """Everything that the run touched, oldest first, read in portions."""
    last = 0
    while found := list(
        db.session.scalars(
            select(RunItem).where(RunItem.run_id == run.id, RunItem.id > last).order_by(RunItem.id).limit(1000)
        )
    ):
        yield from found
        last = found[-1].id


def rows_of(found: Sequence[RunItem]) -> list[SyncRow]:
    """The sync rows of these items."""
    ids = {item.sync_row_id for item in found if item.sync_row_id}
    return list(db.session.scalars(select(SyncRow).where(SyncRow.id.in_(ids)))) if ids else []


def first_problems(run_ids: Sequence[int]) -> dict[int, RunItem]:
    """The first problem that each run met."""
    first = (
        select(func.min(RunItem.id))
        .where(RunItem.run_id.in_(list(run_ids)), RunItem.outcome == "problem")
        .group_by(RunItem.run_id)
    )
    return {item.run_id: item for item in db.session.scalars(select(RunItem).where(RunItem.id.in_(first)))}


def _of(company: Company) -> Select[Run]:
    return select(Run).join(Book, Book.id == Run.book_id).where(Book.company_id == company.id)


def _token(after: str) -> int:
    if not after.isdecimal() or len(after) > 10:
        raise no_such_page()
    return int(after)
