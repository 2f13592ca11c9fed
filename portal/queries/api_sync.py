"""What runs and problems of the accounting sync may be sorted and filtered by in the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import joinedload

from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Problem, SyncRow
from portal.queries.api_lists import Listing, exactly, word
from portal.queries.problems import TAKEN_OUT


class ProblemState(StrEnum):
    """Which problems a list shows."""

    OPEN = "open"
    SKIPPED = "skipped"
    CLOSED = "closed"
    ALL = "all"


def _runs(company: Company) -> Select[Any]:
    return select(Run).join(Book, Book.id == Run.book_id).where(Book.company_id == company.id)


RUNS = Listing(
    rows=_runs,
    id=Run.id,
    changed=func.coalesce(Run.ended_at, Run.started_at, Run.created_at),
    sorts={"id": Run.id, "created_at": Run.created_at},
    filters={
        "status": word(RunState, lambda _company, value: Run.state == value),
        "kind": word(RunKind, lambda _company, value: Run.kind == value),
    },
)


def _problems(company: Company) -> Select[Any]:
    query = select(Problem).join(Book, Book.id == Problem.book_id).where(Book.company_id == company.id, Book.active)
    return query.options(joinedload(Problem.row))


def _in_state(_company: Company, value: str) -> ColumnElement[bool]:
    taken_out = exists().where(SyncRow.id == Problem.sync_row_id, SyncRow.hold.in_(TAKEN_OUT))
    conditions: dict[str, ColumnElement[bool]] = {
        ProblemState.OPEN: Problem.closed_at.is_(None),
        ProblemState.SKIPPED: Problem.closed_at.is_not(None) & taken_out,
        ProblemState.CLOSED: Problem.closed_at.is_not(None) & ~taken_out,
        ProblemState.ALL: true(),
    }
    return conditions[value]


PROBLEMS = Listing(
    rows=_problems,
    id=Problem.id,
    changed=Problem.last_seen,
    sorts={"id": Problem.id, "first_seen": Problem.first_seen, "last_seen": Problem.last_seen},
    filters={"state": word(ProblemState, _in_state), "code": exactly(Problem.code), "guide": exactly(Problem.guide)},
    unless_filtered={"state": ProblemState.OPEN.value},
)
