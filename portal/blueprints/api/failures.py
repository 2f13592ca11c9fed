"""What the API answers when something cannot be done: one JSON object with type, message and param."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.blueprints.api.exact_json import dumps
from portal.blueprints.unexpected import COLLIDED, RETRY, RETRY_SOON, noted
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


_NO_DATABASE = (
    "The portal's database is away or does not answer. A change was most likely not saved: look, or send it again with"
    " the same Idempotency-Key, in some seconds."
)


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
    failed = noted(error)
    if failed.collided:
        answer = failure(503, f"{COLLIDED} Send it again.", code="collided", reference=failed.reference)
        answer.headers.extend(RETRY_SOON)
        return answer
    if not failed.outage:
        text = "Something went wrong in the portal; nothing was saved. Its log says what, at reference "
        return failure(500, f"{text}{failed.reference}.", reference=failed.reference)
    answer = failure(503, _NO_DATABASE, code="database_unavailable", reference=failed.reference)
    answer.headers.extend(RETRY)
    return answer


def _no_such_address() -> Response | HTTPException | None:
    """Without a route there is no area whose handlers would answer."""
    found = request.routing_exception
    if found is None or not (request.path == PREFIX or request.path.startswith(f"{PREFIX}/")):
        return None
    return _http_error(found) if found.code is not None and found.code >= 400 else None
