"""Problems as the JSON of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.models.sync import Problem
from portal.problems.catalogue import guide_for
from portal.queries.problems import TAKEN_OUT
from portal.queries.sync_records import Named, named
from portal.sync import choices


def bodies(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Each problem: whose it is, what the matter is, its guide, and what may be decided."""
    records = named([problem.row for problem in problems if problem.row is not None])
    return [_body(problem, records.get(problem.sync_row_id or 0)) for problem in problems]


def state(problem: Problem) -> str:
    """open, skipped (its record was taken out of the sync), or closed."""
    if problem.closed_at is None:
        return "open"
    return "skipped" if problem.row is not None and problem.row.hold in TAKEN_OUT else "closed"


def _body(problem: Problem, record: Named | None) -> dict[str, Any]:
    return {
        "id": problem.id,
        "object": record.kind if record else problem.object,
        "number": record.number if record else problem.key,
        "code": problem.code,
        "title": guide_for(problem.guide, problem.code).title,
        "message": problem.text,
        "guide": problem.guide,
        "state": state(problem),
        "first_seen": problem.first_seen,
        "last_seen": problem.last_seen,
        "tries": problem.tries,
        "retry_at": problem.retry_at,
        "choices": [
            {"name": option.name, "label": option.label, "needs": option.needs} for option in _options(problem)
        ],
        "details": problem.details,
    }


def _options(problem: Problem) -> Sequence[choices.Option]:
    return choices.options(problem) if problem.closed_at is None else ()
