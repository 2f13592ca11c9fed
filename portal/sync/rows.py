"""Finding sync rows: by what they are linked to, and whether they may be touched now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from portal.database import in_parts
from portal.extensions import db
from portal.models.sync import Posting, PostingState, SyncRow


def linked(book_id: int, object_: str, keys: Iterable[str]) -> dict[str, SyncRow]:
    """The rows of ours that are linked to these keys, by key (of a shared receipt, the first)."""
    found: dict[str, SyncRow] = {}
    for row in linked_all(book_id, object_, keys):
        found.setdefault(row.key, row)
    return found


def has_open_posting(row_id: int, answered_since: datetime | None = None) -> bool:
    """Whether a posting of the row waits for its outcome (or got it after the look whose result is to be stored):
    until then reading must not touch it."""
    pending = Posting.state == PostingState.OPEN
    if answered_since is not None:
        pending |= Posting.answered_at >= answered_since
    return db.session.scalar(select(Posting.id).where(Posting.sync_row_id == row_id, pending).limit(1)) is not None


def linked_all(book_id: int, object_: str, keys: Iterable[str]) -> list[SyncRow]:
    """Every row linked to these keys; a shared receipt has one for each customer."""
    found: list[SyncRow] = []
    for wanted in in_parts(sorted(set(keys))):
        query = select(SyncRow).where(SyncRow.book_id == book_id, SyncRow.object == object_, SyncRow.key.in_(wanted))
        found += db.session.scalars(query.order_by(SyncRow.id))
    return found
