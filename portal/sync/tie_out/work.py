"""What a tie-out's steps hand on: the work as a whole, and one document that differs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from portal.models.sync import Kind
from portal.sync.context import RunContext
from portal.sync.tie_out.there import Unread


@dataclass
class Work:
    """A tie-out at work: its row, the day asked for (None: now), and what could not be read so far."""

    ctx: RunContext
    tie_out_id: int
    as_of: dt.date | None
    unread: Unread = field(default_factory=Unread)


@dataclass(frozen=True)
class Listed:
    """A row that differs, as it was stored."""

    id: int
    kind: Kind
    record_id: int | None
    sync_row_id: int | None
    object: str
    key: str
    name: str
    currency: str
    is_there: bool
    there_total: Decimal
    there_due: Decimal
    here_total: Decimal
    here_due: Decimal
    is_here: bool
