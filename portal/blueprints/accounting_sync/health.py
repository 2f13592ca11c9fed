"""The card at the foot of the navigation: how the sync stands, on every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import g, url_for

from portal.blueprints.access import current_company
from portal.blueprints.rendering import clock, plural, shortly
from portal.blueprints.run_words import Said
from portal.models.run import Run, RunKind, RunState
from portal.queries.sync_overview import Standing, standing
from portal.services import integration_settings


@dataclass(frozen=True)
class Health:
    """The state in words, a line of facts, and where to look."""

    tone: str
    icon: str
    text: str
    detail: str
    url: str
    problems: int


def current_standing() -> Standing:
    """How the current company's sync stands; read once a request."""
    found: Standing | None = g.get("sync_standing")
    if found is None:
        found = g.sync_standing = standing(current_company())
    return found


def sync_health() -> Health | None:
    """What the card says; None for a company that never connected Intacct."""
    found = current_standing()
    if found.book is None:
        return None
    said, detail = _state(found)
    return Health(said.tone, said.icon, said.text, detail, _where(found), found.problems)


def _state(found: Standing) -> tuple[Said, str]:
    if not found.connected:
        return Said("off", "plug", "Not connected"), "Nothing goes to Intacct or comes from it."
    if found.unended is not None:
        return _at_work(found.unended), _progress(found.unended)
    if found.last_sync is not None and found.last_sync.state == RunState.FAILED:
        return Said("bad", "x-octagon-fill", "Last sync failed"), _times(found)
    if found.problems:
        return Said("bad", "exclamation-triangle-fill", plural(found.problems, "problem")), _times(found)
    if integration_settings.missing(integration_settings.load(current_company().id)):
        return Said("warn", "sliders", "Settings are missing"), "Choose them, then sync."
    if found.last_sync is None:
        return Said("wait", "circle", "Not synced yet"), _times(found)
    return Said("good", "check-circle-fill", "Synced"), _times(found)


def _where(found: Standing) -> str:
    if found.connected and found.unended is not None:
        return url_for("accounting_sync.show_run", run_id=found.unended.id)
    return url_for("accounting_sync.show_sync")


def _at_work(run: Run) -> Said:
    noun = "Sync" if run.kind == RunKind.SYNC else f"Run {run.id}"
    if run.state == RunState.QUEUED:
        return Said("wait", "hourglass-split", f"{noun} is queued")
    return Said("wait", "arrow-repeat", f"{noun} is running")


def _progress(run: Run) -> str:
    if run.state == RunState.QUEUED:
        return "It begins when a worker is free."
    step = run.step.replace("_", " ").capitalize() or "Starting"
    return f"{step}, {run.position:,} of {run.total:,}" if run.total else step


def _times(found: Standing) -> str:
    last = found.last_sync
    parts = [f"Synced {shortly(last.ended_at)}" if last and last.ended_at else "No sync so far"]
    if found.next_at is not None:
        due = found.next_at <= datetime.now(UTC)
        parts.append("next due now" if due else f"next {clock(found.next_at)}")
    return ", ".join(parts)
