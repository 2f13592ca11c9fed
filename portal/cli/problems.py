"""`portal problems`: what could not be synced and why, tried again, skipped or decided from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, table
from portal.cli.running import perform, told
from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.company import Company
from portal.models.run import RunKind
from portal.models.sync import Hold, Problem, SyncRow
from portal.queries.companies import get_company_by_slug
from portal.queries.problems import closed_of_taken_out, get_problem, open_problems, taken_out
from portal.queries.sync_records import named
from portal.services.audit import Actor
from portal.sync import choices
from portal.sync.problem_bodies import bodies, body

COMMAND_LINE = Actor("command line")
company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")
ids_argument = click.argument("ids", nargs=-1, type=click.IntRange(1), metavar="[ID ...]")


@click.group("problems", cls=Group)
def group() -> None:
    """Records that could not be synced: list, retry, skip, or decide."""


@group.command("list")
@company_option
@ids_argument
@click.option("--state", type=click.Choice(["open", "skipped"]), default="open", show_default=True)
def list_command(slug: str, ids: tuple[int, ...], state: str) -> None:
    """List problems, oldest first; with IDs only those."""
    company = get_company_by_slug(slug)
    found = open_problems(company, ids) if state == "open" else closed_of_taken_out(company)
    emit_list(bodies(found), _table)


@group.command("retry")
@company_option
@ids_argument
def retry(slug: str, ids: tuple[int, ...]) -> int:
    """Try these problems' records again now (all of them without IDs), in this process."""
    company = get_company_by_slug(slug)
    if not any(problem.sync_row_id for problem in open_problems(company, ids)):
        db.session.commit()
        raise NotAllowedNow("There is no open problem to retry. Nothing was sent.")
    return told(company, perform(company, RunKind.RECORD, lambda: choices.retry(open_problems(company, ids))))


@group.command("skip")
@company_option
@ids_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is listed with the record.")
def skip(slug: str, ids: tuple[int, ...], reason: str) -> None:
    """Leave these problems' records (all of them without IDs) out of every sync until they are taken back."""
    company = get_company_by_slug(slug)
    rows = [_row(problem) for problem in _still_open(company, ids)]
    for row in rows:
        choices.skip(row, reason, actor=COMMAND_LINE)
    _commit_and_print(rows)


@group.command("unskip")
@company_option
@ids_argument
def unskip(slug: str, ids: tuple[int, ...]) -> None:
    """Take the records of these problems (all skipped ones without IDs) back into the sync."""
    company = get_company_by_slug(slug)
    if ids:
        rows = [_row(get_problem(company, problem_id)) for problem_id in ids]
    else:
        rows = [row for row in taken_out(company) if row.hold == Hold.SKIPPED]
    for row in rows:
        choices.unskip(row, actor=COMMAND_LINE)
    _commit_and_print(rows)


@group.command("resolve")
@click.argument("problem_id", type=click.IntRange(1), metavar="ID")
@company_option
@click.option("--choice", required=True, metavar="NAME", help="One of the problem's choices, as `list` says them.")
@click.option("--to", default="", metavar="KEY|NUMBER", help="What the choice needs: a record there, or a new number.")
def resolve(problem_id: int, slug: str, choice: str, to: str) -> None:
    """Decide what becomes of one problem. What is to be sent goes with the next sync."""
    problem = get_problem(get_company_by_slug(slug), problem_id)
    choices.resolve(problem, choice, to=to, actor=COMMAND_LINE)
    db.session.commit()
    emit(body(problem), lambda answer: f"Done: {choice}. The problem is {answer['state']} now.")


def _still_open(company: Company, ids: tuple[int, ...]) -> list[Problem]:
    found = open_problems(company, ids)
    closed = set(ids) - {problem.id for problem in found}
    if closed:
        raise NotAllowedNow(f"Problem {min(closed)} is closed already. Nothing was skipped.", field="id")
    return found if ids else [problem for problem in found if problem.row is not None]


def _row(problem: Problem) -> SyncRow:
    if problem.row is None:
        raise NotAllowedNow(
            f"Problem {problem.id} is about a record of Intacct's own. Nothing was changed.", field="id"
        )
    return problem.row


def _commit_and_print(rows: Sequence[SyncRow]) -> None:
    records = named(rows)
    answer = [_body(row, records[row.id].number) for row in rows if row.id in records]
    db.session.commit()
    emit_list(answer, _rows_table)


def _body(row: SyncRow, number: str) -> dict[str, Any]:
    return {
        "object": row.kind,
        "record_id": row.record_id,
        "number": number,
        "state": "skipped" if row.hold else "in the sync",
        "reason": row.hold_reason,
    }


def _table(listing: dict[str, Any]) -> str:
    columns = ("id", "object", "number", "tries", "title", "message")
    return table(columns, [[item[name] for name in columns] for item in listing["items"]], right=(0, 3))


def _rows_table(listing: dict[str, Any]) -> str:
    columns = ("object", "number", "state", "reason")
    return table(columns, [[item[name] for name in columns] for item in listing["items"]])
