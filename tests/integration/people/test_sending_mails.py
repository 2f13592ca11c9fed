"""Mails over a real socket: what is sent, how it is protected, what happens when it cannot be sent."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

import pytest
from flask import Flask
from freezegun import freeze_time

from portal.extensions import db
from portal.jobs.mail_jobs import send_due, send_one
from portal.jobs.mail_server import NotSent, server
from portal.models.access import OutgoingMail
from portal.models.company import Company
from portal.models.types import utcnow
from portal.services import outgoing
from tests.integration.people.conftest import (
    SMTP_PASSWORD,
    USER,
    Mailbox,
    check_login,
    html_of,
    link_in,
    mails,
    text_of,
    use_mail_url,
)

LINK = "/invitations/a-token-of-the-tests"
LOGIN = f"{quote(USER)}:{quote(SMTP_PASSWORD, safe='')}"


def write(company: Company, recipient: str = "bo@northfield.example", subject: str = "You are invited") -> int:
    mail = outgoing.write(
        "invitation", recipient, subject, company=company, link=LINK, about={"kind": "invitation", "id": 1},
        invited_by="ada@northfield.example", role="viewer", email=recipient, days=7,
    )  # fmt: skip
    db.session.commit()
    return mail.id


def test_mail_arrives_as_text_with_html_beside_it(app: Flask, company: Company, mail_server) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}", mail_from="billing@portal.example")
    write(company)
    assert send_due() == 1
    (mail,), (envelope,) = inbox.mails, inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("billing@portal.example", ["bo@northfield.example"])
    assert mail["From"] == "Invoiced <billing@portal.example>"
    assert (mail["To"], mail["Subject"]) == ("bo@northfield.example", "You are invited")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@portal.example>")
    assert link_in(mail) == LINK
    assert "as a viewer" in text_of(mail)
    assert "<img" not in html_of(mail)
    assert '<html lang="en">' in html_of(mail)
    (row,) = mails()
    assert row.sent_at is not None
    assert send_due() == 0


def test_company_speaks_under_its_brand_with_its_support_address(company: Company, mailbox: Mailbox) -> None:
    company.brand_name, company.support_email = "Northfield <Receivables>", "help@northfield.example"
    write(company)
    (mail,) = mailbox.fetch()
    assert mail["From"].addresses[0].display_name == "Northfield <Receivables>"
    assert "help@northfield.example" in text_of(mail)
    assert "Northfield &lt;Receivables&gt;" in html_of(mail)


def test_start_tls_and_login(
    app: Flask, company: Company, mail_server, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inbox, port = mail_server(tls_context=tls, require_starttls=True, auth_required=True, authenticator=check_login)
    use_mail_url(app, f"smtp://{LOGIN}@127.0.0.1:{port}?tls=1")
    write(company)
    assert send_due() == 1
    assert inbox.secure == [True]


def test_tls_from_the_first_byte_and_login(
    app: Flask, company: Company, mail_server, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inbox, port = mail_server(ssl_context=tls, auth_required=True, auth_require_tls=False, authenticator=check_login)
    use_mail_url(app, f"smtps://{LOGIN}@127.0.0.1:{port}")
    write(company)
    assert send_due() == 1
    assert len(inbox.mails) == 1


def test_mail_server_that_cannot_prove_itself_gets_nothing(
    app: Flask, company: Company, mail_server, tls: ssl.SSLContext
) -> None:
    inbox, port = mail_server(tls_context=tls, authenticator=check_login)
    use_mail_url(app, f"smtp://{LOGIN}@127.0.0.1:{port}?tls=1")
    write(company)
    assert send_due() == 0
    assert inbox.mails == []
    assert "certificate" in mails()[0].error.lower()


def test_mail_server_without_tls_gets_no_password_where_tls_is_wanted(
    app: Flask, company: Company, mail_server
) -> None:
    inbox, port = mail_server(auth_require_tls=False, authenticator=check_login)
    use_mail_url(app, f"smtp://{LOGIN}@127.0.0.1:{port}?tls=1")
    write(company)
    assert send_due() == 0
    assert inbox.mails == []
    assert "STARTTLS" in mails()[0].error


def test_password_is_never_sent_unencrypted_to_another_machine() -> None:
    with pytest.raises(NotSent, match="unencrypted"):
        server("smtp://user:password@mail.example:25")


def test_wrong_login_is_told_without_the_password(app: Flask, company: Company, mail_server, caplog) -> None:
    _, port = mail_server(auth_required=True, auth_require_tls=False, authenticator=check_login)
    use_mail_url(app, f"smtp://{quote(USER)}:a-secret-of-mail@127.0.0.1:{port}")
    write(company)
    send_due()
    (row,) = mails()
    assert "refused the sign-in of MAIL_URL (535)" in row.error
    assert row.given_up_at is None
    assert "a-secret-of-mail" not in row.error + caplog.text + repr(server(app.extensions["portal_settings"].mail_url))


def test_unreachable_server_is_tried_later_and_later_until_three_days_are_over(app: Flask, company: Company) -> None:
    use_mail_url(app, "smtp://127.0.0.1:1")
    with freeze_time("2026-11-23 10:00:00") as clock:
        mail_id = write(company)
        waits = []
        for _ in range(4):
            send_one(mail_id)
            waits.append((db.session.get_one(OutgoingMail, mail_id).not_before - utcnow()) / timedelta(minutes=1))
            clock.tick(timedelta(minutes=waits[-1]))
        assert waits == [1, 2, 4, 8]
        assert send_due() == 0
        clock.tick(timedelta(days=3))
        send_due()
        row = db.session.get_one(OutgoingMail, mail_id)
        assert row.given_up_at is not None
        assert "cannot be reached" in row.error
        clock.tick(timedelta(days=1))
        send_due()
        assert db.session.get_one(OutgoingMail, mail_id).tries == row.tries


def test_mail_goes_out_once_the_server_is_back(app: Flask, company: Company, mail_server) -> None:
    use_mail_url(app, "smtp://127.0.0.1:1")
    with freeze_time("2026-11-23 10:00:00") as clock:
        write(company)
        assert send_due() == 0
        clock.tick(timedelta(minutes=2))
        inbox, port = mail_server()
        use_mail_url(app, f"smtp://127.0.0.1:{port}")
        assert send_due() == 1
    assert len(inbox.mails) == 1
    assert mails()[0].error == ""


def test_dead_server_holds_up_one_mail_a_turn_and_not_all(app: Flask, company: Company) -> None:
    use_mail_url(app, "smtp://127.0.0.1:1")
    for _ in range(3):
        write(company)
    send_due()
    assert [row.tries for row in mails()] == [1, 0, 0]


def test_unknown_recipient_is_given_up_at_once_and_does_not_hold_up_others(
    app: Flask, company: Company, mail_server
) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}")
    inbox.refuse_recipient = "550 5.1.1 No such user here"
    write(company)
    write(company)
    send_due()
    assert [(row.given_up_at is not None, row.error) for row in mails()] == [
        (True, "The mail server answered 550 5.1.1 No such user here")
    ] * 2


@pytest.mark.parametrize("answer", ["451 4.3.0 Later", "550 5.7.1 Relaying denied"])
def test_refusal_that_somebody_can_mend_is_tried_again(app: Flask, company: Company, mail_server, answer: str) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}")
    inbox.refuse_recipient = answer
    write(company)
    send_due()
    assert mails()[0].given_up_at is None
    assert answer[:3] in mails()[0].error


def test_no_text_of_a_rule_can_add_a_header(company: Company, mailbox: Mailbox) -> None:
    company.brand_name = "Brand\r\nBcc: everybody@evil.example"
    write(company, subject="Hello\r\nBcc: everybody@evil.example\r\n\r\nAnother body")
    (mail,) = mailbox.fetch()
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@evil.example Another body"


@pytest.mark.parametrize("recipient", ["bo@x.example\r\nBcc: c@evil.example", "bo@x.example, c@evil.example", "bo"])
def test_recipient_that_is_no_single_address_gets_nothing(company: Company, mailbox: Mailbox, recipient: str) -> None:
    write(company, recipient)
    assert mailbox.fetch() == []
    assert mails()[0].given_up_at is not None


def test_link_is_nowhere_readable_in_the_database(company: Company, mailbox: Mailbox) -> None:
    write(company)
    (row,) = mails()
    assert LINK not in row.text + row.html + str(row.about)
    assert mailbox.link() == LINK
    (row,) = mails()
    assert "link" not in row.about


def test_sender_that_is_no_address_holds_mails_back_and_says_so(app: Flask, company: Company, mail_server) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}", mail_from="Accounts")
    write(company)
    assert send_due() == 0
    assert (mails()[0].given_up_at, inbox.mails) == (None, [])
    assert "MAIL_FROM is no e-mail address" in mails()[0].error


def test_sender_may_bring_its_own_name_and_hosts_any_letters(app: Flask, company: Company, mail_server) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}", mail_from="Our Desk <desk@portal.example>")
    write(company, "bo@müller.example")
    assert send_due() == 1
    assert inbox.mails[0]["From"] == "Our Desk <desk@portal.example>"
    assert inbox.envelopes[0].rcpt_tos == ["bo@xn--mller-kva.example"]


def test_without_a_mail_server_mails_wait_and_say_why(company: Company) -> None:
    write(company)
    assert send_due() == 0
    assert "MAIL_URL is not set" in mails()[0].error


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_workers_at_the_same_moment_send_each_mail_once(app: Flask, company: Company, mail_server) -> None:
    inbox, port = mail_server()
    use_mail_url(app, f"smtp://127.0.0.1:{port}")
    for number in range(5):
        write(company, subject=f"Mail {number}")
    db.session.remove()
    barrier = Barrier(3)

    def work() -> None:
        with app.app_context():
            barrier.wait()
            send_due()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work) for _ in range(3)]:
            done.result()
    assert sorted(mail["Subject"] for mail in inbox.mails) == [f"Mail {number}" for number in range(5)]


def test_mail_of_a_worker_that_died_is_taken_up_later_under_the_same_message_id(
    app: Flask, company: Company, mailbox: Mailbox
) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        mail_id = write(company)
        dead = outgoing.claim(mail_id)
        assert dead is not None
        kept = outgoing.letter(dead).message_id
        db.session.commit()
        assert mailbox.fetch() == []
        clock.tick(outgoing.CLAIM_LASTS)
        (mail,) = mailbox.fetch()
        assert kept in mail["Message-ID"]


def test_old_mails_are_deleted_after_a_month(company: Company, mailbox: Mailbox) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        write(company)
        mailbox.fetch()
        clock.tick(timedelta(days=29))
        assert outgoing.forget_old() == 0
        clock.tick(timedelta(days=2))
        assert outgoing.forget_old() == 1
        assert mails() == []


def test_mail_names_stay_the_same_at_each_try(app: Flask, company: Company, tmp_path: Path) -> None:
    use_mail_url(app, f"file://{tmp_path}/mail")
    mail_id = write(company)
    send_due()
    db.session.query(OutgoingMail).update({"sent_at": None, "not_before": utcnow()})
    db.session.commit()
    send_one(mail_id)
    assert len(list((tmp_path / "mail").iterdir())) == 1
