"""Signing in: senders, users, entities, and the sessions that follow."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .company import Books
from .envelope import Control, Login
from .errors import SIGN_IN, AuthenticationRefusal, ControlRefusal, GatewayError, HttpRefusal
from .store import Record

SENDER_ID = "invoiced"
SENDER_PASSWORD = "sandbox-sender-password"
USER_ID = "xml_portal"
USER_PASSWORD = "sandbox-user-password"
# A second sender, which the company has not let in, and a user who may enter one entity only.
SENDERS = {SENDER_ID: SENDER_PASSWORD, "other_partner": "other-sender-password"}
PASSWORDS = {USER_ID: USER_PASSWORD, "xml_west": "west-user-password"}
ENTITIES_OF = {"xml_west": {"200-WEST"}}
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class SignedIn:
    """Who is at work: user, entity ('' at the top level), and the session if there is one."""

    user_id: str
    location_id: str
    session_id: str
    started: datetime
    expires: datetime


def check_sender(control: Control) -> None:
    """Sender id and password; ControlRefusal when they do not fit."""
    known = SENDERS.get(control.senderid)
    if known is None or not secrets.compare_digest(known.encode(), control.password.encode()):
        raise ControlRefusal(GatewayError(SIGN_IN, "Incorrect Intacct XML Partner ID or password."))


def sign_in(books: Books, control: Control, login: Login) -> SignedIn:
    """Check session or login, then the sender, then the entity, in the gateway's order."""
    if login.sessionid is not None:
        record = _live_session(books, login.sessionid)
        if record is None:
            text = "Invalid session. The session has expired or is not valid."
            raise AuthenticationRefusal(GatewayError(SIGN_IN, text))
        user, location, session = record["USERID"], record["LOCATIONID"], login.sessionid
    else:
        _check_login(books, login)
        user, location, session = login.userid, login.locationid or "", ""
    _check_sender_allowed(books, control, user)
    _check_entity(books, user, location)
    return slide(books, user, location, session)


def _live_session(books: Books, session_id: str) -> Record | None:
    record = books.store.get("_SESSION", session_id)
    return record if record is not None and record["EXPIRES"] > books.clock.now() else None


def _check_login(books: Books, login: Login) -> None:
    known = PASSWORDS.get(login.userid)
    user = books.store.one("USERINFO", "LOGINID", login.userid)
    right = (
        login.companyid.upper() == books.company_id
        and known is not None
        and secrets.compare_digest(known.encode(), login.password.encode())
        and user is not None
        and user.get("STATUS") == "T"
    )
    if right:
        return
    if books.switches.bad_login_401:
        text = "Sign-in information is incorrect. Please check your request."
        raise HttpRefusal(401, GatewayError("XMLGW_JPP0002", text))
    raise AuthenticationRefusal(
        GatewayError(SIGN_IN, "Sign-in information is incorrect"), user_id=login.userid, company_id=login.companyid
    )


def _check_sender_allowed(books: Books, control: Control, user: str) -> None:
    if control.senderid not in books.switches.authorised_senders:
        text = (
            f"Invalid Web Services Authorization. The sender ID '{control.senderid}' is not authorized to make "
            f"Web Services requests to company ID '{books.company_id}'."
        )
        fix = "Contact the company administrator to grant Web Services authorization to this sender ID."
        raise AuthenticationRefusal(GatewayError(SIGN_IN, text, fix), user_id=user, company_id=books.company_id)


def _check_entity(books: Books, user: str, location: str) -> None:
    if not location:
        return
    entity = books.store.one("LOCATIONENTITY", "LOCATIONID", location)
    allowed = ENTITIES_OF.get(user)
    if entity is None or entity.get("STATUS") != "T" or (allowed is not None and location not in allowed):
        raise AuthenticationRefusal(
            GatewayError(SIGN_IN, f"The locationId '{location}' is invalid."), user_id=user, company_id=books.company_id
        )


def slide(books: Books, user: str, location: str, session: str) -> SignedIn:
    """The stamps of this call; a session's end moves forward with each use."""
    now = books.clock.now()
    expires = now + timedelta(hours=books.switches.session_hours)
    if session:
        books.store.change("_SESSION", session, EXPIRES=expires)
    return SignedIn(user, location, session, now, expires)


def open_session(books: Books, signed: SignedIn, location: str | None) -> str:
    """A new session for this user; `location` None keeps the entity, an empty one goes to the top level."""
    place = signed.location_id if location is None else location
    _check_entity(books, signed.user_id, place)
    session_id = "".join(secrets.choice(_ALPHABET) for _ in range(32))
    record: dict[str, Any] = {"USERID": signed.user_id, "LOCATIONID": place, "EXPIRES": signed.expires}
    books.store.put("_SESSION", session_id, record)
    return session_id
