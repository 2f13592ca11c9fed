"""Changing CREDENTIALS_KEYS: everything stored is readable before, during and after, and no key is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask

from portal.cli.main import cli
from portal.errors import PortalError
from portal.extensions import db
from portal.intacct.calls import Session
from portal.models.access import OutgoingMail
from portal.models.connection import Book, Connection
from portal.services import gateways, key_rotation, outgoing, secrets
from tests.factories import make_company

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))

Portal = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def portal(app: Flask) -> Portal:
    """Runs `portal ARGUMENTS --json`: its status, its answer, and all that it printed."""

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        db.session.commit()
        done = CliRunner().invoke(cli, [*arguments, "--json"], obj=app)
        db.session.expire_all()
        return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1]), done.stdout + done.stderr

    return run


@pytest.fixture(autouse=True)
def old_first(app: Flask) -> None:
    """The install begins with one key."""
    keys(app, OLD)


def keys(app: Flask, *given: str) -> None:
    """Set CREDENTIALS_KEYS."""
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], credentials_keys=given)


def connect(number: int) -> int:
    """A connection with a password and a kept session; the company's id."""
    company = make_company()
    book = Book(company_id=company.id, intacct_company_id=f"intacct-{number}")
    db.session.add(book)
    db.session.flush()
    connection = Connection(
        company_id=company.id, book_id=book.id, intacct_user_id="portal",
        password_encrypted=secrets.encrypt(f"password {number}"),
    )  # fmt: skip
    db.session.add(connection)
    gateways.keep_session(connection, Session(f"session {number}", "https://intacct.example/x"))
    db.session.commit()
    return company.id


def readable(company_id: int) -> tuple[str, str]:
    """The password and the session of a connection, decrypted."""
    connection = db.session.get_one(Connection, company_id)
    line = gateways.line(connection, "x", "")
    assert line.session is not None
    return line.login.password, line.session.session_id


def sealed_link() -> int:
    """A mail that waits, with a link only it knows."""
    mail = OutgoingMail(recipient="ada@northfield.example", subject="Welcome", text="{link}",
                        about={"link": outgoing._seal("https://portal.example/invitations/t")})  # fmt: skip
    db.session.add(mail)
    db.session.commit()
    return mail.id


def link_of(mail_id: int) -> str:
    return outgoing._unseal(db.session.get_one(OutgoingMail, mail_id).about["link"])


def test_after_a_rotation_the_old_key_can_be_dropped(app: Flask, portal: Portal) -> None:
    companies, mail = [connect(number) for number in range(3)], sealed_link()
    keys(app, NEW, OLD)
    assert portal("keys", "rotate")[:2] == (0, {"rotated": 7, "current_before": 0, "unreadable": 0})
    keys(app, NEW)
    assert [readable(id_) for id_ in companies] == [(f"password {n}", f"session {n}") for n in range(3)]
    assert link_of(mail) == "https://portal.example/invitations/t"


def test_without_a_rotation_it_could_not(app: Flask, portal: Portal) -> None:
    company = connect(1)
    keys(app, NEW)
    with pytest.raises(PortalError, match="CREDENTIALS_KEYS"):
        readable(company)
    status, answer, _ = portal("keys", "rotate")
    assert (status, answer["unreadable"], answer["rotated"]) == (1, 2, 0)
    keys(app, OLD)
    assert readable(company) == ("password 1", "session 1")


def test_a_rotation_that_was_interrupted_goes_on(app: Flask, portal: Portal) -> None:
    companies = [connect(number) for number in range(3)]
    keys(app, NEW, OLD)
    key_rotation.rotate(key_rotation.places()[0])
    db.session.commit()
    assert portal("keys", "rotate")[1] == {"rotated": 4, "current_before": 2, "unreadable": 0}
    assert portal("keys", "rotate")[1] == {"rotated": 0, "current_before": 6, "unreadable": 0}
    assert [readable(id_)[0] for id_ in companies] == [f"password {n}" for n in range(3)]


def test_check_says_what_each_key_still_encrypts(app: Flask, portal: Portal) -> None:
    connect(1)
    keys(app, NEW, OLD)
    connect(2)
    status, answer, _ = portal("keys", "check")
    assert (status, [item["secrets"] for item in answer["items"]]) == (0, [2, 2])
    portal("keys", "rotate")
    assert [item["secrets"] for item in portal("keys", "check")[1]["items"]] == [4, 0]


def test_no_key_and_no_secret_is_printed(app: Flask, portal: Portal) -> None:
    connect(1)
    keys(app, NEW, OLD)
    printed = portal("keys", "check")[2] + portal("keys", "rotate")[2]
    assert not [text for text in (OLD, NEW, OLD[:12], NEW[:12], "password 1", "session 1") if text in printed]


def test_a_disconnected_company_has_nothing_to_rotate(app: Flask, portal: Portal) -> None:
    connection = db.session.get_one(Connection, connect(1))
    connection.password_encrypted = connection.session_encrypted = b""
    keys(app, NEW, OLD)
    assert portal("keys", "rotate")[1]["rotated"] == 0


def test_a_rotation_knows_every_place_that_encrypts() -> None:
    """Whoever encrypts something new has to teach it to portal/services/key_rotation.py, and name it here."""
    top = Path(key_rotation.__file__).parents[1]
    encrypting = {path.name for path in top.rglob("*.py") if "secrets.encrypt(" in path.read_text(encoding="utf-8")}
    assert encrypting == {"connection.py", "gateways.py", "outgoing.py"}
