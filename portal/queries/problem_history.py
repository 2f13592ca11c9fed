"""What happened to the record of a problem before: attempts to write it, runs that met it, and what people wrote."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal.extensions import db
from portal.models.inbox import ProblemNote
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import Posting, Problem
from portal.models.types import utcnow

MOST_SHOWN = 60


@dataclass(frozen=True)
class Tried:
    """One line of the history. `what` is posting, run or problem; `state` the posting's state or the item's outcome."""

    at: datetime
    what: str
    state: str
    text: str
    run_id: int | None = None


def tries(problem: Problem) -> list[Tried]:
    """Everything that was tried for the record of `problem`, newest first, the earlier problems among it."""
    found = [*_earlier(problem), *_items(problem)]
    if problem.sync_row_id:
        found += _postings(problem.sync_row_id)
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:MOST_SHOWN]


def notes(problem: Problem) -> list[ProblemNote]:
    """What people wrote about this problem and the earlier ones of its record, oldest first."""
    query = select(ProblemNote).join(Problem, Problem.id == ProblemNote.problem_id).where(_same_record(problem))
    return list(db.session.scalars(query.order_by(ProblemNote.id)))


def note_counts(problem_ids: Collection[int]) -> dict[int, int]:
    """How many notes each of these problems has; those without any are left out."""
    if not problem_ids:
        return {}
    query = select(ProblemNote.problem_id, func.count(ProblemNote.id)).group_by(ProblemNote.problem_id)
    found = db.session.execute(query.where(ProblemNote.problem_id.in_(list(problem_ids))))
    return {problem_id: count for problem_id, count in found}


def _same_record(problem: Problem) -> ColumnElement[bool]:
    if problem.sync_row_id:
        return Problem.sync_row_id == problem.sync_row_id
    return (
        Problem.sync_row_id.is_(None)
        & (Problem.book_id == problem.book_id)
        & (Problem.object == problem.object)
        & (Problem.key == problem.key)
    )


def _earlier(problem: Problem) -> list[Tried]:
    query = select(Problem).where(_same_record(problem), Problem.closed_at.is_not(None))
    return [
        Tried(found.closed_at or utcnow(), "problem", "closed", found.text, None)
        for found in db.session.scalars(query.order_by(Problem.id.desc()).limit(MOST_SHOWN))
    ]


def _items(problem: Problem) -> list[Tried]:
    query = select(RunItem).join(Run, Run.id == RunItem.run_id).where(Run.kind != RunKind.PREVIEW)
    if problem.sync_row_id:
        query = query.where(RunItem.sync_row_id == problem.sync_row_id)
    else:
        query = query.where(
            Run.book_id == problem.book_id, RunItem.object == problem.object, RunItem.key == problem.key
        )
    return [
        Tried(item.at, "run", item.outcome, item.text, item.run_id)
        for item in db.session.scalars(query.order_by(RunItem.id.desc()).limit(MOST_SHOWN))
    ]


def _postings(sync_row_id: int) -> list[Tried]:
    query = select(Posting).where(Posting.sync_row_id == sync_row_id).order_by(Posting.seq.desc()).limit(MOST_SHOWN)
    return [
        Tried(posting.sent_at, "posting", posting.state, posting.act, posting.run_id)
        for posting in db.session.scalars(query)
    ]
