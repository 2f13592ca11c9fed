"""What the API answers when something cannot be done: one JSON object with type, message and param."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.blueprints.api.exact_json import dumps
from portal.errors import Busy, Forbidden, InvalidInput, NotAllowedNow, NotFound, PortalError
from portal.extensions import db

PREFIX = "/api"
TYPES = {
    400: "invalid_request",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found",
    409: "conflict",
    429: "rate_limit_error",
}
"""The word of each status; others of 4xx are invalid requests too."""

_TEXTS = {
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is larger than the API takes. Nothing was saved.",
}


def failure(status: int, message: str, param: str = "", code: str = "", **more: Any) -> Response:
    """An error as the API tells it; `param` is null where no single field is at fault."""
    type_ = "api_error" if status >= 500 else TYPES.get(status, TYPES[400])
    told = {"type": type_, "message": message, "param": param or None, "code": code or type_, **more}
    return Response(dumps(told), status, mimetype="application/json")


def init_failures(area: Blueprint) -> None:
    """Answer every error below /api with JSON, addresses that do not exist included."""
    area.register_error_handler(PortalError, _portal_error)
    area.register_error_handler(InternalServerError, _unexpected)
    area.register_error_handler(HTTPException, _http_error)
    area.before_app_request(_no_such_address)


def _portal_error(error: PortalError) -> Response:
    db.session.rollback()
    more: dict[str, Any] = {}
    if isinstance(error, InvalidInput) and len(error.all) > 1:
        more["errors"] = [{"message": fault.message, "param": fault.field or None} for fault in error.all]
    return failure(_status(error), error.message, error.field, error.code, **more)


def _status(error: PortalError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Forbidden):
        return 403
    return 409 if isinstance(error, NotAllowedNow | Busy) else 400


def _http_error(error: HTTPException) -> Response | HTTPException:
    db.session.rollback()
    if error.code is None or error.code < 400:
        return error
    answer = failure(error.code, _TEXTS.get(error.code, "The request cannot be read. Nothing was saved."))
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _unexpected(error: InternalServerError) -> Response:
    reference = secrets.token_hex(4).upper()
    cause = error.original_exception
    current_app.logger.error("Reference %s: %s %s failed", reference, request.method, request.path, exc_info=cause)
    try:
        db.session.rollback()
    except Exception:  # the answer must come even when the database is what failed
        current_app.logger.exception("Reference %s: the rollback failed too", reference)
    text = f"Something went wrong in the portal; nothing was saved. Its log says what, at reference {reference}."
    return failure(500, text, reference=reference)


def _no_such_address() -> Response | HTTPException | None:
    """Without a route there is no area whose handlers would answer."""
    found = request.routing_exception
    if found is None or not (request.path == PREFIX or request.path.startswith(f"{PREFIX}/")):
        return None
    return _http_error(found) if found.code is not None and found.code >= 400 else None
