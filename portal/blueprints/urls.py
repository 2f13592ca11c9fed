"""Ids in addresses, and which addresses a page may lead back to."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**31 - 1
"""Ids are 32-bit integers in the database; a larger one belongs to no record."""


class IdConverter(IntegerConverter):
    """`<id:invoice_id>`: a number that can be an id. Anything else is a page that does not exist."""

    def __init__(self, url_map: object) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)  # type: ignore[arg-type]


def init_urls(app: Flask) -> None:
    """Make `<id:...>` known to the routes of `app`."""
    app.url_map.converters["id"] = IdConverter


def safe_path(wanted: str | None, default: str) -> str:
    """`wanted` if it is a path of this portal, else `default`: a link must not send people elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return default
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in wanted):
        return default
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else wanted


def page_before(default: str) -> str:
    """The path of this portal's page that led here (by the Referer header), else `default`."""
    if not request.referrer or not request.referrer.startswith(request.host_url):
        return default
    return safe_path("/" + request.referrer.removeprefix(request.host_url), default)
