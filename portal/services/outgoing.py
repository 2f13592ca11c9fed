"""Outgoing mail: rules write rows here, a job sends them after the commit and tries until they are out.

A link that opens something is kept encrypted, apart from the text, and only until the mail is out.
"""

from __future__ import annotations

import base64
import secrets as random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, select, update

from portal.errors import PortalError
from portal.extensions import db, settings
from portal.models.access import OutgoingMail
from portal.models.company import Company
from portal.models.types import utcnow
from portal.services import secrets

GIVE_UP_AFTER = timedelta(days=3)
KEEP_SENT_FOR = timedelta(days=30)
CLAIM_LASTS = timedelta(minutes=15)
"""Longer than a sending can take: the job that sends is ended well before."""
FIRST_WAIT_MINUTES = 1
LONGEST_WAIT_MINUTES = 120
LONGEST_REASON = 500


@dataclass(frozen=True)
class Letter:
    """A claimed mail, ready to be sent. `link` stands in no repr: who has it may use it."""

    mail_id: int
    sender_name: str
    recipient: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    message_id: str
    created_at: datetime
    tries: int


def write(
    template: str, recipient: str, subject: str, *, company: Company | None, link: str = "", about: dict[str, Any],
    **values: Any,
) -> OutgoingMail:  # fmt: skip
    """Write a mail from templates/emails/`template`.txt and .html, to be sent once this transaction is committed.

    `link` is the path of a page; the templates have its whole address as `link`. `about` says what the mail belongs to.
    """
    marker = f"link-{random.token_hex(8)}"
    text, html = render(template, company=company, link=marker, **values)
    sealed = {"marker": marker, "link": _seal(address_of(link))} if link else {}
    mail = OutgoingMail(
        company_id=company.id if company else None,
        recipient=recipient,
        subject=one_line(subject),
        text=text,
        html=html,
        about={**about, **sealed, "message_id": new_message_id(), "sender": sender_name(company)},
    )
    db.session.add(mail)
    db.session.flush()
    return mail


def render(template: str, *, company: Company | None, **values: Any) -> tuple[str, str]:
    """The text and the HTML of a mail."""
    given = {
        "brand": sender_name(company),
        "company": company.name if company else "",
        "portal_url": settings().portal_url,
        "support_email": (company.support_email if company else "") or settings().support_email,
        **values,
    }
    find = current_app.jinja_env.get_template
    return find(f"emails/{template}.txt").render(given), find(f"emails/{template}.html").render(given)


def due(limit: int) -> list[int]:
    """The mails to be sent now, those that wait longest first."""
    query = select(OutgoingMail.id).where(_open(), OutgoingMail.not_before <= utcnow())
    return list(db.session.scalars(query.order_by(OutgoingMail.not_before, OutgoingMail.id).limit(limit)))


def claim(mail_id: int) -> OutgoingMail | None:
    """Take a mail to send it; None when another worker has it, or it is out already. Commit before sending."""
    now = utcnow()
    taken = db.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail_id, _open(), OutgoingMail.not_before <= now)
        .values(not_before=now + CLAIM_LASTS, tries=OutgoingMail.tries + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return db.session.get(OutgoingMail, mail_id, populate_existing=True)


def letter(mail: OutgoingMail) -> Letter:
    """The claimed mail as it is sent, its link in place. Raises PortalError when the link cannot be read any more."""
    about = mail.about
    text, html = mail.text, mail.html
    if "link" in about:
        link = _unseal(about["link"])
        text, html = text.replace(about["marker"], link), html.replace(about["marker"], link)
    return letter_of(mail, mail.subject, text, html)


def letter_of(mail: OutgoingMail, subject: str, text: str, html: str) -> Letter:
    """The claimed mail with words of its own."""
    about = mail.about
    return Letter(
        mail.id, about["sender"], mail.recipient, subject, text, html, about["message_id"], mail.created_at, mail.tries
    )


def note_sent(mail_id: int) -> None:
    """Write that the mail is out; its link is forgotten."""
    mail = db.session.get_one(OutgoingMail, mail_id)
    mail.sent_at = utcnow()
    mail.error = ""
    _forget_link(mail)
    db.session.flush()


def note_failure(mail_id: int, reason: str, *, for_good: bool = False) -> None:
    """Keep why the mail is not out; it is tried again later, up to three days, unless it failed `for_good`."""
    mail = db.session.get_one(OutgoingMail, mail_id)
    mail.error = one_line(reason)[:LONGEST_REASON]
    now = utcnow()
    if for_good or now - mail.created_at >= GIVE_UP_AFTER:
        mail.given_up_at = now
        _forget_link(mail)
    else:
        mail.not_before = now + timedelta(minutes=wait_minutes(mail.tries))
    db.session.flush()


def drop(mail: OutgoingMail) -> None:
    """Take back a mail that is not to be sent after all."""
    db.session.execute(delete(OutgoingMail).where(OutgoingMail.id == mail.id))
    db.session.expunge(mail)


def forget_old() -> int:
    """Delete what was sent or given up a month ago. Returns how many mails that were."""
    before = utcnow() - KEEP_SENT_FOR
    ended = (OutgoingMail.sent_at < before) | (OutgoingMail.given_up_at < before)
    ids = list(db.session.scalars(select(OutgoingMail.id).where(ended).limit(1000)))
    if ids:
        db.session.execute(delete(OutgoingMail).where(OutgoingMail.id.in_(ids)))
    return len(ids)


def wait_minutes(tries: int) -> int:
    """How long to wait after so many tries: 1, 2, 4 ... at most 120 minutes."""
    return int(min(FIRST_WAIT_MINUTES * 2 ** min(max(tries - 1, 0), 10), LONGEST_WAIT_MINUTES))


def one_line(text: str) -> str:
    """Text fit for a header: no line break and no other control character."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def address_of(path: str) -> str:
    """The whole address of a page, on the portal's own name: what a request claims as its host is not asked."""
    return f"{settings().portal_url}{path}"


def sender_name(company: Company | None) -> str:
    """Whose name stands in front of the sender's address."""
    return one_line((company.brand_name if company else "") or settings().brand)


def new_message_id() -> str:
    """The left part of a Message-ID. All tries of a mail have the same, so that a doubled one is known as such."""
    return random.token_hex(16)


def _open() -> ColumnElement[bool]:
    return and_(OutgoingMail.sent_at.is_(None), OutgoingMail.given_up_at.is_(None))


def _forget_link(mail: OutgoingMail) -> None:
    mail.about = {key: value for key, value in mail.about.items() if key not in ("link", "marker")}


def _seal(link: str) -> str:
    return base64.b64encode(secrets.encrypt(link)).decode()


def _unseal(sealed: str) -> str:
    try:
        return secrets.decrypt(base64.b64decode(sealed))
    except PortalError:
        raise PortalError(
            "The link of this mail cannot be read with today's CREDENTIALS_KEYS. Put the former key back into"
            " CREDENTIALS_KEYS, or send the mail anew.",
            code="credentials_keys",
        ) from None
