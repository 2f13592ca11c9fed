"""What a command prints and how it ends, for each way in which it can end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.cli.main import Portal
from portal.cli.output import Group, ProcessCommand, dumps, emit, emit_list, say, table
from portal.config import SettingsError
from portal.errors import Busy, Forbidden, InvalidInput, Misused, NotAllowedNow, NotFound


@click.group(cls=Portal)
def cli() -> None:
    """A portal with commands of the test's own."""


class Things(Group):
    """A group whose command ends as the test wants it."""

    command_class = ProcessCommand


def call(body: Callable[[], Any], *arguments: str) -> Result:
    """Run `things do` with this body."""

    @click.group("things", cls=Things)
    def things() -> None:
        """Things."""

    @things.command("do")
    @click.option("--size", type=int)
    def do(size: int | None) -> Any:
        return body()

    class Root(Portal):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return things if cmd_name == "things" else None

    return CliRunner().invoke(Root("portal"), list(arguments or ("things", "do")))


def refuse(error: Exception) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (InvalidInput("No such key.", field="key"), 3, {"code": "invalid", "message": "No such key.", "field": "key"}),
        (Misused("Not like this."), 3, {"code": "misused", "message": "Not like this.", "field": ""}),
        (NotFound("No invoice 7."), 2, {"code": "not_found", "message": "No invoice 7.", "field": ""}),
        (NotAllowedNow("It is void."), 2, {"code": "not_allowed_now", "message": "It is void.", "field": ""}),
        (Forbidden("Not yours."), 2, {"code": "forbidden", "message": "Not yours.", "field": ""}),
        (
            Busy("Sync 12 runs.", run_id=12),
            4,
            {"code": "busy", "message": "Sync 12 runs.", "field": "", "run_id": 12},
        ),
        (
            SettingsError("SECRET_KEY is not set."),
            2,
            {"code": "settings", "message": "SECRET_KEY is not set.", "field": "SECRET_KEY"},
        ),
    ],
)
def test_each_failure_has_its_status_and_its_words(error: Exception, status: int, told: dict[str, Any]) -> None:
    result = call(refuse(error), "things", "do", "--json")
    assert result.exit_code == status
    assert json.loads(result.stdout.splitlines()[-1]) == {"error": told}
    assert str(error) in result.stderr
    plain = call(refuse(error))
    assert (plain.exit_code, plain.stdout) == (status, ""), "without --json an error leaves standard output alone"
    assert plain.stderr == f"error: {error}\n"


@pytest.mark.parametrize(
    "arguments",
    [("things", "do", "--size", "wide"), ("things", "do", "--colour", "red"), ("things", "undo"), ("nothing",)],
)
def test_a_bad_option_or_command_is_misuse(arguments: tuple[str, ...]) -> None:
    result = call(lambda: None, *arguments, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout.splitlines()[-1])["error"]["code"] == "misused"


def test_a_bad_value_names_its_option() -> None:
    result = call(lambda: None, "things", "do", "--size", "wide", "--json")
    assert json.loads(result.stdout)["error"]["field"] == "size"


def test_a_fault_of_ours_is_no_finished_with_problems() -> None:
    result = call(refuse(RuntimeError("oops")), "things", "do", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout.splitlines()[-1])["error"]["code"] == "unexpected"


@pytest.mark.parametrize(
    "arguments", [("--json", "things", "do"), ("things", "--json", "do"), ("things", "do", "--json")]
)
def test_json_may_stand_anywhere(arguments: tuple[str, ...]) -> None:
    result = call(lambda: emit({"id": 7}), *arguments)
    assert (result.exit_code, result.stdout) == (0, '{"id": 7}\n')


def test_with_json_only_the_answer_is_on_standard_output() -> None:
    def body() -> None:
        say("Reading customers ...")
        emit({"id": 7})

    result = call(body, "things", "do", "--json")
    assert result.stdout == '{"id": 7}\n'
    assert result.stderr == "Reading customers ...\n"


def test_a_command_may_finish_with_problems() -> None:
    assert call(lambda: 1).exit_code == 1


def test_a_list_says_how_many_it_holds() -> None:
    result = call(lambda: emit_list([{"id": 1}, {"id": 2}]), "things", "do", "--json")
    assert json.loads(result.stdout) == {"items": [{"id": 1}, {"id": 2}], "count": 2}


def test_amounts_are_exact_numbers_and_dates_are_unix_seconds() -> None:
    told = {
        "total": Decimal("12345678901234.10"),
        "quantity": Decimal("1E+2"),
        "date": date(2026, 1, 1),
        "at": datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC),
    }
    assert dumps(told) == '{"total": 12345678901234.10, "quantity": 100, "date": 1767225600, "at": 1767225630}'
    assert dumps(["ü", None, True, 'a "b"']) == '["\\u00fc", null, true, "a \\"b\\""]'


def test_a_table_aligns_what_it_is_told_to() -> None:
    rows = [("INV-1", "98.50"), ("INV-10", "1,200.00")]
    assert table(("number", "total"), rows, right=(1,)).splitlines() == [
        "number     total",
        "------  --------",
        "INV-1      98.50",
        "INV-10  1,200.00",
    ]
    assert table(("number",), []) == "None."


def test_a_command_runs_in_the_application_it_is_given() -> None:
    @click.group("things", cls=Group)
    def things() -> None:
        """Things."""

    @things.command("name")
    def name() -> None:
        from flask import current_app

        emit({"name": current_app.name})

    result = CliRunner().invoke(things, ["name", "--json"], obj=Flask("given"))
    assert json.loads(result.stdout) == {"name": "given"}


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("no such table: company", "Run: portal db upgrade"),
        ("no such column: run.takeovers", "Run: portal db upgrade"),
        ('relation "company" does not exist', "Run: portal db upgrade"),
        ("column run.takeovers does not exist", "Run: portal db upgrade"),
        (
            'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "books" does not exist',
            "PostgreSQL's administrator makes it: createdb --owner=ROLE books (ROLE is the one in DATABASE_URL)."
            " Then run: portal db upgrade",
        ),
        (
            "permission denied for schema public",
            "PostgreSQL's administrator gives it to the portal's role: ALTER DATABASE NAME OWNER TO ROLE",
        ),
        ('FATAL:  role "portal" does not exist', ""),
        ("database is locked", ""),
    ],
)
def test_what_a_database_refuses_comes_with_what_helps(reason: str, advice: str) -> None:
    result = call(refuse(OperationalError("SELECT 1", None, Exception(reason))), "things", "do", "--json")
    assert result.exit_code == 2
    message = json.loads(result.stdout)["error"]["message"]
    assert message == f"The database (DATABASE_URL) refused: {reason}.{' ' + advice if advice else ''}"
