"""Reading a request: its control block, who signs in, and the functions it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from .errors import SIGN_IN, ControlRefusal, GatewayError, schema_refusal
from .shapes import findings
from .values import truth

Element = etree._Element
# Above this the real gateway's edge would cut the request off; here it only keeps memory bounded.
LARGEST_BODY = 32 * 1024 * 1024


@dataclass
class Control:
    """The request's control block, echoed as text in every reply."""

    senderid: str = ""
    password: str = field(default="", repr=False)
    controlid: str = ""
    uniqueid: str = "false"
    dtdversion: str = "3.0"
    policyid: str = ""
    indented: bool = True

    @property
    def refuses_repeats(self) -> bool:
        """Whether function control ids may be used only once."""
        return truth(self.uniqueid)


@dataclass
class Login:
    """What signs the request in: a user's login, or a session."""

    userid: str = ""
    companyid: str = ""
    password: str = field(default="", repr=False)
    locationid: str | None = None
    sessionid: str | None = field(default=None, repr=False)


@dataclass
class Call:
    """One function: its control id and the element that says what to do."""

    controlid: str
    element: Element

    @property
    def name(self) -> str:
        """The function's name as sent."""
        return str(self.element.tag)


@dataclass
class Request:
    """A whole request, ready to be run."""

    control: Control
    login: Login
    calls: list[Call]
    transaction: bool = False


def text_of(parent: Element | None, name: str) -> str:
    """The text of a child element, trimmed; empty when it is absent or empty."""
    if parent is None:
        return ""
    return (parent.findtext(name) or "").strip()


def parse_document(body: bytes) -> Element:
    """The root of a well-formed document without entities; ControlRefusal otherwise."""
    if len(body) > LARGEST_BODY:
        raise schema_refusal("The document is too large.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        where = getattr(error, "position", (0, 0))
        finding = f"Fatal Error 76: {str(error).splitlines()[0]}. Line: {where[0]}, column: {where[1]}."
        raise schema_refusal(finding) from None
    if any(not isinstance(node.tag, str) for node in root.iter()):
        raise schema_refusal("Entity references are not allowed.")
    if root.tag != "request":
        raise schema_refusal(f"Element '{root.tag}': No matching global declaration available.")
    return root


def read_control(root: Element) -> Control:
    """The control block as far as it is there: replies echo it even when the rest is refused."""
    block = root.find("control")
    whitespace = text_of(block, "includewhitespace")
    return Control(
        senderid=text_of(block, "senderid"),
        password=text_of(block, "password"),
        controlid=text_of(block, "controlid"),
        uniqueid=text_of(block, "uniqueid") or "false",
        dtdversion=text_of(block, "dtdversion") or "3.0",
        policyid=text_of(block, "policyid"),
        indented=truth(whitespace) if whitespace else True,
    )


def read_request(root: Element, control: Control, strict: bool) -> Request:
    """Check the whole request against its shape and take it apart; ControlRefusal names each finding."""
    found = _envelope_findings(root)
    if found:
        raise schema_refusal(*found)
    operation = root.find("operation")
    assert operation is not None  # the findings above would have said so
    calls = []
    for function in operation.iterfind("content/function"):
        element = function[0]
        found += findings(element, strict)
        calls.append(Call(function.get("controlid", ""), element))
    if found:
        raise schema_refusal(*found)
    transaction = truth(operation.get("transaction"))
    return Request(control, _read_login(operation), calls, transaction)


def _envelope_findings(root: Element) -> list[str]:
    operation = root.find("operation")
    if root.find("control") is None:
        return ["Element 'request': Missing child element(s). Expected is ( control )."]
    found = [
        f"Element 'control': Missing child element(s). Expected is ( {name} )."
        for name in ("senderid", "controlid")
        if root.find(f"control/{name}") is None
    ]
    if operation is None:
        return [*found, "Element 'request': Missing child element(s). Expected is ( operation )."]
    doors = [child for child in operation.findall("authentication/*") if child.tag in ("login", "sessionid", "oauth")]
    if len(doors) != 1:
        found.append("Element 'authentication': Expected is one of ( login, sessionid, oauth ).")
    functions = operation.findall("content/function")
    if not functions:
        found.append("Element 'content': Missing child element(s). Expected is ( function ).")
    for function in functions:
        if function.get("controlid") is None:
            found.append("Element 'function': The attribute 'controlid' is required but missing.")
        if len(function) != 1:
            found.append("Element 'function': Exactly one child element is expected.")
    return found + _login_findings(operation)


def _login_findings(operation: Element) -> list[str]:
    login = operation.find("authentication/login")
    if login is None:
        return []
    names = [str(child.tag) for child in login]
    order = ["userid", "companyid", "password", "clientid", "locationid"]
    found = [
        f"Element 'login': Missing child element(s). Expected is ( {name} )." for name in order[:3] if name not in names
    ]
    found += [f"Element '{name}': This element is not expected." for name in names if name not in order]
    if not found and names != sorted(names, key=order.index):
        found.append("Element 'login': Its children are out of order.")
    return found


def _read_login(operation: Element) -> Login:
    session = operation.findtext("authentication/sessionid")
    if session is not None:
        return Login(sessionid=session.strip())
    block = operation.find("authentication/login")
    location = block.find("locationid") if block is not None else None
    return Login(
        userid=text_of(block, "userid"),
        companyid=text_of(block, "companyid"),
        password=text_of(block, "password"),
        locationid=(location.text or "").strip() if location is not None else None,
    )


def refuse_policy(control: Control) -> None:
    """Offline work needs a transport policy, and this company has none."""
    if control.policyid:
        raise ControlRefusal(GatewayError(SIGN_IN, f"{control.policyid} is not a valid transport policy."))
