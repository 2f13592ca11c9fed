"""The command as a script calls it: one process, its output and its exit status."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from portal.app import create_app
from portal.cli.main import cli
from tests.integration.ops.stacks import OURS, open_to_others, portal


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://db.example/portal"),
        ("REDIS_URL", "http://queue.example"),
        ("INTACCT_URL", "ftp://intacct.example"),
        ("SECRET_KEY", "tiny"),
        ("CREDENTIALS_KEYS", "no-key"),
        ("RUN_LEASE", "soon"),
        ("MAIL_URL", "pigeon://loft"),
    ],
)
def test_a_malformed_setting_stops_the_start_with_one_line_that_names_it(
    variable: str, value: str, tmp_path: Path
) -> None:
    given = dict.fromkeys(OURS) | {"PORTAL_DATA": str(tmp_path), variable: value}
    result = CliRunner().invoke(cli, ["db", "upgrade"], obj=create_app, env=given)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {variable} ")
    assert result.stderr.count("\n") == 1
    assert value not in result.stderr


@pytest.mark.parametrize("process", ["web", "worker", "scheduler"])
def test_a_production_process_names_what_is_missing(process: str) -> None:
    result = CliRunner().invoke(cli, [process], obj=create_app, env=dict.fromkeys(OURS))
    assert (result.exit_code, result.stderr) == (2, "error: DATABASE_URL is not set.\n")


def test_every_listed_command_loads_and_explains_itself() -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    assert {"db", "up", "web", "worker", "scheduler", "tick"} <= set(names)
    for name in names:
        command = cli.get_command(context, name)
        assert isinstance(command, click.Command)
        assert command.get_short_help_str(), name


def test_migrating_twice_is_harmless(tmp_path: Path) -> None:
    first, second = (portal("db", "upgrade", "--json", data=tmp_path) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert json.loads(first.stdout)["revision"]


def test_a_command_makes_a_data_folder_that_only_its_owner_reads(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert portal("db", "upgrade", data=tmp_path / "new").returncode == 0
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "portal.db").exists()
    assert open_to_others(tmp_path / "new") == []


def test_a_database_that_was_never_migrated_says_what_to_do(tmp_path: Path) -> None:
    result = portal("companies", "list", data=tmp_path)
    assert result.returncode == 2
    assert "portal db upgrade" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "k" * 32, "CREDENTIALS_KEYS": "A" * 43 + "="}
    url = "postgresql://nobody:hidden-word@127.0.0.1:1/portal"
    result = portal("db", "upgrade", data=tmp_path, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0", **keys)
    assert result.returncode == 2
    assert result.stderr.startswith("error: The database (DATABASE_URL) refused: ")
    assert "hidden-word" not in result.stderr
