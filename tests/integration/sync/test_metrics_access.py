"""Who may read /metrics: whoever brings the token; without one set, programs of the portal's own machine alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal.blueprints.access import access_of

TOKEN = "a token of the monitor's"

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def ask(app: Flask, peer: str = "127.0.0.1", **headers: str) -> Any:
    """The answer of /metrics to a program at this address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get("/metrics", headers=named, environ_base={"REMOTE_ADDR": peer})


def test_only_metrics_is_for_programs_alone(app: Flask) -> None:
    health = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("health.")}
    guarded = {endpoint for endpoint in health if (access := access_of(endpoint)) and access.admits}
    assert guarded == {"health.show_metrics"}
    assert health - guarded == {"health.show", "health.show_ready"}


def configure(app: Flask, **changes: str) -> None:
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], **changes)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_programs_of_this_machine_may_read(app: Flask, peer: str) -> None:
    assert ask(app, peer).status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.7", "203.0.113.9", "::ffff:10.0.0.7", "fe80::1", "", "localhost"])
def test_without_a_token_nobody_else_may(app: Flask, peer: str) -> None:
    answer = ask(app, peer)
    assert answer.status_code == 403
    assert "portal_" not in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"])
def test_a_proxy_of_this_machine_passes_nobody_off_as_local(app: Flask, header: str) -> None:
    assert app.test_client().get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_behind_https_a_token_is_needed(app: Flask) -> None:
    configure(app, portal_url="https://portal.example")
    assert ask(app).status_code == 403
    configure(app, metrics_token=TOKEN)
    assert ask(app, "10.0.0.7", Authorization=f"Bearer {TOKEN}").status_code == 200


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00e9"])
def test_with_a_token_set_nothing_else_opens(app: Flask, sent: str) -> None:
    configure(app, metrics_token=TOKEN)
    answer = ask(app, **({"Authorization": sent} if sent else {}))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert TOKEN not in answer.text
