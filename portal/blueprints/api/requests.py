"""What a request says: its JSON body, and the page of a list that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import request

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer
from portal.errors import InvalidInput
from portal.models.base import JsonDict
from portal.queries.api_lists import MOST_PER_PAGE, Found, Listing, Wanted, find
from portal.services.bodies import parse

_FILTER = re.compile(r"filter\[(.+)\]")
_LARGEST_PAGE = 10_000_000
_VERSION = "version"
_ECHOES = {"items": ("id", "object"), "applied_to": ("invoice_number", "credit_note_number")}


def sent() -> JsonDict:
    """The body, its decimals exact. Raises InvalidInput for what is no JSON object or holds what no book can keep."""
    try:
        text = request.get_data().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The body is not UTF-8 text. Nothing was saved.", code="encoding") from error
    document = parse(text)
    _refuse_unkeepable(document, "")
    return document


def sent_document() -> JsonDict:
    """The body of a document. What an answer of ours shows and nobody sets may come back in it: ids and numbers."""
    document = sent()
    _drop_echoes(document, ("id", "object"))
    for key, echoes in _ECHOES.items():
        for entry in document[key] if isinstance(document.get(key), list) else ():
            if isinstance(entry, dict):
                _drop_echoes(entry, echoes)
    return document


def _drop_echoes(document: JsonDict, names: tuple[str, ...]) -> None:
    for name in names:
        document.pop(name, None)


def sent_or_nothing(*known: str) -> JsonDict:
    """The body of an action that may come without one. Raises InvalidInput for a key that is not known."""
    document = sent() if request.get_data().strip() else {}
    for key in document:
        if key not in known:
            listed = ", ".join(known) or "none"
            raise InvalidInput(
                f"{key[:60]!r} is not known here. Known are: {listed}.", field=key[:60], code="unknown_key"
            )
    return document


def text_of(document: Mapping[str, Any], key: str) -> str:
    """A text of an action's body; empty where it is absent. Raises InvalidInput for anything else."""
    value = document.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"{key} must be text in quotes.", field=key, code="type")
    return value


def changes() -> tuple[JsonDict, int | None]:
    """The body of a change, and the `version` that it was made from, where the body names one."""
    document = sent_document()
    version = document.pop(_VERSION, None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise InvalidInput("version must be a whole number.", field=_VERSION, code="type")
    return document, version


def found(listing: Listing) -> Found[Any]:
    """The rows of the page that the address asks for. Raises InvalidInput at the parameter that cannot be read."""
    return find(listing, current_company(), _wanted(listing))


def listed(page: Found[Any], bodies: list[JsonDict]) -> Answer:
    """A page of a list: the bare array, how many there are in all, and where the other pages are."""
    headers = {"X-Total-Count": str(page.total), "Link": _links(page)}
    return Answer(bodies, headers=headers)


def _wanted(listing: Listing) -> Wanted:
    filters = {}
    for name, value in request.args.items(multi=True):
        _refuse_unkeepable(value, name)
        if match := _FILTER.fullmatch(name):
            filters[match[1]] = value
    return Wanted(
        page=_whole("page", 1, 1, _LARGEST_PAGE),
        per_page=_whole("per_page", MOST_PER_PAGE, 1, MOST_PER_PAGE),
        sort=request.args.get("sort", ""),
        filters=filters,
        updated_after=_updated_after(),
    )


def _whole(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high):
        raise InvalidInput(f"{name} must be a whole number from {low} to {high}.", field=name)
    return int(text)


def _updated_after() -> datetime | None:
    text = request.args.get("updated_after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise InvalidInput("updated_after must be a time in UNIX seconds, such as 1767225600.", field="updated_after")
    return datetime.fromtimestamp(int(text), UTC)


def _links(page: Found[Any]) -> str:
    last = max(1, -(-page.total // page.per_page))
    places = {"self": page.page, "first": 1}
    if page.page > 1:
        places["previous"] = min(page.page - 1, last)
    if page.page < last:
        places["next"] = page.page + 1
    places["last"] = last
    return ", ".join(f'<{_address(number)}>; rel="{name}"' for name, number in places.items())


def _address(page: int) -> str:
    """This list's address with another page; encoded whole, as commas and semicolons part a Link header."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{request.base_url}?{urlencode([*kept, ('page', page)])}"


def _refuse_unkeepable(thing: Any, at: str) -> None:
    """PostgreSQL keeps neither a zero character nor half of a pair, not even to look for it."""
    if isinstance(thing, str):
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in thing):
            raise InvalidInput("This holds a character that cannot be kept. Remove it.", field=at[:200])
    elif isinstance(thing, dict):
        for key, value in thing.items():
            _refuse_unkeepable(key, at)
            _refuse_unkeepable(value, f"{at}.{key}" if at else key)
    elif isinstance(thing, list):
        for index, value in enumerate(thing):
            _refuse_unkeepable(value, f"{at}.{index}")
