"""docs/operating.md names every setting, every figure and every place of the log that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from portal.cli.main import cli
from portal.jobs.tick import EVERY_SECONDS

TOP = Path(__file__).resolve().parents[3]
GUIDE = (TOP / "docs" / "operating.md").read_text(encoding="utf-8")


def source(*parts: str) -> str:
    return TOP.joinpath("portal", *parts).read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    settings = set(re.findall(r'read\.\w+\(\s*"([A-Z_]+)"', source("config.py")))
    assert len(settings) > 15
    assert {name for name in settings if f"`{name}`" not in GUIDE} == set()


def test_every_figure_is_explained_and_none_that_is_not_there() -> None:
    written = source("blueprints", "health", "measures.py") + source("blueprints", "health", "views_metrics.py")
    figures = set(re.findall(r'"(portal_[a-z_]+)"', written))
    explained = set(re.findall(r"`(portal_[a-z_]+)", GUIDE))
    assert len(figures) > 20
    assert {name for name in figures if name not in explained and f"{name}_sum" not in explained} == set()
    assert {name for name in explained if name.removesuffix("_sum") not in figures} == set()


def test_every_part_of_readiness_is_named() -> None:
    parts = re.findall(r'^    "([a-z]+)": _', source("blueprints", "health", "views_ready.py"), re.M)
    assert len(parts) == 5
    assert [name for name in parts if f"`{name}`" not in GUIDE] == []


def printed_commands() -> list[list[str]]:
    """Each `portal ...` of a block of code, also by Compose, without comments and what is read from a file."""
    text = "\n".join(re.findall(r"^```\n(.*?)^```$", GUIDE, re.M | re.S)).replace("\\\n", " ")
    lines = (re.sub(r"^docker compose exec (-T )?web ", "", line).partition(" < ")[0] for line in text.splitlines())
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("portal ")]


def test_each_printed_command_is_one_with_these_options() -> None:
    commands = printed_commands()
    assert {("users", "add"), ("intacct", "connect"), ("settings", "set")} <= {tuple(words[:2]) for words in commands}
    for words in commands:
        command, context, rest = cli, click.Context(cli), list(words)
        while isinstance(command, click.Group):
            name = rest.pop(0)
            found = command.get_command(context, name)
            assert found is not None, words
            command, context = found, click.Context(found, info_name=name, parent=context)
        command.parse_args(context, rest)  # raises for an option that is not there, and for a missing one


def test_all_say_how_often_the_tick_comes() -> None:
    assert EVERY_SECONDS == 30
    scheduler = cli.get_command(click.Context(cli), "scheduler")
    assert scheduler is not None
    architecture = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert "twice a minute" in str(scheduler.help)
    assert "twice a minute" in architecture


def test_the_commands_for_operators_are_named() -> None:
    for command in ("portal db upgrade", "portal db backup", "portal keys rotate", "portal keys check", "portal tick"):
        assert command in GUIDE
