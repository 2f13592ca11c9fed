"""create_app and its steps, in the order in which they happen."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Flask, request

from portal import logs
from portal.config import Settings
from portal.database import only_reads, page_waits, set_up_engine
from portal.extensions import bootstrap, csrf, db, login_manager, migrate

LEAST_IDLE_SECONDS = 10
"""A worker may compute for this long between two statements of a transaction, on a machine that is busy."""


class _Portal(Flask):
    def log_exception(self, *_: Any) -> None:
        """Nothing: the page of an unexpected error logs it under its reference, and no link's token with it."""


def create_app(settings: Settings | None = None) -> Flask:
    """The portal as a WSGI application. Raises SettingsError when a setting is missing or malformed."""
    settings = settings or Settings.from_env()
    logs.hide_settings(settings)
    app = _Portal("portal")
    app.config.from_mapping(_flask_config(settings))
    app.extensions["portal_settings"] = settings
    _init_extensions(app)
    _init_pages(app)
    # Before the guard of the pages, which opens the first transaction to see who asks.
    app.before_request_funcs.setdefault(None, []).insert(0, _begin_as_the_method_says)
    return app


def _begin_as_the_method_says() -> None:
    """A page that is only looked at changes nothing (a site rule), so it need not wait for whoever writes."""
    only_reads(request.method in ("GET", "HEAD", "OPTIONS"))
    page_waits()


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "TESTING": settings.testing,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SESSION_COOKIE_NAME": _cookie_name(settings),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.portal_url.startswith("https://"),
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch must still save; the session's end is the limit
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }


def _cookie_name(settings: Settings) -> str:
    """Its own for each install: cookies do not tell ports apart, and two portals on one host would sign each other
    out."""
    mark = hashlib.sha256(b"session cookie " + settings.secret_key.encode()).hexdigest()[:8]
    return f"__Host-portal-{mark}" if settings.portal_url.startswith("https://") else f"portal-{mark}"


def _engine_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"hide_parameters": True}  # errors and tracebacks name no value of anybody
    if settings.database_url.startswith("postgresql"):
        options |= {"pool_pre_ping": True, "pool_timeout": settings.database_wait_seconds}
    return options


def _init_extensions(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    login_manager.init_app(app)
    csrf.init_app(app)
    bootstrap.init_app(app)
    settings: Settings = app.extensions["portal_settings"]
    with app.app_context():
        set_up_engine(db.engine, settings.database_wait_seconds, max(settings.run_lease_seconds, LEAST_IDLE_SECONDS))


def _init_pages(app: Flask) -> None:
    # The areas are imported here and not at the top, so that a command that serves no page does not load them.
    from portal.blueprints import init_pages

    init_pages(app)
