"""`portal api-keys`: keys from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from portal.cli.main import cli
from portal.extensions import db
from tests.integration.api.conftest import Api, told


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def command(app, company):
    """Runs `portal api-keys ... --company northfield-supply --json`; answers its status and last line."""

    def run(*arguments: str, slug: str = company.slug):
        db.session.commit()
        done = CliRunner().invoke(cli, ["api-keys", *arguments, "--company", slug, "--json"], obj=app)
        db.session.expire_all()
        return done.exit_code, json.loads(done.stdout.splitlines()[-1])

    return run


def test_a_key_is_printed_once_works_and_is_revoked(app, command):
    status, made = command("add", "--label", "Billing", "--scope", "read")
    assert (status, made["scope"], made["label"]) == (0, "read", "Billing")
    api = Api(app, made["key"])
    told(api.get("/customers"))
    told(api.post("/customers", {"name": "A"}), 403)

    status, listed = command("list")
    assert (status, listed["count"], listed["items"][0]["last_used_at"] is not None) == (0, 1, True)
    assert made["key"] not in json.dumps(listed)

    assert command("revoke", str(made["id"]))[0] == 0
    told(api.get("/customers"), 401)
    assert command("revoke", str(made["id"]))[0] == 2


def test_misuse_is_told(command):
    assert command("add", "--label", "")[1]["error"]["field"] == "label"
    assert command("add", "--label", "A", "--scope", "all")[0] == 3
    assert command("revoke", "99")[1]["error"]["code"] == "not_found"
    assert command("list", slug="nobody")[0] == 2
