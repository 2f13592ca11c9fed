"""GET /metrics, for Prometheus. Every figure is read from the database or Redis at the moment of asking, so that any
process may be asked, and all answer the same."""

from __future__ import annotations

import hmac
from importlib.metadata import version
from ipaddress import ip_address
from typing import NoReturn

from flask import Response, abort, request

from portal.blueprints.access import programs
from portal.blueprints.health.exposition import CONTENT_TYPE, Exposition
from portal.blueprints.health.looking import look_at
from portal.blueprints.health.measures import of_database, of_redis
from portal.blueprints.health.views import area
from portal.extensions import settings

TIMEOUT_SECONDS = 6.0
_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def admits() -> None:
    """Let in who brings METRICS_TOKEN as a bearer token; where none is set, programs of this machine alone.

    A proxy on this machine makes everybody's request look like its own. So a request that a proxy marked is refused,
    and so is every one where people reach the portal over https, which only a proxy speaks: a token is needed there.
    """
    token = settings().metrics_token
    if token:
        given = request.authorization
        sent = given.token if given is not None and given.type == "bearer" else None
        if not hmac.compare_digest((sent or "").encode(), token.encode()):
            _refuse(401, "Send METRICS_TOKEN as a bearer token.")
    elif not _from_this_machine():
        _refuse(403, "Only programs on the portal's own machine may read this until METRICS_TOKEN is set.")


@area.get("/metrics")
@programs(admits)
def show_metrics() -> Response:
    """The figures of the whole install; `portal_up` says which of the sources answered, the others are left out."""
    seen = look_at({"figures": lambda: ("up", of_database()), "queues": lambda: ("up", of_redis())}, TIMEOUT_SECONDS)
    told = Exposition()
    told.gauge("portal_info", "The version that serves.", ({"version": version("ar-portal")}, 1))
    told.gauge(
        "portal_up", "Whether the database and Redis answered.",
        ({"part": "database"}, seen["figures"].state == "up"), ({"part": "queue"}, seen["queues"].state == "up"),
    )  # fmt: skip
    parts = [part.words for part in seen.values() if part.state == "up"]
    return Response("".join([str(told), *parts]), content_type=CONTENT_TYPE)


def _from_this_machine() -> bool:
    if settings().portal_url.startswith("https://") or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        peer = ip_address(request.remote_addr or "")
    except ValueError:
        return False  # a socket file, which a proxy stands before
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


def _refuse(status: int, words: str) -> NoReturn:
    answer = Response(f"{words}\n", status, mimetype="text/plain")
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
    abort(answer)
