"""GET /readyz: each part that the portal stands on, how it is, and how long it took to say so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.blueprints.access import public
from portal.blueprints.health.looking import Look, Seen, look_at
from portal.blueprints.health.views import area
from portal.extensions import db
from portal.jobs import watching
from portal.jobs.queues import redis
from portal.queries import revisions

TIMEOUT_SECONDS = 2.0
NEEDED = ("database", "migrations")
"""Without these no page can be served. Without the others pages work, and syncs and mails wait in the database."""


@area.get("/readyz")
@public
def show_ready() -> tuple[dict[str, Any], int]:
    """200 while pages can be served, 503 when a part that serving needs is down; `degraded` says that something else
    is."""
    seen = look_at(LOOKS, TIMEOUT_SECONDS)
    ready = all(seen[name].state != "down" for name in NEEDED)
    degraded = any(part.state != "up" for part in seen.values())
    return {"ready": ready, "degraded": degraded, "parts": _told(seen)}, 200 if ready else 503


def _told(seen: dict[str, Seen]) -> dict[str, Any]:
    return {
        name: {
            "state": part.state,
            "needed": name in NEEDED,
            "detail": part.words,
            "milliseconds": part.milliseconds,
        }
        for name, part in seen.items()
    }


def _database() -> tuple[str, str]:
    db.session.execute(text("SELECT 1"))
    return "up", "Answers"


def _migrations() -> tuple[str, str]:
    expected, *_ = known = revisions.known()
    try:
        found = revisions.present()
    except SQLAlchemyError as error:
        return "down", f"The revision cannot be read ({type(error).__name__})"
    if found == expected:
        return "up", f"At revision {found}"
    if found in known:
        return "down", f"At revision {found}; this version needs {expected}. Run: portal db upgrade"
    # As while a new version is brought in: its migrations ran, and this older process still serves beside it.
    return "degraded", f"At revision {found}, which is newer than this version ({expected})"


def _queue() -> tuple[str, str]:
    redis().ping()
    return "up", "Answers"


def _worker() -> tuple[str, str]:
    count = watching.workers(redis())
    if not count:
        return "down", f"No worker was seen in the last {watching.WORKER_SEEN_SECONDS} s; syncs and mails wait"
    return "up", f"{count} at work or waiting for work"


def _scheduler() -> tuple[str, str]:
    late = watching.tick_late_seconds(redis())
    if late is None:
        return "down", "No tick is scheduled; nothing begins by itself"
    if late > watching.TICK_LATE_SECONDS:
        return "down", f"The tick has been due for {late:.0f} s; nothing begins by itself"
    return "up", "Ticks"


LOOKS: dict[str, Look] = {
    "database": _database,
    "migrations": _migrations,
    "queue": _queue,
    "worker": _worker,
    "scheduler": _scheduler,
}
