"""From calls to a request's values, and from a typed reply to results or a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from lxml import etree

from .binding import HttpReply
from .calls import Call, Login, Sender, Session
from .classify import Where, failure, messages_of, unread
from .errors import BadReply, GatewayError, IntacctError, Level
from .results import Result, made_key

# Frozen bodies come from our own store; they are read as strictly as a reply.
_BODY = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


@dataclass(frozen=True)
class Stamps:
    """When a reply was made and until when its session lives, as Intacct says (UTC)."""

    now: datetime | None = None
    session_until: datetime | None = None


def request_values(
    sender: Sender, who: Login | Session, control_id: str, calls: Sequence[Call], *, unique: bool
) -> dict[str, Any]:
    """The values of a `request`. Raises `ValueError` for a body that is not one XML element."""
    control = {
        "senderid": sender.sender_id,
        "password": sender.password,
        "controlid": control_id,
        "uniqueid": _flag(unique),
        "dtdversion": "3.0",
        "includewhitespace": "false",
    }
    functions = [{"_value_1": _element(call), "controlid": call.control_id} for call in calls]
    operation = {
        "authentication": _authentication(who),
        "content": {"function": functions},
        "transaction": "false",
    }
    return {"control": control, "operation": operation}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _authentication(who: Login | Session) -> dict[str, Any]:
    if isinstance(who, Session):
        return {"sessionid": who.session_id}
    login = {"userid": who.user_id, "companyid": who.company_id, "password": who.password}
    return {"login": login | ({"locationid": who.entity_id} if who.entity_id else {})}


def _element(call: Call) -> etree._Element:
    try:
        element = etree.fromstring(call.body.encode(), _BODY)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the body of {call.control_id} is not XML: {error.msg}") from None
    if cast(Any, element.getroottree().docinfo).doctype:
        raise ValueError(f"the body of {call.control_id} has a document type")
    return element


@dataclass(frozen=True)
class Answer:
    """A reply judged: its results by control id (the first of each), what was doubled, and its stamps."""

    results: dict[str, Result]
    doubled: frozenset[str]
    stamps: Stamps


def judge(reply: HttpReply, *, writing: bool, in_session: bool, redact: Callable[[str], str]) -> Answer:
    """The results of a reply. Raises the failure when control, authentication or the operation failed."""
    document, where = reply.document, _Judge(reply.status, writing, in_session, redact)
    where.check_control(document)
    where.check_authentication(document.operation)
    results: dict[str, Result] = {}
    doubled: set[str] = set()
    for typed in document.operation.result:
        result = _result(typed, where)
        if result.control_id in results:
            doubled.add(result.control_id)
        results.setdefault(result.control_id, result)
    return Answer(results, frozenset(doubled), _stamps(document.operation.authentication))


@dataclass(frozen=True)
class _Judge:
    status: int
    writing: bool
    in_session: bool
    redact: Callable[[str], str]

    def check_control(self, document: Any) -> None:
        control = document.control
        if control is None or control.status is None:
            raise unread("The reply has no control block.", self.status, writing=self.writing)
        if control.status != "success" or document.errormessage is not None:
            level = Level.HTTP if self.status >= 400 else Level.CONTROL
            raise self.failure(level, document.errormessage)

    def check_authentication(self, operation: Any) -> None:
        if operation is None or operation.authentication is None:
            raise unread("The reply is not complete.", self.status, writing=self.writing)
        authentication = operation.authentication
        if authentication.status != "success":
            nameless = self.in_session and not authentication.userid
            raise self.failure(Level.AUTHENTICATION, operation.errormessage, nameless=nameless)
        if operation.errormessage is not None:
            raise self.failure(Level.AUTHENTICATION, operation.errormessage)

    def failure(self, level: Level, errormessage: Any, *, nameless: bool = False) -> GatewayError:
        where = Where(level, self.status, self.writing, self.in_session, nameless)
        return failure(messages_of(errormessage, self.redact), where)

    def result_error(self, typed: Any) -> IntacctError | None:
        if typed.errormessage is not None or typed.status in ("failure", "aborted"):
            return self.failure(Level.FUNCTION, typed.errormessage)
        if typed.status == "success":
            return None
        return unread("The reply does not say how the function ended.", self.status, writing=self.writing)


def _result(typed: Any, where: _Judge) -> Result:
    data = _data(typed.data)
    return Result(
        control_id=typed.controlid or "",
        function=typed.function or "",
        key=typed.key or made_key(data),
        data=data,
        error=where.result_error(typed),
    )


def _data(typed: Any) -> etree._Element | None:
    """The `data` element itself: its rows are walked in lxml, never typed."""
    if typed is None:
        return None
    rows = typed._value_1 or []
    if rows:
        parent: etree._Element = rows[0].getparent()
        return parent
    names = ("listtype", "count", "totalcount", "offset", "numremaining", "resultId")
    return etree.Element("data", {name: typed[name] for name in names if typed[name] is not None})


def _stamps(authentication: Any) -> Stamps:
    return Stamps(_moment(authentication.sessiontimestamp), _moment(authentication.sessiontimeout))


def _moment(text: str | None) -> datetime | None:
    """An ISO 8601 stamp with an offset, in UTC; None when it is absent, unreadable or without one."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def opened_session(result: Result, stamps: Stamps) -> Session:
    """The session that getAPISession opened. Raises `BadReply` when the reply does not hold one."""
    row = next(iter(result.rows()), {})
    if not row.get("sessionid") or not row.get("endpoint"):
        raise BadReply("Intacct signed us in without naming a session and an address.", code="reply")
    return Session(row["sessionid"], row["endpoint"], row.get("locationid", ""), stamps.now, stamps.session_until)
