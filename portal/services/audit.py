"""The record of who changed what: one row for each change, written with it and never changed again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from portal.extensions import db
from portal.models.audit import AuditEntry, is_by_run
from portal.models.base import JsonDict


@dataclass(frozen=True)
class Actor:
    """Who does something, in the words of the history: an e-mail address, "command line", "accounting sync 12"; of an
    import "import 3"."""

    text: str
    user_id: int | None = None

    @property
    def is_sync(self) -> bool:
        """Whether a run of the accounting sync acts, which carries over what already happened in Intacct."""
        return self.user_id is None and is_by_run(self.text)


def record(
    company_id: int,
    actor: Actor,
    subject: str,
    subject_id: int | None,
    action: str,
    *,
    text: str = "",
    before: JsonDict | None = None,
    after: JsonDict | None = None,
) -> AuditEntry:
    """Write one entry. `before` and `after` hold plain values by field name; decimals and dates are written as text."""
    entry = AuditEntry(
        company_id=company_id,
        actor=actor.text,
        user_id=actor.user_id,
        subject=subject,
        subject_id=subject_id,
        action=action,
        text=text,
        before=plain(before or {}),
        after=plain(after or {}),
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def record_many(company_id: int, actor: Actor, subject: str, action: str, after: Mapping[int, JsonDict]) -> None:
    """Write one entry for each subject that came into being in one go, all in one statement. `after` is by its id."""
    shared = {
        "company_id": company_id, "actor": actor.text, "user_id": actor.user_id, "subject": subject, "action": action,
    }  # fmt: skip
    if after:
        entries = [shared | {"subject_id": id_, "after": plain(values)} for id_, values in after.items()]
        db.session.execute(insert(AuditEntry), entries)


def record_change(
    company_id: int, actor: Actor, subject: str, subject_id: int, action: str, before: JsonDict, after: JsonDict
) -> AuditEntry | None:
    """Write the fields that differ between two snapshots; nothing when none does."""
    differing = [key for key in after if before.get(key) != after[key]]
    if not differing:
        return None
    return record(
        company_id,
        actor,
        subject,
        subject_id,
        action,
        before={key: before.get(key) for key in differing},
        after={key: after[key] for key in differing},
    )


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: a decimal as its exact text without trailing zeros, a date as ISO text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value
