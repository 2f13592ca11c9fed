"""Intacct, the queue and the mail server down, slow and wrong, against every page, main forms, jobs and commands."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from portal.blueprints.offering import WAITS
from portal.cli.main import cli
from portal.extensions import db
from portal.jobs.mail_jobs import send_due
from portal.jobs.tick import tick
from portal.models.access import OutgoingMail
from portal.models.connection import IntacctList
from portal.models.run import Run, RunKind, RunState
from portal.models.types import utcnow
from portal.services import passwords, wanted
from portal.sync import engine, runs
from tests.factories import PASSWORD
from tests.integration.safety import outages
from tests.integration.safety.house import House
from tests.integration.safety.outages import CONDITIONS, in_time, intacct_is, mail_is, queue_is

pytestmark = pytest.mark.timeout(600)  # each walks all pages; what must not hang has limits of its own

SYNC = "/settings/accounting-sync"
INTACCT = "/settings/integrations/intacct"


def in_every_condition(test: Any) -> Any:
    return pytest.mark.parametrize("condition", CONDITIONS)(test)


def command(house: House, *arguments: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
    """(exit status, last line of output) of a command, which came back in its time."""
    slug = house.company.slug
    outages.let_go()
    with in_time():
        done = CliRunner().invoke(cli, [*arguments, "--company", slug, "--json"], input=stdin, obj=house.app)
    outages.let_go()
    return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1])


def newest_run() -> Run:
    db.session.expire_all()
    return db.session.scalars(db.select(Run).order_by(Run.id.desc())).first()


@in_every_condition
@pytest.mark.part("Intacct", "every page, every reading call of the API")
def test_all_answer_from_what_is_stored(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with intacct_is(condition, house, monkeypatch):
        assert outages.walk(house) == outages.expected(house)
        assert set(outages.walk_api(house).values()) == {200}


@in_every_condition
@pytest.mark.part("Intacct", "pages with figures of Intacct's")
def test_they_say_of_when_the_figures_are(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with intacct_is(condition, house, monkeypatch):
        browser = house.browser()
        assert re.search(r"as of \d\d:\d\d", browser.get(f"{SYNC}/tie-out").text)
        assert "as last read or sent" in browser.get(f"{SYNC}/explain/invoice/{house.things.ids['invoice_id']}").text
        assert "Synced" in browser.get("/").text
        db.session.execute(db.update(IntacctList).values(fetched_at=utcnow() - timedelta(minutes=2)))
        db.session.commit()  # a list read within the last minute is not asked for again
        choose = browser.get("/invoices/import/intacct").text
        assert "document types could not be read now" in choose
        assert "Sales Invoice" in choose


@in_every_condition
@pytest.mark.part("Intacct", "connecting, checking, refreshing lists")
def test_the_page_says_that_intacct_does_not_answer_and_nothing_is_saved(
    house: House, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"company_id": "OTHER", "user_id": "u", "password": "p", "entity_id": ""}
    with intacct_is(condition, house, monkeypatch):
        browser = house.browser()
        with in_time():
            answer = browser.post(f"{INTACCT}/connect", given)
        assert (answer.status_code, "Nothing was saved" in answer.text) == (502, True)
        with in_time():
            assert browser.post(f"{INTACCT}/check", page=INTACCT).status_code == 303
        assert "Nothing was saved" in browser.get(INTACCT).text
        with in_time():
            assert browser.post(f"{INTACCT}/lists", page=INTACCT).status_code == 502


@in_every_condition
@pytest.mark.part("Intacct", "a sync, an import, a tie-out")
def test_the_run_ends_in_words_and_the_next_one_goes_on(
    house: House, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with intacct_is(condition, house, monkeypatch):
        for kind in (RunKind.SYNC, RunKind.TIE_OUT):
            book = wanted.active_book(house.things.company_id)
            assert book is not None
            run_id = runs.request(book, kind, trigger="test").id
            db.session.commit()
            with in_time():
                engine.perform(run_id)
            run = newest_run()
            assert (run.state, run.error_code) == (
                RunState.FAILED, {"down": "unreachable", "slow": "no_reply", "wrong": "bad_reply"}[condition]
            )  # fmt: skip
            assert run.error
        assert command(house, "import", "customers")[0] == 2


@in_every_condition
@pytest.mark.part("Intacct", "commands that ask Intacct")
def test_they_end_with_status_2_and_say_why(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with intacct_is(condition, house, monkeypatch):
        code, told = command(house, "intacct", "check")
        assert (code, bool(told["error"]["message"])) == (2, True)
        assert command(house, "sync", "run")[0] == 2
        assert command(house, "book", "list", "invoices")[0] == 0


@in_every_condition
@pytest.mark.part("the queue (Valkey, Redis)", "every page, every reading call of the API")
def test_all_answer(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue_is(condition, house, monkeypatch):
        assert outages.walk(house) == outages.expected(house)
        assert set(outages.walk_api(house).values()) == {200}
        assert house.browser().get("/healthz").json == {"ok": True, "database": "answers", "queue": "does not answer"}


@in_every_condition
@pytest.mark.part("the queue (Valkey, Redis)", "Sync Now, imports, tie-outs")
def test_the_run_stands_in_the_database_and_the_page_says_that_it_starts_by_itself(
    house: House, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with queue_is(condition, house, monkeypatch):
        browser = house.browser()
        for path, page in ((f"{SYNC}/sync", SYNC), ("/customers/import/intacct", ""), (f"{SYNC}/tie-out", "")):
            with in_time():
                answer = browser.post(path, page=page)
            assert answer.status_code == 303, path
            assert WAITS in browser.get(answer.location).text
            assert newest_run().state == RunState.QUEUED
        with in_time():
            answer = house.call("POST", "/api/sync_runs", json={})
        assert answer.status_code == 409
        assert command(house, "sync", "start")[0] == 4


@in_every_condition
@pytest.mark.part("the queue (Valkey, Redis)", "what was asked for, once the queue is back")
def test_the_next_tick_puts_it_on_the_queue(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue_is(condition, house, monkeypatch):
        house.browser().post(f"{SYNC}/sync", page=SYNC)
        waiting = newest_run()
        waiting.enqueued_at = 1  # more than the 20 s ago after which a queued run counts as forgotten
        run_id = waiting.id
        db.session.commit()
        with in_time():
            assert run_id in tick()
    taken: list[int] = []
    monkeypatch.setattr("portal.jobs.tick.enqueue_run", lambda found: bool(taken.append(found)) or True)
    db.session.get_one(Run, run_id).enqueued_at = 1
    db.session.commit()
    tick()
    assert run_id in taken


@in_every_condition
@pytest.mark.part("the queue (Valkey, Redis)", "signing in and its throttle, a forgotten password, the API's limits")
def test_they_work_as_ever(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue_is(condition, house, monkeypatch):
        slug, browser = house.company.slug, house.browser()
        browser.post("/logout", page="/")
        answers = [browser.sign_in(f"viewer@{slug}.example", "wrong").status_code for _ in range(6)]
        assert answers == [422] * 5 + [429]
        with in_time():
            assert browser.post("/forgot-password", {"email": f"viewer@{slug}.example"}).status_code == 200
        house.call("GET", "/api/customers")
        counted = house.app.extensions["portal_api_limits"]._own
        assert any(subject.startswith("key-") for subject, _ in counted)


@in_every_condition
@pytest.mark.part("the queue (Valkey, Redis)", "commands")
def test_they_work_without_it(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue_is(condition, house, monkeypatch):
        assert command(house, "book", "list", "invoices")[0] == 0
        assert command(house, "sync", "start")[0] == 0
        with in_time():
            assert CliRunner().invoke(cli, ["tick", "--json"], obj=house.app).exit_code == 0


@in_every_condition
@pytest.mark.part("the mail server", "pages of sign-in, members and accounts, from which mails go out")
def test_all_pages_answer(house: House, condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    areas = ("auth.", "members.", "account.", "dashboard.")
    with mail_is(condition, house, monkeypatch):
        assert outages.walk(house, areas) == outages.expected(house, areas)


@in_every_condition
@pytest.mark.part("the mail server", "a forgotten password, an invitation, mails about syncs and imports")
def test_the_mail_waits_with_its_reason_and_goes_out_later(
    house: House, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_is(condition, house, monkeypatch):
        slug = house.company.slug
        passwords.request_reset(f"viewer@{slug}.example", "127.0.0.1")
        db.session.commit()
        with in_time():
            assert send_due() == 0
        mails = list(db.session.scalars(db.select(OutgoingMail).where(OutgoingMail.tries > 0)))
        assert mails
        assert all(mail.error and mail.sent_at is None and mail.not_before > utcnow() for mail in mails)
        answer = house.browser().post("/settings/members/invite", {"email": f"third@{slug}.example", "role": "viewer"})
        assert answer.status_code == 303


@pytest.mark.part("everything at once", "signing in and every page")
def test_pages_answer_with_the_database_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "slow"
    with intacct_is(slow, house, monkeypatch), queue_is(slow, house, monkeypatch), mail_is(slow, house, monkeypatch):
        slug, browser = house.company.slug, house.browser()
        browser.post("/logout", page="/")
        with in_time():
            assert browser.sign_in(f"admin@{slug}.example", PASSWORD).status_code == 303
        assert outages.walk(house) == outages.expected(house)
