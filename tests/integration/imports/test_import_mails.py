"""Who left an import's page learns its outcome by mail, once; who watches does not."""

from __future__ import annotations

import re
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from portal.extensions import db
from portal.imports import asking, mails
from portal.imports.steps import STEPS
from portal.jobs.mail_jobs import send_due
from portal.jobs.tick import tell_of_imports
from portal.models.access import OutgoingMail
from portal.models.company import Membership, Role
from portal.models.run import Run, RunKind
from portal.models.types import utcnow
from portal.sync import engine
from tests.factories import make_customer, make_user
from tests.integration.imports.conftest import World
from tests.integration.people.conftest import (
    SMTP_PASSWORD,
    USER,
    certificate,
    check_login,
    html_of,
    mail_server,
    text_of,
    tls,
    use_mail_url,
)

__all__ = ["certificate", "mail_server", "tls"]
LEFT = timedelta(seconds=21)


def imported(world: World, clashes: int = 0, watched: Any = None) -> int:
    """An import that Ada started and that has ended; `watched` is the time of her last look."""
    for there in world.there("CUSTOMER")[:clashes]:
        for number in ("A", "B"):
            make_customer(world.company, there["NAME"], number=f"{number}-{there['RECORDNO']}")
    ada = make_user(world.company, Role.ACCOUNTANT, email="ada@northfield.example")
    run = asking.ask(world.book, RunKind.IMPORT_CUSTOMERS, {}, trigger=ada.email, user_id=ada.id)
    run_id = run.id
    db.session.commit()
    engine.perform(run_id, STEPS)
    db.session.expire_all()
    run = db.session.get_one(Run, run_id)
    run.created_at, run.watched_at = utcnow() - LEFT, watched
    db.session.commit()
    return run_id


def written() -> list[OutgoingMail]:
    db.session.expire_all()
    found = list(db.session.query(OutgoingMail))
    db.session.commit()
    return found


def test_it_says_what_when_how_long_how_many_and_the_first_ten_failures(
    app: Flask, world: World, mail_server: Any, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inbox, port = mail_server(tls_context=tls, require_starttls=True, auth_required=True, authenticator=check_login)
    use_mail_url(app, f"smtp://{quote(USER)}:{quote(SMTP_PASSWORD, safe='')}@127.0.0.1:{port}?tls=1")
    run_id = imported(world, clashes=11)
    assert tell_of_imports() == 1
    assert send_due() == 1
    (mail,) = inbox.mails
    assert inbox.secure == [True]
    assert (mail["To"], mail["Subject"]) == (
        "ada@northfield.example", f"Customer import {run_id} finished with problems",
    )  # fmt: skip
    told, count = text_of(mail).replace("\r\n", "\n"), len(world.there("CUSTOMER"))
    assert f"Created: {count - 11:,}\n" in told
    assert "Failed: 11\n" in told
    assert re.search(r"^Took: .* s$", told, re.MULTILINE)
    assert re.search(r"^Began: \d+ \w+ \d{4} \d\d:\d\d$", told, re.MULTILINE)
    assert len(re.findall(r"^- 2 customers here are called", told, re.MULTILINE)) == 10
    assert "and 1 more." in told
    assert f"http://127.0.0.1:8000/imports/{run_id}\n" in told
    assert html_of(mail).count("<li>") == 10
    assert f'href="http://127.0.0.1:8000/imports/{run_id}"' in html_of(mail)


def test_it_is_written_once_however_many_ticks_look(world: World) -> None:
    imported(world)
    assert [tell_of_imports() for _ in range(3)] == [1, 0, 0]
    assert len(written()) == 1


def test_who_saw_the_end_on_the_page_gets_none(world: World) -> None:
    run_id = imported(world)
    run = db.session.get_one(Run, run_id)
    mails.note_watched(run, run.user_id or 0)
    db.session.commit()
    assert tell_of_imports() == 0
    db.session.get_one(Run, run_id).watched_at = utcnow() - LEFT
    db.session.commit()
    assert tell_of_imports() == 0
    assert written() == []


def test_it_waits_until_nobody_looked_for_twenty_seconds(world: World) -> None:
    run_id = imported(world)
    run = db.session.get_one(Run, run_id)
    run.ended_at, run.watched_at = utcnow() - timedelta(seconds=4), utcnow() - timedelta(seconds=5)
    db.session.commit()
    assert tell_of_imports() == 0
    run = db.session.get_one(Run, run_id)
    run.watched_at = utcnow() - LEFT
    db.session.commit()
    assert tell_of_imports() == 1


def test_somebody_else_who_looks_keeps_no_mail_back(world: World) -> None:
    run_id = imported(world)
    other = make_user(world.company, Role.VIEWER, email="bo@northfield.example")
    mails.note_watched(db.session.get_one(Run, run_id), other.id)
    db.session.commit()
    assert tell_of_imports() == 1


def test_a_mail_server_that_is_down_fails_no_import_and_is_tried_again(app: Flask, world: World) -> None:
    use_mail_url(app, "smtp://127.0.0.1:1")
    run_id = imported(world)
    tell_of_imports()
    assert send_due() == 0
    (mail,) = written()
    assert (mail.sent_at, mail.given_up_at, mail.tries) == (None, None, 1)
    assert mail.error
    assert mail.not_before > utcnow()
    assert db.session.get_one(Run, run_id).state == "finished"
    db.session.commit()


def test_who_is_no_member_any_more_is_told_nothing(world: World) -> None:
    run_id = imported(world)
    db.session.execute(db.delete(Membership).where(Membership.company_id == world.company_id))
    db.session.commit()
    assert tell_of_imports() == 0
    assert db.session.get_one(Run, run_id).told_at is not None
    db.session.commit()
