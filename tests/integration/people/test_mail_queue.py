"""Mails through the real queue: offered after the commit, and found by the tick where Redis was away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue

from portal.extensions import db
from portal.jobs import queues, worker
from portal.jobs.tick import tick
from portal.models.access import SignInFailures
from portal.models.types import utcnow
from portal.services import invitations, throttle
from tests.factories import ACTOR, make_company
from tests.integration.ops.conftest import app, own_settings, valkey_url

__all__ = ["app", "own_settings", "valkey_url"]


@pytest.fixture
def folder(app: Flask) -> Path:
    """Where the embedded mode puts its mails."""
    return Path(app.extensions["portal_settings"].data) / "mail"


def invite() -> None:
    invitations.invite(make_company(), "bo@northfield.example", "viewer", actor=ACTOR)
    db.session.commit()


def work(app: Flask) -> None:
    db.session.commit()
    worker.work(app, burst=True)


def test_worker_writes_the_mail_into_the_data_folder(app: Flask, folder: Path) -> None:
    invite()
    assert queues.enqueue_mails()
    (job,) = Queue(queues.MAILS, connection=queues.redis()).jobs
    assert (job.args, job.kwargs) == ((), {}), "nothing of the mail travels in Redis"
    work(app)
    (file,) = folder.glob("*.eml")
    assert b"To: bo@northfield.example" in file.read_bytes()
    assert folder.stat().st_mode & 0o077 == 0


def test_tick_has_mails_sent_that_nobody_could_offer(app: Flask, folder: Path) -> None:
    kept = app.extensions["portal_settings"]
    app.extensions["portal_settings"] = replace(kept, redis_url="redis://127.0.0.1:1/0")
    app.extensions.pop("portal_redis", None)
    invite()
    assert not queues.enqueue_mails()
    app.extensions["portal_settings"] = kept
    app.extensions.pop("portal_redis", None)
    tick()
    work(app)
    assert len(list(folder.glob("*.eml"))) == 1
    tick()
    assert len(Queue(queues.MAILS, connection=queues.redis())) == 0


def test_tick_forgets_old_failures(app: Flask) -> None:
    throttle.claim(throttle.Limit("account x", 5))
    db.session.query(SignInFailures).update({"last_at": utcnow() - 2 * throttle.FORGOTTEN_AFTER})
    db.session.commit()
    tick()
    assert db.session.query(SignInFailures).count() == 0
