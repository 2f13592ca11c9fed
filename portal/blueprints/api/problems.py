"""Problems of the accounting sync over the API: list, retry, skip, decide."""

from __future__ import annotations

from portal.blueprints.api.gate import current_actor, current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import found, listed, sent_or_nothing, text_of
from portal.blueprints.api.starting import on_the_queue, request_records
from portal.errors import InvalidInput, NotAllowedNow
from portal.models.sync import Problem, SyncRow
from portal.queries.api_sync import PROBLEMS
from portal.queries.problems import get_problem
from portal.sync import choices
from portal.sync.problem_bodies import bodies, body

TAG = "Problems"
_LONGEST_REASON = 500


@operation(
    "GET", "/problems", tag=TAG, gives="problem", listing=PROBLEMS,
    more="Only open problems, unless `filter[state]` asks for others or for `all`.",
)  # fmt: skip
def list_problems() -> Answer:
    """List records that could not be synced, and why."""
    page = found(PROBLEMS)
    return listed(page, bodies(page.rows))


@operation("GET", "/problems/<id:problem_id>", tag=TAG, gives="problem")
def retrieve_problem(problem_id: int) -> Answer:
    """Retrieve a problem, open or closed."""
    return Answer(body(get_problem(current_company(), problem_id)))


@operation(
    "POST", "/problems/<id:problem_id>/retry", tag=TAG, gives="problem",
    more="The answer's `run_id` is the run that tries it.",
)  # fmt: skip
def retry_problem(problem_id: int) -> Answer:
    """Try the problem's record again now."""
    sent_or_nothing()
    problem = get_problem(current_company(), problem_id)
    _row(problem)
    _refuse_closed(problem)
    run = request_records(choices.retry([problem]))
    return Answer(body(problem) | {"run_id": run.id}, then=on_the_queue(run))


@operation("POST", "/problems/<id:problem_id>/skip", tag=TAG, takes="reason", gives="problem")
def skip_problem(problem_id: int) -> Answer:
    """Leave the problem's record out of every sync until it is taken back. The reason is needed."""
    problem = get_problem(current_company(), problem_id)
    reason = text_of(sent_or_nothing("reason"), "reason")
    if len(reason) > _LONGEST_REASON:
        raise InvalidInput(f"The reason may have at most {_LONGEST_REASON} characters.", field="reason")
    row = _row(problem)
    _refuse_closed(problem)
    choices.skip(row, reason, actor=current_actor())
    return Answer(body(problem))


@operation("POST", "/problems/<id:problem_id>/unskip", tag=TAG, gives="problem")
def unskip_problem(problem_id: int) -> Answer:
    """Take a skipped record back into the sync."""
    sent_or_nothing()
    problem = get_problem(current_company(), problem_id)
    choices.unskip(_row(problem), actor=current_actor())
    return Answer(body(problem))


@operation(
    "POST", "/problems/<id:problem_id>/resolve", tag=TAG, takes="resolution", gives="problem",
    more="What is to be sent goes with the next sync.",
)  # fmt: skip
def resolve_problem(problem_id: int) -> Answer:
    """Carry out one of the problem's choices."""
    problem = get_problem(current_company(), problem_id)
    given = sent_or_nothing("choice", "to")
    choices.resolve(problem, text_of(given, "choice"), to=text_of(given, "to")[:200], actor=current_actor())
    return Answer(body(problem))


def _row(problem: Problem) -> SyncRow:
    if problem.row is None:
        raise NotAllowedNow("This problem is about a record of Intacct's own. Nothing was changed.", field="id")
    return problem.row


def _refuse_closed(problem: Problem) -> None:
    if problem.closed_at is not None:
        raise NotAllowedNow("This problem is closed already. Nothing was changed.", field="id")
