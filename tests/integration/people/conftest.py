"""A company with people, their browsers, and a mail server that takes what the portal sends over a real socket."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from portal.cli.place import port_to_use
from portal.extensions import db
from portal.jobs.mail_jobs import send_due
from portal.models.access import OutgoingMail
from portal.models.company import Company, Role, User
from tests.factories import PASSWORD, make_user
from tests.integration.web.conftest import Browser

USER, SMTP_PASSWORD = "portal@mail.example", "a pass:word/with@signs"


@pytest.fixture
def backend() -> str:
    """Pages are tried on SQLite; rules that lock or claim ask for both databases themselves."""
    return "sqlite"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """The templates, compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(autouse=True)
def _compiled_once(request: pytest.FixtureRequest, compiled: FileSystemBytecodeCache) -> None:
    if "app" in request.fixturenames:
        request.getfixturevalue("app").jinja_env.bytecode_cache = compiled


@pytest.fixture
def admin(company: Company) -> User:
    """Ada, the company's admin."""
    return make_user(company, Role.ADMIN, email="ada@northfield.example")


@pytest.fixture
def browser_of(app: Flask) -> Callable[..., Browser]:
    """Makes a browser: signed in as a user, or nobody's."""

    def make(user: User | None = None, password: str = PASSWORD) -> Browser:
        browser = Browser(app.test_client())
        if user is not None:
            db.session.commit()
            assert browser.sign_in(user.email, password).status_code == 303
        return browser

    return make


@dataclass
class Mailbox:
    """What arrived in the folder of the embedded mode."""

    folder: Path

    def fetch(self) -> list[EmailMessage]:
        """Have everything sent that is due; the mails since the last call, in order."""
        db.session.commit()
        send_due()
        found = sorted(self.folder.glob("*.eml"), key=lambda path: int(path.stem.rpartition("-")[2]))
        mails = [parse(path.read_bytes()) for path in found]
        for path in found:
            path.unlink()
        return mails

    def link(self) -> str:
        """The path of the link in the only mail that comes."""
        (mail,) = self.fetch()
        return link_in(mail)


@pytest.fixture
def mailbox(app: Flask, tmp_path: Path) -> Mailbox:
    """Lets mails go into a folder."""
    use_mail_url(app, f"file://{tmp_path}/mail")
    return Mailbox(tmp_path / "mail")


def use_mail_url(app: Flask, url: str, **others: Any) -> None:
    """Let the portal send its mails there."""
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], mail_url=url, **others)


def parse(raw: bytes) -> EmailMessage:
    """A mail as its reader has it."""
    made = message_from_bytes(raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def text_of(mail: EmailMessage) -> str:
    """The plain words of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(mail: EmailMessage) -> str:
    """The mail's HTML."""
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    """The path of the one link of a mail, which its text and its HTML both hold."""
    (path,) = set(re.findall(r"http://127\.0\.0\.1:8000(/\S+)", text_of(mail)))
    assert f'href="http://127.0.0.1:8000{path}"' in html_of(mail)
    return path


@dataclass
class Inbox:
    """The handler of the mail server: keeps what it takes, and refuses what a test wants refused."""

    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    refuse_recipient: str = ""
    refuse_data: str = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        self.envelopes.append(envelope)
        self.mails.append(parse(bytes(envelope.content or b"")))
        self.secure.append(session.ssl is not None)
        return "250 OK"


def check_login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    """Let in whoever MAIL_URL names."""
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (
        USER.encode(), SMTP_PASSWORD.encode(),
    )  # fmt: skip
    return AuthResult(success=right, handled=False)


@pytest.fixture
def mail_server() -> Iterator[Callable[..., tuple[Inbox, int]]]:
    """Starts a mail server on a free port of this machine; answers what it took, and the port."""
    started: list[Controller] = []

    def start(**options: Any) -> tuple[Inbox, int]:
        inbox = Inbox()
        port = port_to_use("127.0.0.1", 0, "--port")
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        started.append(controller)
        return inbox, port

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file; nobody's authority signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("certificate") / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What the mail server shows of itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def mails() -> list[OutgoingMail]:
    """The rows, in the order in which they were written."""
    db.session.expire_all()
    return list(db.session.query(OutgoingMail).order_by(OutgoingMail.id))
