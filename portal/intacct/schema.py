"""Our WSDL and XSD, loaded once, and elements rendered through their zeep types."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree
from zeep import xsd
from zeep.exceptions import ValidationError
from zeep.transports import Transport
from zeep.wsdl import Document

from .binding import SCHEMA, GatewayBinding

BINDING = "{urn:portal:intacct-gateway}GatewayHttp"


class _Loader(Transport):  # type: ignore[misc]
    binding_classes = [GatewayBinding]


@cache
def document() -> Document:
    """The parsed WSDL. It is read-only after this, and clients of several threads may share it."""
    return Document(str(files(__package__) / "gateway.wsdl"), _Loader(), settings=SCHEMA)


def typed(name: str, **values: Any) -> Any:
    """A value of the global element `name`, for the open place of another element.

    Raises `ValueError` for a field that the element does not have.
    """
    element = document().types.get_element(name)
    return xsd.AnyObject(element, _value(element, values))


def render(name: str, **values: Any) -> str:
    """The XML text of the global element `name`. Raises `ValueError` for an unknown or missing field."""
    element = document().types.get_element(name)
    holder = etree.Element("holder")
    try:
        element.render(holder, _value(element, values))
    except ValidationError as error:
        raise ValueError(str(error)) from None
    return etree.tostring(holder[0], encoding="unicode")


def _value(element: Any, values: dict[str, Any]) -> Any:
    try:
        return element(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None
