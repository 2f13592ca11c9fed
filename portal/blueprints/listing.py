"""Lists: filters from the address, links that change one thing of it, sums in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, request, url_for

from portal.blueprints.forms import parse_typed_date
from portal.blueprints.urls import LARGEST_ID


def text_arg(name: str, longest: int = 200) -> str:
    """What the address says under `name`, as text that a database can search for."""
    text = request.args.get(name, "")[:longest]
    return "".join(letter for letter in text if letter.isprintable()).strip()


def id_arg(name: str) -> int | None:
    """The id that the address gives under `name`; None when it gives none that could be one."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 11 and 0 < int(text) <= LARGEST_ID else None


def date_arg(name: str) -> date | None:
    """The date that the address gives under `name`; None when it gives none."""
    try:
        return parse_typed_date(text_arg(name))
    except ValueError:
        return None


def with_args(**changes: str | int | None) -> str:
    """The address of this list with some of its filter changed; None leaves a part out. Paging starts anew."""
    kept = {name: value for name, value in request.args.items() if name != "after" and value}
    wanted = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **wanted})


def list_url(endpoint: str) -> str:
    """The address of a list with the filter that this address carries; what was ticked and is to be done stays out."""
    left_out = ("after", "id", "all", "do")
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name not in left_out and value}
    return url_for(endpoint, **kept)


def sort_args(key: str, current: str) -> tuple[str, str | None]:
    """The order that the head of a column leads to, and what `aria-sort` says of it now (None: not sorted by it)."""
    if current == key:
        return f"-{key}", "ascending"
    if current == f"-{key}":
        return key, "descending"
    return (f"-{key}" if key in _FALLING_FIRST else key), None


_FALLING_FIRST = ("date", "due_date", "total", "balance")


def init_listing(app: Flask) -> None:
    """Give the templates of `app` the links of lists."""
    app.add_template_global(with_args)
    app.add_template_global(sort_args)
    app.add_template_global(list_url)
