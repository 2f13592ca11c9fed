"""Changing a password, and choosing a new one by a link that comes by mail."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, func, select, update

from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.models.access import OutgoingMail, PasswordReset
from portal.models.company import User
from portal.models.types import utcnow
from portal.services import audit, outgoing, sign_in, throttle, users
from portal.services.audit import Actor
from portal.services.outgoing import Letter
from portal.services.throttle import Limit
from portal.services.tokens import digest, new_token

LINK_LASTS = timedelta(hours=1)
MOST_MAILS_AN_HOUR = 3
FREE_REQUESTS_OF_AN_ADDRESS = 20
RESET_PATH = "/reset-password/"
FORGOTTEN_PATH = "/forgot-password"
REQUEST = "password_reset"
SUBJECT = "Choose a new password"

GONE = (
    "This link works for one hour and only once. Its time has passed, it was used, or a newer one was."
    " Nothing was changed. Ask for another link."
)


def request_reset(email: str, address: str) -> int:
    """Note that somebody wants a link for this e-mail address; the seconds to wait when too many were asked for.

    Whether the address is known is looked up only when the mail is about to be sent, so that neither the answer nor
    its time can tell. `address` is the network address that asks.
    """
    limit = Limit(f"forgot {sign_in.network(address)}", FREE_REQUESTS_OF_AN_ADDRESS)
    wait = throttle.claim(limit).wait_seconds
    if wait:
        return wait
    about = {"kind": REQUEST, "message_id": outgoing.new_message_id(), "sender": outgoing.sender_name(None)}
    db.session.add(OutgoingMail(recipient=email.strip().lower(), subject=SUBJECT, text="", about=about))
    db.session.flush()
    return 0


def is_request(mail: OutgoingMail) -> bool:
    """Whether the mail is a wish for a link, whose words are made when it is sent."""
    return bool(mail.about.get("kind") == REQUEST)


def answer_request(mail: OutgoingMail) -> Letter | None:
    """The mail with a fresh link. None when nobody has the address, or it got several already; the row is gone then."""
    user = users.find_by_email(mail.recipient)
    if user is None or not user.active or _asked_before(mail) >= MOST_MAILS_AN_HOUR:
        outgoing.drop(mail)
        return None
    token = new_token()
    db.session.add(PasswordReset(user_id=user.id, digest=digest(token), expires_at=utcnow() + LINK_LASTS))
    db.session.flush()
    link = outgoing.address_of(f"{RESET_PATH}{token}")
    text, html = outgoing.render("password_reset", company=None, link=link, email=user.email)
    return outgoing.letter_of(mail, SUBJECT, text, html)


def find_reset(token: str) -> User | None:
    """Whose password the link of this token sets; None for one that is used, too old or unknown."""
    found = db.session.scalar(_usable(token))
    user = db.session.get(User, found.user_id) if found else None
    return user if user is not None and user.active else None


def reset(token: str, password: str) -> User:
    """Set a new password by a link, which is used up with it; all the user's sessions and waits end.

    Raises NotFound for a link that is good no more, InvalidInput (field `password`).
    """
    found = db.session.scalar(_usable(token))
    user = _locked(found.user_id) if found else None
    # Asked again now that the user's row is held: the same link may have been used in this moment.
    if user is None or not user.active or db.session.scalar(_usable(token)) is None:
        raise NotFound(GONE)
    _set(user, password, Actor(user.email, user.id), "password set by a link")
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
        .values(used_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    throttle.clear(sign_in.account_limit(user.email).subject)
    return user


def change(user_id: int, known: users.Known, password: str) -> User:
    """Set a new password for somebody who just proved the present one (`known`); every session of theirs ends.

    Raises InvalidInput: at `password` for one that is not taken, at `present` when it was changed meanwhile.
    """
    user = _locked(user_id)
    if user is None or user.password_hash != known.password_hash:
        raise InvalidInput("The password was changed meanwhile. Enter the present one.", field="present")
    _set(user, password, Actor(user.email, user.id), "password changed")
    return user


def _set(user: User, password: str, actor: Actor, action: str) -> None:
    user.password_hash = users.hash_password(password, email=user.email, name=user.name)
    user.session_epoch += 1
    for membership in user.memberships:
        audit.record(membership.company_id, actor, "member", membership.id, action, text=user.email)
    outgoing.write(
        "password_changed", user.email, "Your password was changed", company=None,
        about={"kind": "password_changed"}, link=FORGOTTEN_PATH, email=user.email, at=utcnow(),
    )  # fmt: skip


def _usable(token: str) -> Select[PasswordReset]:
    return select(PasswordReset).where(
        PasswordReset.digest == digest(token), PasswordReset.used_at.is_(None), PasswordReset.expires_at > utcnow()
    )


def _locked(user_id: int) -> User | None:
    query = select(User).where(User.id == user_id).with_for_update()
    return db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def _asked_before(mail: OutgoingMail) -> int:
    query = select(func.count()).where(
        OutgoingMail.recipient == mail.recipient,
        OutgoingMail.subject == SUBJECT,
        OutgoingMail.created_at > mail.created_at - timedelta(hours=1),
        OutgoingMail.id < mail.id,
    )
    return db.session.scalar(query) or 0
