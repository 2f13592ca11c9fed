"""Problems of the accounting sync as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from portal.models.base import JsonDict
from portal.models.sync import Problem
from portal.problems.catalogue import guide_for
from portal.queries.bodies import seconds
from portal.queries.problems import TAKEN_OUT
from portal.queries.sync_records import Named, named
from portal.sync import choices


def problem_bodies(problems: Sequence[Problem]) -> list[JsonDict]:
    """Each problem: which record it is about, what the matter is, its guide, and what may be decided."""
    records = named([problem.row for problem in problems if problem.row is not None])
    return [_body(problem, records.get(problem.sync_row_id or 0)) for problem in problems]


def problem_body(problem: Problem) -> JsonDict:
    """The body of one problem."""
    return problem_bodies([problem])[0]


def _body(problem: Problem, record: Named | None) -> JsonDict:
    options = choices.options(problem) if problem.closed_at is None else ()
    return {
        "id": problem.id,
        "object": "problem",
        "record": {"object": problem.row.kind, "id": problem.row.record_id} if problem.row is not None else None,
        "number": record.number if record else problem.key,
        "code": problem.code,
        "title": guide_for(problem.guide, problem.code).title,
        "message": problem.text,
        "guide": problem.guide,
        "state": _state(problem),
        "first_seen": seconds(problem.first_seen),
        "last_seen": seconds(problem.last_seen),
        "retry_at": seconds(problem.retry_at),
        "tries": problem.tries,
        "choices": [{"name": option.name, "label": option.label, "needs": option.needs} for option in options],
    }


def _state(problem: Problem) -> str:
    if problem.closed_at is None:
        return "open"
    return "skipped" if problem.row is not None and problem.row.hold in TAKEN_OUT else "closed"
