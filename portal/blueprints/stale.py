"""A form whose record somebody else saved meanwhile: who, when and what, with the typed values kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.models.company import Company
from portal.queries.history import history


@dataclass(frozen=True)
class Meanwhile:
    """The newest change of the record: by whom, when, and the names of the facts that it changed."""

    actor: str
    at: datetime
    what: str


def meanwhile(company: Company, subject: str, subject_id: int) -> Meanwhile | None:
    """What happened to the record last; None when nothing is known of it."""
    for entry in history(company, subject, subject_id, limit=1):
        changed = [name.replace("_", " ") for name in entry.after]
        return Meanwhile(entry.actor, entry.at, ", ".join(changed) if entry.action == "edited" else entry.action)
    return None


def version_of(text: str | None) -> int | None:
    """The version that a form carries; None for what is no number, which then counts as stale."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1
