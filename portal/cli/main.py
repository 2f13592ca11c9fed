"""The `portal` command: its groups, found by name and loaded only when called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from portal.cli.output import Group, run

COMMANDS = {
    "db": "portal.cli.db:group",
    "companies": "portal.cli.companies:group",
    "users": "portal.cli.users:group",
    "keys": "portal.cli.keys:group",
    "api-keys": "portal.cli.api_keys:group",
    "intacct": "portal.cli.intacct:group",
    "settings": "portal.cli.settings:group",
    "book": "portal.cli.book:group",
    "sync": "portal.cli.sync:group",
    "import": "portal.cli.imports:import_group",
    "imports": "portal.cli.imports:imports_group",
    "problems": "portal.cli.problems:group",
    "tie-out": "portal.cli.tie_out:command",
    "tick": "portal.cli.tick:command",
    "demo": "portal.cli.demo:command",
    "up": "portal.cli.up:command",
    "web": "portal.cli.processes:web",
    "worker": "portal.cli.processes:worker",
    "scheduler": "portal.cli.processes:scheduler",
}


class Portal(Group):
    """The root: loads a group's module when it is called, so that `portal --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, place in COMMANDS.items() if find_spec(place.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, attribute = COMMANDS.get(cmd_name, "").partition(":")
        if not module or not find_spec(module):
            return None
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run the command line and exit with the contract's status. `obj` is what builds the application, or one."""
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        call = super().main
        sys.exit(run(lambda: call(args=given, prog_name=prog_name or "portal", **extra), as_json="--json" in given))


@click.group(cls=Portal, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ar-portal", prog_name="portal")
def cli() -> None:
    """Accounts receivable with a two-way Sage Intacct sync."""
