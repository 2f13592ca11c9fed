"""The job that sends what rules wrote to be sent. A mail is claimed, then sent without any transaction, then noted."""

from __future__ import annotations

import logging
import time
from email.message import EmailMessage

from flask import current_app

from portal.errors import PortalError
from portal.extensions import db, settings
from portal.jobs import leaving
from portal.jobs.mail_message import message, sender
from portal.jobs.mail_server import MailServer, NotSent, server
from portal.models.access import OutgoingMail
from portal.services import outgoing, passwords
from portal.services.outgoing import Letter

MOST_AT_ONCE = 100
STOP_AFTER_SECONDS = 400
"""Well before the queue ends the job; the tick has the rest sent."""

_log = logging.getLogger(__name__)


def send_mails() -> None:
    """The job as a worker calls it."""
    db.engine.dispose(close=False)  # inherited over a fork: forget the parent's sockets, do not close them
    with current_app.app_context():
        send_due()


def send_due() -> int:
    """Send every mail that is due, up to a hundred; how many went out. Stops when the server cannot be reached."""
    ids = outgoing.due(MOST_AT_ONCE)
    db.session.commit()
    sent, end = 0, time.monotonic() + STOP_AFTER_SECONDS
    for mail_id in ids:
        failure = send_one(mail_id)
        sent += failure is None
        if (failure is not None and failure.unreachable) or time.monotonic() > end or leaving.asked():
            break
    return sent


def send_one(mail_id: int) -> NotSent | None:
    """Send one mail if nobody else does. Why it is not out, which is kept with it, or None. Commits."""
    try:
        letter = _claimed(mail_id)
        if letter is None:
            return None
        _hand_over(letter)
    except NotSent as failure:
        outgoing.note_failure(mail_id, failure.reason, for_good=failure.for_good)
        db.session.commit()
        _log.warning("Mail %s is not out: %s", mail_id, failure.reason)
        return failure
    outgoing.note_sent(mail_id)
    db.session.commit()
    return None


def _claimed(mail_id: int) -> Letter | None:
    mail = outgoing.claim(mail_id)
    try:
        letter = None if mail is None else _letter(mail)
    except PortalError as error:
        db.session.commit()
        raise NotSent(error.message) from error
    db.session.commit()
    return letter


def _letter(mail: OutgoingMail) -> Letter | None:
    return passwords.answer_request(mail) if passwords.is_request(mail) else outgoing.letter(mail)


def _hand_over(letter: Letter) -> None:
    to: MailServer = server(settings().mail_url)
    to.send(_message(letter), f"{letter.created_at:%Y%m%d-%H%M%S}-{letter.mail_id}")


def _message(letter: Letter) -> EmailMessage:
    try:
        from_ = sender(settings().mail_from, letter.sender_name)
    except ValueError as error:
        raise NotSent("MAIL_FROM is no e-mail address. Set it to the sender of all mails.", unreachable=True) from error
    try:
        return message(letter, from_)
    except ValueError as error:
        raise NotSent("The recipient is no e-mail address.", for_good=True) from error
