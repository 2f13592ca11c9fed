"""Which of CREDENTIALS_KEYS encrypts what is stored, and bringing all of it under the first.

Everything that `secrets.encrypt` makes and the database keeps is known here: passwords and kept sessions of
connections, and the links of mails that are not out yet. Which key fits is found by trying; so a rotation that was
interrupted, or runs twice, goes on where there is something left.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from portal.extensions import db
from portal.models.access import OutgoingMail
from portal.models.connection import Connection
from portal.services import secrets

FIRST = 0


@dataclass(frozen=True)
class Place:
    """A row that holds secrets: a connection (by its company) or a mail."""

    kind: type[Connection] | type[OutgoingMail]
    id: int


def places() -> list[Place]:
    """Every row that holds a secret."""
    connections = select(Connection.company_id).order_by(Connection.company_id)
    mails = select(OutgoingMail.id).where(OutgoingMail.sent_at.is_(None), OutgoingMail.given_up_at.is_(None))
    found = [Place(Connection, id_) for id_ in db.session.scalars(connections)]
    return found + [Place(OutgoingMail, id_) for id_ in db.session.scalars(mails.order_by(OutgoingMail.id))]


def counts(found: list[Place]) -> Counter[int | None]:
    """How many secrets each key encrypts, by its place in CREDENTIALS_KEYS (0 is the first); None: no key fits."""
    return Counter(secrets.key_of(token) for place in found for token in _tokens(_row(place)))


def rotate(place: Place) -> Counter[int | None]:
    """Bring the secrets of a row under the first key; which keys they were under. One that no key fits stays as it is.

    The row is locked, so that a run that keeps its session meanwhile is not undone.
    """
    row = _row(place, lock=True)
    before = Counter(secrets.key_of(token) for token in _tokens(row))
    if any(position not in (FIRST, None) for position in before):
        _renew(row)
        db.session.flush()
    return before


def _row(place: Place, *, lock: bool = False) -> Connection | OutgoingMail | None:
    """None where the row is gone since it was listed."""
    found = db.session.get(place.kind, place.id, with_for_update=lock or None, populate_existing=lock)
    return cast("Connection | OutgoingMail | None", found)


def _tokens(row: Connection | OutgoingMail | None) -> Iterator[bytes]:
    if isinstance(row, Connection):
        yield from filter(None, (row.password_encrypted, row.session_encrypted))
    elif row is not None and row.about.get("link"):
        yield base64.b64decode(row.about["link"])


def _renew(row: Connection | OutgoingMail | None) -> None:
    if isinstance(row, Connection):
        row.password_encrypted = _renewed(row.password_encrypted)
        row.session_encrypted = _renewed(row.session_encrypted)
    elif row is not None:
        row.about["link"] = base64.b64encode(_renewed(base64.b64decode(row.about["link"]))).decode()
        flag_modified(row, "about")


def _renewed(token: bytes) -> bytes:
    return secrets.renew(token) if token and secrets.key_of(token) is not None else token
