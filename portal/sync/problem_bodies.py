"""Problems as the JSON of the contract: the command line and the API print the same body.

It stands beside the choices, above the queries: what may be decided about a problem is part of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.models.base import JsonDict
from portal.models.sync import Problem
from portal.problems.catalogue import guide_for
from portal.queries.bodies import seconds
from portal.queries.problems import TAKEN_OUT
from portal.queries.sync_records import Named, named
from portal.sync.choice_options import options


def bodies(problems: Sequence[Problem]) -> list[JsonDict]:
    """Each problem: which record it is about, what the matter is, its guide, and what may be decided."""
    records = named([problem.row for problem in problems if problem.row is not None])
    return [_body(problem, records.get(problem.sync_row_id or 0)) for problem in problems]


def body(problem: Problem) -> JsonDict:
    """The body of one problem."""
    return bodies([problem])[0]


def state(problem: Problem) -> str:
    """open, skipped (its record was taken out of the sync), or closed."""
    if problem.closed_at is None:
        return "open"
    return "skipped" if problem.row is not None and problem.row.hold in TAKEN_OUT else "closed"


def _body(problem: Problem, record: Named | None) -> JsonDict:
    """`object` is the record's own kind, or Intacct's object where only Intacct has it; `record` is null then."""
    return {
        "id": problem.id,
        "object": record.kind if record else problem.object,
        "record": {"object": record.kind, "id": record.record_id} if record else None,
        "number": record.number if record else problem.key,
        "code": problem.code,
        "title": guide_for(problem.guide, problem.code).title,
        "message": problem.text,
        "guide": problem.guide,
        "state": state(problem),
        "first_seen": seconds(problem.first_seen),
        "last_seen": seconds(problem.last_seen),
        "tries": problem.tries,
        "retry_at": seconds(problem.retry_at),
        "closed_at": seconds(problem.closed_at),
        "closed_by": problem.closed_by,
        "choices": [
            {"name": option.name, "label": option.label, "needs": option.needs}
            for option in (options(problem) if problem.closed_at is None else ())
        ],
        "details": problem.details,
    }
