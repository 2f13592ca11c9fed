"""What every command prints and how it ends: the contract that scripts rely on.

With ``--json`` the last line of standard output is one JSON object and everything else goes to standard error.
A list is ``{"items": [...], "count": n}``, an error ``{"error": {"code", "message", "field"}}``. A group is declared
with ``cls=Group``; its commands then take ``--json`` and run inside the portal's application context by themselves.
"""

from __future__ import annotations

import dataclasses
import json
import re
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from portal import logs
from portal.cli.embedded import open_app
from portal.config import SettingsError
from portal.errors import Busy, InvalidInput, Misused, PortalError

_JSON = "portal.cli.json"

_ADVICE = (
    (r'database "(.+)" does not exist',
     r" PostgreSQL's administrator makes it: createdb --owner=ROLE \1 (ROLE is the one in DATABASE_URL)."
     r" Then run: portal db upgrade"),
    (r"permission denied for schema public",
     " PostgreSQL's administrator gives it to the portal's role: ALTER DATABASE NAME OWNER TO ROLE"),
    (r"no such (table|column)|(relation|column) .+ does not exist", " Run: portal db upgrade"),
)  # fmt: skip
"""What to do about what a database says; the first that fits."""


class ExitCode(IntEnum):
    """How a command ends; scripts branch on it."""

    FINE = 0
    PROBLEMS = 1
    FAILED = 2
    MISUSED = 3
    BUSY = 4
    INTERRUPTED = 130


def wants_json() -> bool:
    """Whether the running command was given ``--json``."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_JSON))


def say(text: str) -> None:
    """A line for people: standard output, or standard error under ``--json``."""
    click.echo(text, err=wants_json())


def emit(thing: Any, human: Callable[[Any], str | None] | None = None) -> None:
    """Print the command's answer: `thing` (a mapping or dataclass) as JSON, or the text that `human(thing)` returns.

    Without `human` each field is a line ``name: value``.
    """
    if wants_json():
        click.echo(dumps(thing))
        return
    text = human(thing) if human else _fields(thing)
    if text:
        click.echo(text)


def emit_list(items: Iterable[Any], human: Callable[[Any], str | None] | None = None) -> None:
    """Print a list as ``{"items": [...], "count": n}``; `human` gets that mapping too."""
    rows = list(items)
    emit({"items": rows, "count": len(rows)}, human or _items)


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[int] = ()) -> str:
    """A plain text table; the columns whose index is in `right` are aligned right. Without rows: "None."."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        return "None."
    widths = [max(len(row[i]) for row in [list(headers), *cells]) for i in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        padded = (cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row))
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), line(["-" * w for w in widths]), *(line(row) for row in cells)])


def dumps(thing: Any) -> str:
    """`thing` as one line of JSON. Decimals become exact numbers, dates and times UNIX seconds (UTC)."""
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {dumps(v)}" for k, v in thing.items()) + "}"
    if isinstance(thing, list | tuple | set | frozenset):
        return "[" + ", ".join(dumps(v) for v in thing) + "]"
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return dumps({f.name: getattr(thing, f.name) for f in dataclasses.fields(thing)})
    return _scalar(thing)


def _scalar(thing: Any) -> str:
    if isinstance(thing, Decimal):
        return format(thing, "f")
    if isinstance(thing, datetime):
        return str(int(thing.timestamp()))
    if isinstance(thing, date):
        return str(int(datetime(thing.year, thing.month, thing.day, tzinfo=UTC).timestamp()))
    if isinstance(thing, Enum):
        return json.dumps(thing.value)
    if isinstance(thing, Path):
        return json.dumps(str(thing))
    return json.dumps(thing, allow_nan=False)


def _fields(thing: Any) -> str:
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        thing = dataclasses.asdict(thing)
    return "\n".join(f"{name}: {value}" for name, value in thing.items())


def _items(listing: dict[str, Any]) -> str:
    return "\n\n".join(_fields(item) for item in listing["items"]) or "None."


def _note_json(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_JSON] = True


def _json_option() -> click.Option:
    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_note_json,
        help="Print one JSON object as the last line of standard output.",
    )


class Command(click.Command):
    """A command that takes ``--json`` and runs inside the portal's application context."""

    opens_app = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())

    def invoke(self, ctx: click.Context) -> Any:
        if not self.opens_app:
            return super().invoke(ctx)
        with open_app(ctx.obj):
            return super().invoke(ctx)


class ProcessCommand(Command):
    """A command that opens no application by itself, such as one that starts processes."""

    opens_app = False


class Group(click.Group):
    """A group whose commands keep the contract. ``--json`` may stand before the sub-command, too."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())


def run(command: Callable[[], Any], as_json: bool) -> int:
    """Call `command` (which may return its exit status) and tell every failure in the contract's words.

    Returns the exit status.
    """
    try:
        result = command()
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return _refuse(error, as_json)
    except (PortalError, SettingsError) as error:
        return _fail(error, as_json)
    except DBAPIError as error:
        return _database_failed(error, as_json)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end like "finished with problems" (status 1)
        return _unexpected(error, as_json)
    return result if isinstance(result, int) else ExitCode.FINE


def _refuse(error: click.ClickException, as_json: bool) -> int:
    option = getattr(error, "param", None)
    field = str(option.name).replace("_", "-") if option is not None and option.name else ""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    hint = f"\n{context.command_path} --help shows how it is used." if context else ""
    _tell({"code": "misused", "message": message, "field": field}, message + hint, as_json)
    return ExitCode.MISUSED


def _fail(error: PortalError | SettingsError, as_json: bool) -> int:
    if isinstance(error, SettingsError):
        _tell({"code": "settings", "message": str(error), "field": str(error).split(" ", 1)[0]}, str(error), as_json)
        return ExitCode.FAILED
    told: dict[str, Any] = {"code": error.code, "message": error.message, "field": error.field}
    if isinstance(error, Busy):
        told["run_id"] = error.run_id
    _tell(told, error.message, as_json)
    if isinstance(error, Busy):
        return ExitCode.BUSY
    return ExitCode.MISUSED if isinstance(error, InvalidInput | Misused) else ExitCode.FAILED


def _database_failed(error: DBAPIError, as_json: bool) -> int:
    reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
    found = ((re.search(pattern, reason), advice) for pattern, advice in _ADVICE)
    hint = next((match.expand(advice) for match, advice in found if match), "")
    text = f"The database (DATABASE_URL) refused: {reason}.{hint}"
    _tell({"code": "database", "message": text, "field": ""}, text, as_json)
    return ExitCode.FAILED


def _unexpected(error: Exception, as_json: bool) -> int:
    click.echo(logs.redacted("".join(traceback.format_exception(error))), err=True)
    text = logs.redacted(f"Unexpected {type(error).__name__}: {error}")
    _tell({"code": "unexpected", "message": text, "field": ""}, text, as_json)
    return ExitCode.FAILED


def _tell(error: dict[str, Any], text: str, as_json: bool) -> None:
    click.echo(f"error: {text}", err=True)
    if as_json:
        click.echo(dumps({"error": error}))
