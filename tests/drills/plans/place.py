"""Where plans are played, and the book they start from by name."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from tests.postgres import Databases, Server

SLUG = "northfield-supply"
INVOICES = 56
"""More than the first request holds."""

SECRETS = {
    "SECRET_KEY": "a secret of the drills, long enough",
    "CREDENTIALS_KEYS": base64.urlsafe_b64encode(b"the key of the drills, 32 bytes.").decode(),
}


def number(place: int) -> str:
    """The number of an invoice of the book, counted from 0."""
    return f"NI-{place:02}"


@dataclass(frozen=True)
class Place:
    """A PostgreSQL server, if it is ours to break, and the template database on it."""

    databases: Databases
    template: str
    server: Server | None = None
