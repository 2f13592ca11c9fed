"""A gateway that answers by a script, and the replies it gives, written as the real one writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import requests
from lxml import etree
from requests.adapters import BaseAdapter

from portal.intacct.gateway import Call, Gateway, Login, Sender
from tests.sage_schema import ValidatingAdapter, response, session

URL = "https://api.intacct.com/ia/xml/xmlgw.phtml"
CLUSTER = "https://cluster7.intacct.com/ia/xml/xmlgw.phtml"
SENDER_PASSWORD = "canary-sender-pass"
USER_PASSWORD = "canary-user-pass"
SESSION_ID = "canary-session-id"
SENDER = Sender("portal-sender", SENDER_PASSWORD)
LOGIN = Login("LANTERN", "xml_portal", USER_PASSWORD)


@dataclass(frozen=True)
class Http:
    """One HTTP answer."""

    body: str | bytes
    status: int = 200
    content_type: str = 'text/xml; encoding="UTF-8"'


Step = Http | Exception | Callable[[etree._Element], Http]


class Script(BaseAdapter):
    """Answers one step a request, the last one again and again; `sent` and `urls` keep what came."""

    def __init__(self, *steps: Step) -> None:
        super().__init__()
        self.steps = list(steps)
        self.sent: list[etree._Element] = []
        self.urls: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        root = etree.fromstring(request.body)
        self.sent.append(root)
        self.urls.append(str(request.url))
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        answer = step if isinstance(step, Http) else step(root)
        body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
        return response(request, answer.status, answer.content_type, body)

    def close(self) -> None:
        pass


def gateway(*steps: Step, **options: Any) -> tuple[Gateway, Script]:
    """A gateway on a script; each request is held to Sage's schema."""
    script = Script(*steps)
    http = session(ValidatingAdapter(script))
    return Gateway(options.pop("url", URL), SENDER, LOGIN, http=http, **options), script


def envelope(operation: str, *, control: str = "success", error: str = "") -> Http:
    head = f"<control><status>{control}</status><senderid>portal-sender</senderid><controlid>c</controlid></control>"
    return Http(f'<?xml version="1.0" encoding="UTF-8"?><response>{head}{operation}{error}</response>')


def results(*result: str, now: str = "2026-01-14T09:05:11+00:00", until: str = "2026-01-14T21:05:11+00:00") -> Http:
    """A good reply that holds these results."""
    stamps = f"<sessiontimestamp>{now}</sessiontimestamp><sessiontimeout>{until}</sessiontimeout>"
    who = "<status>success</status><userid>xml_portal</userid><companyid>LANTERN</companyid><locationid></locationid>"
    return envelope(f"<operation><authentication>{who}{stamps}</authentication>{''.join(result)}</operation>")


def success(control_id: str, inside: str = "", function: str = "create_invoice") -> str:
    head = f"<status>success</status><function>{function}</function><controlid>{control_id}</controlid>"
    return f"<result>{head}{inside}</result>"


def failed(control_id: str, *messages: tuple[str, str], status: str = "failure", function: str = "create") -> str:
    head = f"<status>{status}</status><function>{function}</function><controlid>{control_id}</controlid>"
    return f"<result>{head}{error_message(*messages)}</result>"


def error_message(*messages: tuple[str, str], correction: str = "") -> str:
    """`errormessage` of (errorno, description2) pairs."""
    errors = "".join(
        f"<error><errorno>{escape(number)}</errorno><description></description>"
        f"<description2>{escape(text)}</description2><correction>{escape(correction)}</correction></error>"
        for number, text in messages
    )
    return f"<errormessage>{errors}</errormessage>"


def control_failure(number: str, text: str, **http: Any) -> Http:
    made = envelope("", control="failure", error=error_message((number, text)))
    return Http(made.body, **http)


def sign_in_failure(number: str, text: str, user: str = "xml_portal") -> Http:
    who = f"<status>failure</status><userid>{user}</userid><companyid></companyid>"
    return envelope(f"<operation><authentication>{who}</authentication>{error_message((number, text))}</operation>")


def signed_in(endpoint: str = CLUSTER, session_id: str = SESSION_ID, **stamps: str) -> Http:
    api = f"<api><sessionid>{session_id}</sessionid><endpoint>{endpoint}</endpoint><locationid></locationid></api>"
    return results(success("getAPISession", f"<data>{api}</data>", "getAPISession"), **stamps)


def rows(control_id: str, *records: str, total: int | None = None, remaining: int = 0) -> str:
    count = len(records)
    head = f'totalcount="{total if total is not None else count}" offset="0" count="{count}" numremaining="{remaining}"'
    return success(control_id, f'<data listtype="CUSTOMER" {head}>{"".join(records)}</data>', "query")


def control_ids(request: etree._Element) -> list[str]:
    return [function.get("controlid", "") for function in request.iter("function")]


def echo(*make: Callable[[str], str]) -> Callable[[etree._Element], Http]:
    """Answers each function of the request by its own maker (the last maker for the rest)."""

    def answer(request: etree._Element) -> Http:
        ids = control_ids(request)
        makers: Sequence[Callable[[str], str]] = [*make, *[make[-1]] * len(ids)]
        return results(*(maker(control_id) for maker, control_id in zip(makers, ids, strict=False)))

    return answer


def read_call(control_id: str = "r-1") -> Call:
    return Call(control_id, "<readByQuery><object>CUSTOMER</object><query></query><fields>*</fields></readByQuery>")


def write_call(control_id: str = "w-1") -> Call:
    day = "<year>2026</year><month>01</month><day>14</day>"
    return Call(control_id, f'<reverse_invoice key="5"><datereversed>{day}</datereversed></reverse_invoice>')
