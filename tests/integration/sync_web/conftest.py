"""A company connected to a sandbox in this process, driven by commands and by browsers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from portal.blueprints.accounting_sync import area as accounting_sync
from portal.blueprints.help import area as help_area
from portal.cli.main import cli
from portal.extensions import db
from portal.models.company import Role
from tests.factories import make_user
from tests.integration.sync.conftest import MovedClock, World, clock, world
from tests.integration.web.conftest import Browser

__all__ = ["MovedClock", "World", "clock", "world"]

PASSWORD = "correct horse battery staple"


@pytest.fixture
def backend() -> str:
    """Pages and commands are tried on SQLite; what they call is tried on both databases elsewhere."""
    return "sqlite"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, its last line of output as JSON, and what it told people."""

    code: int
    answer: dict[str, Any]
    told: str


@pytest.fixture
def portal(app: Flask, world: World) -> Callable[..., Ended]:
    """Runs `portal ARGUMENTS --company ... --json` in this process."""

    def run(*arguments: str, stdin: str = "", json_: bool = True) -> Ended:
        db.session.commit()
        slug = world.company.slug
        db.session.commit()
        given = [*arguments, "--company", slug, *(["--json"] if json_ else [])]
        done = CliRunner().invoke(cli, given, input=stdin, obj=app)
        db.session.rollback()
        db.session.expire_all()
        last = (done.stdout.strip().splitlines() or [""])[-1]
        return Ended(done.exit_code, json.loads(last) if json_ else {}, done.stderr + ("" if json_ else done.stdout))

    return run


@pytest.fixture
def signed_in(app: Flask, world: World) -> Callable[[Role], Browser]:
    """Makes a browser that is signed in to the connected company in a role."""

    for area in (accounting_sync, help_area):
        if area.name not in app.blueprints:
            app.register_blueprint(area)

    def sign_in(role: Role) -> Browser:
        user = make_user(world.company, role, email=f"{role}@northfield.example", password=PASSWORD)
        email = user.email
        db.session.commit()
        browser = Browser(app.test_client())
        answer = browser.sign_in(email, PASSWORD)
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in
