"""What went over the wire, for people: the last few exchanges, without secrets and without bulk data."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree
from zeep.plugins import HistoryPlugin

SECRET_TAGS = frozenset({"password", "sessionid"})
BLANK = "[removed]"
# A request may hold a hundred functions; the first ones tell what it was.
FUNCTIONS_KEPT = 10
# A shorter secret would blank half of the text with it.
SHORTEST_SECRET = 4


class Redactor:
    """Takes known secrets out of text."""

    def __init__(self, *secrets: str) -> None:
        self._secrets: set[str] = set()
        self.hide(*secrets)

    def hide(self, *secrets: str) -> None:
        """Add secrets to take out from now on."""
        self._secrets.update(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, BLANK)
        return text

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} secrets)"


class WireLog(HistoryPlugin):  # type: ignore[misc]
    """The newest `maxlen` exchanges. Passwords and session ids are blanked, and the rows of replies left out.

    Not for sharing between threads: a reply is filed under the request that went out last.
    """

    def __init__(self, maxlen: int = 20) -> None:
        super().__init__(maxlen=maxlen)
        self._redact = Redactor()

    def hide(self, *secrets: str) -> None:
        """Blank these texts wherever they appear, error messages included."""
        self._redact.hide(*secrets)

    def egress(self, envelope: Any, http_headers: Any, operation: Any, binding_options: Any) -> None:
        super().egress(self._request(envelope), dict(http_headers), operation, binding_options)

    def ingress(self, envelope: Any, http_headers: Any, operation: Any) -> None:
        super().ingress(self._reply(envelope), dict(http_headers), operation)

    def exchanges(self) -> list[tuple[str, str]]:
        """(request, reply) as indented XML text, oldest first; the reply is "" where none came."""
        return [(_text(entry["sent"]), _text(entry["received"])) for entry in self._buffer]

    def _request(self, envelope: etree._Element) -> etree._Element:
        kept = deepcopy(envelope)
        content = kept.find("operation/content")
        if content is not None:
            del content[FUNCTIONS_KEPT:]
        return self._blanked(kept)

    def _reply(self, envelope: etree._Element) -> etree._Element:
        return self._blanked(_without_data(envelope))

    def _blanked(self, tree: etree._Element) -> etree._Element:
        for element in tree.iter(etree.Element):
            if etree.QName(element).localname.lower() in SECRET_TAGS:
                element.text = BLANK
            elif element.text:
                element.text = self._redact(element.text)
        return tree


def _without_data(element: etree._Element) -> etree._Element:
    copy = etree.Element(element.tag, {str(name): str(value) for name, value in element.items()})
    copy.text = element.text
    if element.tag != "data":
        copy.extend(_without_data(child) for child in element.iterchildren(etree.Element))
    return copy


def _text(half: dict[str, Any] | None) -> str:
    return "" if half is None else etree.tostring(half["envelope"], pretty_print=True, encoding="unicode")
