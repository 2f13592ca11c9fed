"""Trying a sign-in to Intacct: network only. Whoever calls this has no database transaction open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from portal.errors import InvalidInput
from portal.intacct import errors
from portal.intacct.calls import Call, Login, Session
from portal.intacct.functions import get_financial_setup, get_user_permissions, read_user_formatting
from portal.intacct.gateway import Gateway
from portal.intacct.queries import Query
from portal.intacct.results import Result
from portal.intacct.stamps import parse_offset
from portal.services import connection_rights as rights
from portal.services import gateways
from portal.services.connection_failures import right_missing, told
from portal.services.connection_rights import RightState

LONGEST = 100
GMT = "+00:00"

Answers = dict[str, Result | Exception]

# What no later question can change: whoever is not let in is told so.
_NOT_LET_IN = (errors.CredentialsError, errors.SenderAuthError, errors.SenderNotAuthorised, errors.EntityError)


@dataclass(frozen=True)
class LoginData:
    """What a person types to connect. `entity_id` "" is the top level of the Intacct company."""

    company_id: str
    user_id: str
    password: str = field(repr=False)
    entity_id: str = ""


@dataclass(frozen=True)
class Checked:
    """What a sign-in that worked has shown. `base_currency` is "" where it could not be read."""

    session: Session | None = field(repr=False)
    base_currency: str
    multi_currency: bool
    time_offset: str
    rights: dict[str, RightState]


def check(login: LoginData) -> Checked:
    """Sign in with `login` and ask what the user may do. Changes nothing, here or there.

    Raises InvalidInput naming company_id, user_id, password or entity_id, or PortalError when Intacct cannot be asked.
    """
    _check_typed(login)
    try:
        gateway = gateways.open_waited_for(
            gateways.Line(Login(login.company_id, login.user_id, login.password, login.entity_id), None)
        )
        gateway.sign_in()
        company = _ask(gateway, _about_company(login.user_id))
        reads = _ask(gateway, {name: Query(name, ("RECORDNO",), page_size=1).call(name).body for name in rights.PROBED})
    except errors.IntacctError as error:
        raise told(error, company_id=login.company_id, entity_id=login.entity_id) from None
    states = rights.judge(reads, rights.policies_of(_data(company, "permissions")))
    if missing := rights.refused_essential(states):
        raise right_missing(missing)
    return _checked(gateway.session, company, states)


def _check_typed(login: LoginData) -> None:
    faults = [
        fault
        for name, label, value, required in (
            ("company_id", "company ID", login.company_id, True),
            ("user_id", "user ID", login.user_id, True),
            ("password", "password", login.password, True),
            ("entity_id", "entity ID", login.entity_id, False),
        )
        if (fault := _fault(name, label, value, required))
    ]
    if faults:
        first, *more = faults
        raise InvalidInput(first.message, field=first.field, code=first.code, more=tuple(more))


def _fault(name: str, label: str, value: str, required: bool) -> InvalidInput | None:
    if required and not value.strip():
        return InvalidInput(f"Enter the {label}.", field=name, code="missing")
    if len(value) > LONGEST:
        return InvalidInput(f"The {label} may have at most {LONGEST} characters.", field=name, code="too_long")
    if not value.isprintable():
        text = f"The {label} holds a character that cannot be sent. Type it instead of pasting it."
        return InvalidInput(text, field=name)
    return None


def _about_company(user_id: str) -> dict[str, str]:
    return {
        "setup": get_financial_setup(),
        "formatting": read_user_formatting(user_id),
        "permissions": get_user_permissions(user_id),
    }


def _ask(gateway: Gateway, bodies: Mapping[str, str]) -> Answers:
    """Each question's answer or error. One that makes the gateway refuse the whole request does not cost the others."""
    try:
        results = gateway.read([Call(name, body) for name, body in bodies.items()])
    except _NOT_LET_IN:
        raise
    except errors.IntacctError as error:
        if len(bodies) == 1 or not _may_be_one_question(error):
            return dict.fromkeys(bodies, error)
        return {name: _ask(gateway, {name: body})[name] for name, body in bodies.items()}
    return {result.control_id: result.error or result for result in results}


def _may_be_one_question(error: errors.IntacctError) -> bool:
    """Whether the request was refused for what it holds, and not because Intacct cannot be worked with now."""
    if isinstance(error, errors.Throttled):
        return False
    return isinstance(error, errors.GatewayError) or (
        isinstance(error, errors.BadReply) and (error.http_status or 200) < 500
    )


def _checked(session: Session | None, company: Answers, states: dict[str, RightState]) -> Checked:
    setup = _row(company, "setup")
    return Checked(
        session=session,
        base_currency=setup.get("baseCurrency", "").strip().upper()[:3],
        multi_currency=setup.get("multiCurrency", "").strip().lower() == "true",
        time_offset=_offset(_row(company, "formatting").get("gmtoffset", "")),
        rights=states,
    )


def _offset(text: str) -> str:
    """The zone of Intacct's stamps; GMT, which is Intacct's default, where it cannot be read."""
    try:
        parse_offset(text)
    except ValueError:
        return GMT
    return text.strip() or GMT


def _row(answers: Answers, name: str) -> dict[str, str]:
    answer = answers.get(name)
    return next(iter(answer.rows()), {}) if isinstance(answer, Result) else {}


def _data(answers: Answers, name: str) -> etree._Element | None:
    answer = answers.get(name)
    return answer.data if isinstance(answer, Result) else None
