"""GET /healthz."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.blueprints.access import public
from portal.extensions import db
from portal.jobs.queues import redis

area = Blueprint("health", __name__)


@area.get("/healthz")
@public
def show() -> tuple[dict[str, Any], int]:
    """200 while pages can be served. Without Redis they can: runs then wait in the database, and `queue` says so."""
    database = _database_answers()
    return {"ok": database, "database": _word(database), "queue": _word(_queue_answers())}, 200 if database else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    finally:
        db.session.remove()  # the queue is asked next, and no transaction waits for a network
    return True


def _queue_answers() -> bool:
    try:
        return bool(redis().ping())
    except Exception:  # noqa: BLE001 - one that answers nonsense answers not
        return False


def _word(answers: bool) -> str:
    return "answers" if answers else "does not answer"
