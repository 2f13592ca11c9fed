"""Who asks: the API key that comes as the user name of HTTP Basic. Cookies of the pages open nothing here."""

from __future__ import annotations

from flask import Response, current_app, g, request

from portal import logs
from portal.blueprints.api import limits
from portal.blueprints.api.failures import failure
from portal.database import writing
from portal.extensions import db
from portal.models.access import ApiKey, KeyScope
from portal.models.company import Company
from portal.services import api_keys
from portal.services.audit import Actor

_ASK = 'Basic realm="Portal API", charset="UTF-8"'
_NO_KEY = "An API key is needed: send it as the user name of HTTP Basic, with an empty password."
_BAD_KEY = "This API key is unknown or revoked. An admin makes a new one in Settings, API keys."


def guard() -> Response | None:
    """Let a request through that carries a key for what it asks, within its limit; else say what is missing."""
    g.api_key = None
    view = current_app.view_functions[request.endpoint or ""]
    if getattr(view, "open_to_all", False):
        return None
    scope = getattr(view, "scope", None)
    if scope is None:
        return failure(403, "This call states nobody who may make it.")
    key = _key()
    if key is None:
        return _refused()
    if seconds := limits.limits().wait(f"key-{key.id}", limits.REQUESTS_A_WINDOW):
        return _too_many(seconds, f"{limits.REQUESTS_A_WINDOW:,} requests a minute are taken from one key.")
    if scope == KeyScope.READ_WRITE and key.scope != KeyScope.READ_WRITE:
        return failure(403, f"The key {key.label} may only read. Nothing was changed. Use one that may write, too.")
    g.api_key = key
    logs.bind(company=current_company().slug)
    return None


def current_key() -> ApiKey:
    """The key of this request."""
    key: ApiKey = g.api_key
    return key


def current_company() -> Company:
    """The company whose book this request reads and writes."""
    return db.session.get_one(Company, current_key().company_id)


def current_actor() -> Actor:
    """Who the audit rows of this request name."""
    return Actor(f"API key {current_key().label}")


def _key() -> ApiKey | None:
    """The key that the request carries; its use is noted and committed before the request's own work begins."""
    given = request.authorization
    if given is None or given.type != "basic" or not given.username:
        return None
    key = api_keys.authenticate(given.username)
    if key is not None and api_keys.use_is_to_be_noted(key):
        db.session.rollback()  # the transaction of a GET may only read
        with writing():
            api_keys.note_use(key)
            db.session.commit()
    return key


def _refused() -> Response:
    if seconds := limits.limits().wait(f"refused-{request.remote_addr}", limits.REFUSALS_A_WINDOW):
        return _too_many(seconds, "Too many requests without a valid key came from this address.")
    answer = failure(401, _BAD_KEY if request.authorization else _NO_KEY)
    answer.headers["WWW-Authenticate"] = _ASK
    return answer


def _too_many(seconds: int, reason: str) -> Response:
    answer = failure(429, f"{reason} Nothing was done. Send it again in {seconds} s.")
    answer.headers["Retry-After"] = str(seconds)
    return answer
