"""Writing a reply: control, authentication, results and errors, in the order that clients rely on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from .envelope import Control
from .errors import GatewayError
from .values import xml_text

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
CONTENT_TYPE = 'text/xml; encoding="UTF-8"'


@dataclass
class Result:
    """The outcome of one function: a key, or a rendered `data` element, or errors."""

    function: str
    controlid: str
    status: str = "success"
    key: str | None = None
    data: str = ""
    errors: tuple[GatewayError, ...] = ()
    bare: str | None = None
    content_type: str = ""


def element(name: str, value: object = "") -> str:
    """One element with text."""
    text = "" if value is None else xml_text(value)
    return f"<{name}>{text}</{name}>"


def data(inside: str, **attributes: object) -> str:
    """A `data` element with attributes in the given order."""
    shown = "".join(f' {name}="{xml_text(value).replace(chr(34), "&quot;")}"' for name, value in attributes.items())
    return f"<data{shown}>{inside}</data>" if inside else f"<data{shown}/>"


def errors_block(errors: Iterable[GatewayError]) -> str:
    """An `errormessage` with one `error` for each."""
    shown = "".join(
        "<error>"
        + element("errorno", error.errorno)
        + element("description", error.description)
        + element("description2", error.description2)
        + element("correction", error.correction)
        + "</error>"
        for error in errors
    )
    return f"<errormessage>{shown}</errormessage>"


def control_block(control: Control, status: str = "success") -> str:
    """The control block of a reply, echoing what was sent as text."""
    return (
        "<control>"
        + element("status", status)
        + element("senderid", control.senderid)
        + element("controlid", control.controlid)
        + element("uniqueid", control.uniqueid)
        + element("dtdversion", control.dtdversion)
        + "</control>"
    )


def result_block(result: Result) -> str:
    """One `result`: status, function, controlid, then key, data and errors as there are any."""
    inside = (
        element("status", result.status) + element("function", result.function) + element("controlid", result.controlid)
    )
    if result.key is not None:
        inside += element("key", result.key)
    inside += result.data
    if result.errors:
        inside += errors_block(result.errors)
    return f"<result>{inside}</result>"


def document(inside: str, indented: bool = False) -> bytes:
    """A whole reply as bytes, indented when the request asked for whitespace."""
    text = f"<response>{inside}</response>"
    if not indented:
        return DECLARATION + text.encode()
    root = etree.fromstring(text.encode())
    etree.indent(root)
    return DECLARATION + etree.tostring(root, encoding="UTF-8") + b"\n"
