"""`portal settings`: what a company chose for its accounting sync."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import click

from portal.cli.intacct import COMMAND_LINE, company_option, refresh_lists
from portal.cli.output import Group, emit, say, table
from portal.errors import InvalidInput, Misused, PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.queries.companies import get_company_by_slug
from portal.queries.connections import find_book, find_connection
from portal.services import intacct_lists, integration_settings
from portal.services.integration_settings import Choices
from portal.services.integration_values import SETTINGS, Stored
from portal.sync import previews

_PAIR = re.compile(r"([A-Za-z0-9_.-]+)(:=|=)(.*)", re.DOTALL)


@click.group("settings", cls=Group)
def group() -> None:
    """What a company chose for its accounting sync."""


@group.command("show")
@company_option
def show(slug: str) -> None:
    """Print all settings."""
    company = get_company_by_slug(slug)
    emit(_answer(company, integration_settings.load(company.id)), _told)


@group.command("set")
@company_option
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=TEXT | KEY:=JSON ...")
def set_command(slug: str, pairs: tuple[str, ...]) -> None:
    """Change settings: KEY=TEXT takes the text as it is, KEY:=JSON takes a JSON value. All are taken or none."""
    company = get_company_by_slug(slug)
    wanted = parse_pairs(pairs)
    _know_lists(company, wanted)
    try:
        choices = integration_settings.change(company, wanted, actor=COMMAND_LINE)
    except InvalidInput as error:
        if not any(fault.code == "not_in_list" for fault in error.all) or not _refreshed(company):
            raise
        # It may have been added in Intacct since the lists were read.
        choices = integration_settings.change(company, wanted, actor=COMMAND_LINE)
    db.session.commit()
    emit(_answer(company, choices), _told)


def parse_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """The values by key. Raises Misused for what is no pair, bad JSON, or a key given twice."""
    wanted: dict[str, Any] = {}
    for pair in pairs:
        found = _PAIR.fullmatch(pair)
        if found is None:
            raise Misused(f"{pair!r} is neither KEY=TEXT nor KEY:=JSON. Nothing was saved.", field=pair)
        key, sign, text = found.groups()
        if key in wanted:
            raise Misused(f"{key} is given twice. Nothing was saved.", field=key)
        wanted[key] = _json(key, text) if sign == ":=" else text
    return wanted


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise Misused(f"{key}: {text!r} is not JSON ({error}). Nothing was saved.", field=key) from None


def _know_lists(company: Company, wanted: Mapping[str, Any]) -> None:
    """Make sure that the lists which the values are looked up in were asked for once."""
    book = find_book(company)
    needed = {kind for key in wanted if key in SETTINGS for kind in SETTINGS[key].lists}
    if book is not None and needed - intacct_lists.known(book).keys():
        _refreshed(company)


def _refreshed(company: Company) -> bool:
    """Whether the lists could be read anew."""
    found = find_connection(company)
    if found is None or not found.connected:
        return False
    try:
        refresh_lists(company)
    except PortalError as error:
        db.session.rollback()
        say(f"The lists of accounts could not be read: {error.message}")
        return False
    return True


def _answer(company: Company, choices: Choices) -> dict[str, Any]:
    book = find_book(company)
    return {
        "object": "integration_settings",
        "company": company.slug,
        **integration_settings.values(choices),
        "missing": [{"key": key, "message": message} for key, message in integration_settings.missing(choices)],
        "warnings": previews.warnings(choices, book.id) if book is not None else [],
    }


def _told(answer: dict[str, Any]) -> str:
    rows = [(key, _shown(answer[key]), setting.label) for key, setting in SETTINGS.items()]
    lines = [
        table(("key", "value", "meaning"), rows),
        "",
        *(item["message"] for item in answer["missing"]),
        *answer["warnings"],
    ]
    return "\n".join(lines).rstrip()


def _shown(value: Stored) -> str:
    if isinstance(value, bool | int | list):
        return json.dumps(value)
    return value or ""
