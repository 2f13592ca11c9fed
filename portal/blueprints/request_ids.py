"""Every request has an id: in the answer's X-Request-ID, and on each line that it leaves in the log."""

from __future__ import annotations

import re
import uuid

from flask import Flask, g, request
from werkzeug.wrappers import Response

from portal import logs

HEADER = "X-Request-ID"
_FIT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def init_request_ids(app: Flask) -> None:
    """Name each request of `app` before anything else happens in it."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request(_tell)


def _begin() -> None:
    """Take the id that a proxy gave the request, if it is one; what it says is only ever written down."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if _FIT.fullmatch(given) else uuid.uuid4().hex
    logs.unbind()
    logs.bind(request_id=g.request_id)


def _tell(response: Response) -> Response:
    if request_id := g.get("request_id"):
        response.headers[HEADER] = request_id
    return response
