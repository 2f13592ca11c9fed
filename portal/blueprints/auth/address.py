"""The network address that a request comes from, which failed sign-ins are counted under."""

from __future__ import annotations

import os

from flask import request

_TRUSTED_BY_DEFAULT = "127.0.0.1,::1"


def client_address() -> str:
    """The address of the client. Behind a proxy that is named in FORWARDED_ALLOW_IPS (gunicorn's own variable; this
    machine by default) it is the last one in X-Forwarded-For, which that proxy saw itself; what stands before it can
    be made up by anybody."""
    peer = request.remote_addr or ""
    trusted = {part.strip() for part in os.environ.get("FORWARDED_ALLOW_IPS", _TRUSTED_BY_DEFAULT).split(",")}
    passed_on = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if passed_on and "*" in trusted:
        return passed_on[-1]  # with everybody trusted, only the nearest proxy's word is nobody's invention
    seen = [*passed_on, peer]
    while len(seen) > 1 and seen[-1] in trusted:
        seen.pop()
    return seen[-1]
