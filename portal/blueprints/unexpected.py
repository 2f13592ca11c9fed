"""What nobody foresaw, noted in the log under a reference; a database that is away is told apart from it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from werkzeug.exceptions import InternalServerError

from portal.database import is_deadlock, is_outage
from portal.extensions import db, settings

RETRY = {"Retry-After": "30"}
RETRY_SOON = {"Retry-After": "1"}
COLLIDED = "Another change of the same records came at the same moment and went first. Nothing of yours was saved."


@dataclass(frozen=True)
class Noted:
    """A failure in the log. `outage`: the database cannot be reached, or does not answer in time. `collided`: it took
    this change back in favour of another one on the same records, made at the same moment."""

    reference: str
    outage: bool
    collided: bool


def noted(error: InternalServerError) -> Noted:
    """Put the cause of `error` into the log, and end its transaction whatever state that is in."""
    cause = error.original_exception
    failed = Noted(secrets.token_hex(4).upper(), is_outage(cause), is_deadlock(cause))
    _log(failed, cause)
    try:
        db.session.rollback()
    except Exception:  # the answer must come even when the database is what failed
        current_app.logger.exception("Reference %s: the rollback failed too", failed.reference)
    return failed


def page_without_database(template: str, **values: Any) -> str:
    """A page made without what pages know of who is signed in: looking that up would ask the database again."""
    own = settings()
    return current_app.jinja_env.get_template(template).render(
        brand=own.brand, support_email=own.support_email, request=request, **values
    )


def _log(failed: Noted, cause: BaseException | None) -> None:
    if failed.outage:
        told = str(getattr(cause, "orig", None) or cause).strip().splitlines()[:1]
        current_app.logger.error(
            "Reference %s: %s %s: the database cannot be used: %s", failed.reference, request.method, _place(), told
        )
        return
    current_app.logger.error("Reference %s: %s %s failed", failed.reference, request.method, _place(), exc_info=cause)


def _place() -> str:
    """The path; where a link's token stands in it, the route, since who reads the log could use the link."""
    secret = request.url_rule is not None and "token" in request.url_rule.arguments
    return request.url_rule.rule if request.url_rule is not None and secret else request.path
