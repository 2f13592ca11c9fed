"""The request side of an HTTP POST binding with XML bodies, which zeep 4.3 lacks.

Plugged in through `Transport.binding_classes`, an undocumented hook: zeep is pinned below 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree
from zeep import plugins
from zeep.exceptions import TransportError, XMLParseError
from zeep.loader import parse_xml
from zeep.settings import Settings
from zeep.wsdl.bindings.http import HttpPostBinding

from .received import Received, check_before_parsing, check_before_typing

# What comes over the wire: cut documents, DTDs, entities and outside references are refused.
WIRE = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
# What zeep makes of a document that passed: elements it does not know are passed over.
SCHEMA = Settings(strict=False, forbid_external=True)

XML_TYPES = ("text/xml", "application/xml")


@dataclass(frozen=True)
class HttpReply:
    """A reply that is the gateway's XML, whatever its HTTP status; `document` as zeep typed it."""

    status: int
    document: Any


class GatewayBinding(HttpPostBinding):  # type: ignore[misc]
    """Posts the rendered request element itself and parses the reply's root element."""

    def send(self, client: Any, options: Any, operation: str, args: Any, kwargs: Any) -> HttpReply:
        """Render, post and parse one request. Raises zeep's errors for a reply that is not the gateway's XML."""
        op = self.get(operation)
        holder = etree.Element("holder")
        op.input.body.render(holder, op.input.body(*args, **kwargs))
        headers = {"Content-Type": "application/xml"}
        envelope, headers = plugins.apply_egress(client, holder[0], headers, op, options)
        reply = client.transport.post_xml(options["address"], envelope, headers)
        return self.process_reply(client, op, reply)

    def process_reply(self, client: Any, operation: Any, response: Received) -> HttpReply:
        """Parse strictly whatever calls itself XML; anything else is a `TransportError` with status and content."""
        if content_type(response) not in XML_TYPES:
            raise TransportError("not XML", response.status_code, response.content)
        check_before_parsing(response)
        document = parse_xml(response.content, client.transport, settings=WIRE)
        expected = operation.output.body.qname.text
        if document.tag != expected:
            raise XMLParseError(f"the reply's root element is <{document.tag}>, not <{expected}>")
        check_before_typing(response, document)
        document, _ = plugins.apply_ingress(client, document, dict(response.headers), operation)
        return HttpReply(response.status_code, operation.output.body.parse(document, client.wsdl.types))


def content_type(response: Received) -> str:
    """The media type of a reply, without its parameters."""
    return (response.headers.get("Content-Type") or "").split(";")[0].strip().lower()
