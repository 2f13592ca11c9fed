"""A known secret in every place where one can be, everything done that can be done, and no trace of any of them."""

from __future__ import annotations

import contextvars
import logging
import re
import secrets as random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask, current_app
from rq import Queue, SimpleWorker

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from intacct_sandbox.core import SandboxCore
from portal.app import create_app
from portal.cli.main import cli
from portal.extensions import db
from portal.jobs import queues
from portal.jobs.mail_jobs import send_due
from portal.models.access import OutgoingMail
from portal.models.company import Role
from portal.models.run import Run
from portal.services import gateways
from portal.sync import engine
from tests.factories import make_company, make_customer, make_invoice, make_payment, make_settings, make_user
from tests.integration.intacct_world import make_core, reach
from tests.integration.ops.conftest import valkey_url
from tests.integration.safety.canaries import (
    Listening,
    Secrets,
    in_cookie,
    in_files,
    in_mails,
    in_redis,
    in_representations,
)
from tests.integration.safety.house import House, Things
from tests.integration.safety.outages import let_go, set_setting
from tests.integration.safety.servers import closed_port
from tests.integration.web.conftest import Browser
from tests.sage_schema import CoreAdapter, ValidatingAdapter, response

__all__ = ["valkey_url"]

pytestmark = pytest.mark.timeout(600)

SYNC, INTACCT = "/settings/accounting-sync", "/settings/integrations/intacct"


def canary(name: str) -> str:
    return f"canary-{name}-{random.token_hex(8)}"


class Echo(CoreAdapter):
    """The sandbox, remembering the sessions that it opens; and, once told to, an Intacct that says secrets aloud."""

    def __init__(self, core: SandboxCore, kept: Secrets) -> None:
        super().__init__(core)
        self.kept, self.aloud = kept, ""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        heard = re.findall(rb"<(?:password|sessionid)>([^<]+)<", body)
        if self.aloud:
            said = b"Wrong: " + b", ".join(heard)
            return response(request, *_answer(self.aloud, said))
        made = super().send(request, *args, **kwargs)
        for found in re.findall(rb"<sessionid>([^<]+)<", made.content):
            self.kept.add(f"session {found[-6:].decode()}", found.decode())
        return made


def _answer(how: str, said: bytes) -> tuple[int, str, bytes]:
    if how == "page":
        return 500, "text/html", b"<html>" + said + b"</html>"
    failed = b"<error><errorno>XL03000006</errorno><description2>" + said + b"</description2></error>"
    head = b"<control><status>failure</status><senderid>x</senderid><controlid>c</controlid></control>"
    return 200, "text/xml", b"<response>" + head + b"<errormessage>" + failed + b"</errormessage></response>"


@pytest.fixture
def heard() -> Iterator[Listening]:
    """All that is logged, at the most talkative level of every library."""
    listening = Listening()
    root, chatty = logging.getLogger(), [logging.getLogger(name) for name in ("sqlalchemy.engine", "portal")]
    before = {logger: logger.level for logger in (root, *chatty)}
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    for logger in chatty:
        logger.setLevel(logging.DEBUG)
    yield listening
    root.removeHandler(listening)
    for logger, level in before.items():
        logger.setLevel(level)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Secrets:
    """A secret for each thing that has one."""
    made = Secrets()
    for name in ("Intacct password", "sender password", "SECRET_KEY", "MAIL_URL", "DATABASE_URL", "user password",
                 "new password", "password of who joins", "wrong password", "wrong Intacct password", "wrong API key",
                 "REDIS_URL"):  # fmt: skip
        made.add(name, canary(re.sub(r"\W", "", name)))
    made.add("CREDENTIALS_KEYS", Fernet.generate_key().decode())
    made.add("the running REDIS_URL", valkey_url.split(":")[2].split("@")[0])
    monkeypatch.setitem(sessions.SENDERS, sessions.SENDER_ID, made.known["sender password"])
    monkeypatch.setitem(sessions.PASSWORDS, sessions.USER_ID, made.known["Intacct password"])
    monkeypatch.setattr(sessions, "SENDER_PASSWORD", made.known["sender password"])
    return made


@pytest.fixture
def app(database: str, kept: Secrets, valkey_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A portal all of whose secrets are known."""
    queues.connect(valkey_url).flushall()
    settings = make_settings(
        database, secret_key=kept.known["SECRET_KEY"], credentials_keys=(kept.known["CREDENTIALS_KEYS"],),
        redis_url=valkey_url, mail_url=f"file://{tmp_path / 'mail'}", portal_url="http://localhost",
        intacct_sender_id=sessions.SENDER_ID, intacct_sender_password=kept.known["sender password"],
    )  # fmt: skip
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def echo(app: Flask, kept: Secrets) -> Iterator[Echo]:
    core = make_core(app)
    made = Echo(core, kept)
    reach(app, ValidatingAdapter(made))
    yield made
    core.close()


def perform_jobs() -> None:
    """What the workers would do, in this process."""
    db.session.commit()
    app, redis = current_app._get_current_object(), queues.redis()  # type: ignore[attr-defined]
    worker = SimpleWorker([Queue(name, connection=redis) for name in queues.NAMES], connection=redis)

    def work() -> None:
        with app.app_context():
            worker.work(burst=True)

    contextvars.Context().run(work)
    let_go()


def people_come_and_go(house: House, kept: Secrets, mail: Path) -> Browser:
    """Sign-ins that fail and succeed, a forgotten password, an invitation, a new password, a key. Returns an admin."""
    browser, known = Browser(house.app.test_client()), kept.known
    browser.sign_in("admin@canary.example", known["wrong password"])
    browser.sign_in(known["wrong password"], known["wrong password"])
    assert browser.sign_in("admin@canary.example", known["user password"]).status_code == 303
    browser.post("/settings/members/invite", {"email": "joins@canary.example", "role": "viewer"})
    Browser(house.app.test_client()).post("/forgot-password", {"email": "admin@canary.example"})
    perform_jobs()
    send_due()
    for number, (_, text) in enumerate(in_mails(mail)):
        for path, token in re.findall(r"/(invitations|reset-password)/([\w-]{20,})", text):
            if token not in known.values():
                kept.add(f"token {number} of {path}", token)
    joins = next(token for name, token in known.items() if name.endswith("invitations"))
    reset = next(token for name, token in known.items() if name.endswith("reset-password"))
    joiner = Browser(house.app.test_client())
    fields = {"name": "Jo", "password": known["password of who joins"]}
    assert joiner.post(f"/invitations/{joins}", fields).status_code == 303
    stranger = Browser(house.app.test_client())
    assert stranger.post(f"/reset-password/{reset}", {"password": known["new password"]}).status_code == 303
    assert stranger.get(f"/reset-password/{reset}").status_code == 404
    assert browser.sign_in("admin@canary.example", known["new password"]).status_code == 303
    page = browser.post("/settings/api-keys", {"label": "Billing", "scope": "read_write"})
    house.things.api_key = kept.add("API key", re.search(r"portal_[\w-]{20,}", page.text)[0])
    return browser


def intacct_is_connected_and_synced(browser: Browser, echo: Echo, kept: Secrets, house: House) -> None:
    """A wrong password, a right one, a sync with a problem, imports, and an Intacct that says secrets aloud."""
    login = {"company_id": COMPANY_ID, "user_id": sessions.USER_ID, "entity_id": ""}
    wrong = browser.post(f"{INTACCT}/connect", {**login, "password": kept.known["wrong Intacct password"]})
    assert wrong.status_code == 422
    for echo.aloud in ("page", "reply"):
        refused = browser.post(f"{INTACCT}/connect", {**login, "password": kept.known["Intacct password"]})
        assert refused.status_code in (422, 502)
    echo.aloud = ""
    right = browser.post(f"{INTACCT}/connect", {**login, "password": kept.known["Intacct password"]})
    assert right.status_code == 303, right.text
    customer = make_customer(house.company, "Canary Customer", number="C-1")
    invoice = make_invoice("300.00", customer=customer, number="INV-1")
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    db.session.commit()
    for path in (f"{SYNC}/sync", f"{SYNC}/sync", "/customers/import/intacct", f"{SYNC}/tie-out"):
        browser.post(path, page=SYNC)
        perform_jobs()
    for echo.aloud in ("page", "reply"):
        browser.post(f"{SYNC}/sync", page=SYNC)
        browser.post(f"{INTACCT}/check", page=INTACCT)
        perform_jobs()
    echo.aloud = ""


def things_fail(browser: Browser, house: House, kept: Secrets, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Views, jobs and commands that fail unforeseen, and parts that are away. Returns what commands printed."""

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("unforeseen")

    with monkeypatch.context() as broken:
        broken.setattr(gateways, "open_waited_for", fail)
        assert browser.post(f"{INTACCT}/check", page=INTACCT).status_code == 500
        broken.setattr(engine, "_perform", fail)
        browser.post(f"{SYNC}/sync", page=SYNC)
        perform_jobs()
        broken.setattr(engine, "perform", fail)
        browser.post(f"{SYNC}/sync", page=SYNC)
        perform_jobs()
    for key in (kept.known["wrong API key"], house.things.api_key):
        house.call("GET", "/api/customers", key)
        house.call("POST", "/api/customers", key, json={"name": "x" * 5000})
    printed = _commands(house)
    set_setting(house, mail_url=f"smtp://portal:{kept.known['MAIL_URL']}@127.0.0.1:{closed_port()}")
    browser.post("/settings/members/invite", {"email": "late@canary.example", "role": "viewer"})
    let_go()
    send_due()
    return [*printed, *_with_parts_away(kept)]


def _commands(house: House) -> list[str]:
    slug = house.company.slug
    let_go()
    run = CliRunner().invoke
    asked = (
        ["intacct", "check"],
        ["sync", "run"],
        ["settings", "show"],
        ["book", "list", "invoices"],
        ["sync", "list"],
    )
    made = [run(cli, [*arguments, "--company", slug, "--json"], obj=house.app) for arguments in asked]
    let_go()
    return [f"{done.output} {done.exception!r}" for done in made]


def _with_parts_away(kept: Secrets) -> list[str]:
    """A portal whose database and queue are away: its pages and commands."""
    url = f"postgresql+psycopg://portal:{kept.known['DATABASE_URL']}@127.0.0.1:{closed_port()}/portal"
    redis = f"redis://:{kept.known['REDIS_URL']}@127.0.0.1:{closed_port()}/0"
    away = create_app(make_settings(url, redis_url=redis))
    away.config["PROPAGATE_EXCEPTIONS"] = False
    with away.app_context():
        pages = [contextvars.Context().run(away.test_client().get, path).text for path in ("/healthz", "/login")]
        pages.append(contextvars.Context().run(away.test_client().get, "/api/customers", auth=("portal_x", "")).text)
        queues.enqueue_run(1)
        done = CliRunner().invoke(cli, ["companies", "list"], obj=away)
        db.session.remove()
    return [*pages, f"{done.output} {done.exception!r}"]


def everything_shown(house: House, browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Every page, every file and every reading call, after all that."""
    runs = list(db.session.scalars(db.select(Run.id)))
    house.things.ids |= {"run_id": runs[-1], "problem_id": 1, "key_id": 1, "member_id": 1, "event_id": 1,
                         "customer_id": 1, "invoice_id": 1, "payment_id": 1, "credit_note_id": 1, "invitation_id": 1,
                         "record_id": 1, "kind": "invoice", "slug": "credentials", "token": "x", "colour": "1a2b3c",
                         "filename": "x"}  # fmt: skip
    for run_id in runs:
        house.things.import_id = house.things.preview_id = run_id
        for path in (f"{SYNC}/runs/{run_id}", f"{SYNC}/runs/{run_id}/records.csv", f"/imports/{run_id}"):
            yield path, browser.get(path).data
    for rule in house.rules():
        answer = browser.get(house.path(rule))
        yield rule.rule, answer.data + str(answer.headers).encode()
    for method, rule in house.api_rules():
        if method == "GET":
            yield rule.rule, house.call("GET", house.path(rule)).data


def test_no_secret_is_seen_anywhere(
    app: Flask, echo: Echo, kept: Secrets, heard: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company("Canary Company")
    make_user(company, Role.ADMIN, email="admin@canary.example", password=kept.known["user password"])
    house = House(app, Things(company.id))
    db.session.commit()
    browser = people_come_and_go(house, kept, tmp_path / "mail")
    intacct_is_connected_and_synced(browser, echo, kept, house)
    printed = things_fail(browser, house, kept, monkeypatch)
    assert any(name.startswith("session ") for name in kept.known)
    seen, looked = set(), Counter[str]()
    for place, content in everywhere(house, browser, printed, heard, tmp_path):
        looked[place.split(":")[0]] += len(content)
        # A link has to stand in its mail, and only there.
        wanted = kept.without("token ") if place.startswith("mail:") else kept
        seen |= set(wanted.seen_in(place, content))
    assert sorted(seen) == []
    for kind in ("page", "command", "log", "Redis", "repr", "cookie", "table", "file", "mail"):
        assert looked[kind] > 20, f"nothing was looked at: {kind}"
    assert db.session.scalar(db.select(OutgoingMail.error).where(OutgoingMail.error != ""))


def everywhere(
    house: House, browser: Browser, printed: list[str], heard: Listening, folder: Path
) -> Iterator[tuple[str, bytes | str]]:
    """(where, what stands there), of every place that keeps or shows anything."""
    yield from ((f"page: {place}", shown) for place, shown in everything_shown(house, browser))
    yield from (("command: output", text) for text in printed)
    yield from (("log:", line) for line in heard.lines)
    yield from ((f"Redis: {name}", value) for name, value in in_redis(queues.redis()))
    yield from ((f"repr: {name}", text) for name, text in in_representations())
    cookie = browser.client.get_cookie(house.app.config["SESSION_COOKIE_NAME"])
    yield "cookie:", in_cookie(cookie.value if cookie else "")
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            yield f"table: {table.name}", " ".join(_text(value) for value in row)
    db.session.commit()
    database = Path(str(db.engine.url.database))
    files = in_files(database.parent)
    yield from ((f"file: {name}", content) for name, content in files if name.startswith(database.name))
    yield from ((f"mail: {name}", text) for name, text in in_mails(folder / "mail"))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("form", ["{}", "before {} after", "%7B{}", '"{}"'])
def test_the_search_finds_what_it_looks_for(form: str) -> None:
    kept = Secrets()
    kept.add("one", "canary/one=1 & more")
    assert kept.seen_in("here", form.format("canary/one=1 & more")) == ["one in here"]
    assert kept.seen_in("here", "canary%2Fone%3D1%20%26%20more") == ["one in here"]
    assert kept.seen_in("here", b"\x00Y2FuYXJ5L29uZT0xICYgbW9yZQ==") == ["one in here"]
    assert kept.seen_in("here", "canary") == []
