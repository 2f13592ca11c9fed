"""What a function answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern

from lxml import etree

from .errors import IntacctError


@dataclass(frozen=True)
class Result:
    """The answer to one call: `error` is None when the function succeeded."""

    control_id: str
    function: str = ""
    data: etree._Element | None = field(default=None, repr=False)
    legacy_key: str = field(default="", repr=False)
    error: IntacctError | None = None

    @property
    def key(self) -> str:
        """The RECORDNO of what was made or changed, whether the function says it as `key` or in `data`; else ""."""
        return self.legacy_key or self._record_number()

    @property
    def totalcount(self) -> int | None:
        """Rows of the whole result."""
        return self._number("totalcount")

    @property
    def count(self) -> int | None:
        """Rows of this page."""
        return self._number("count")

    @property
    def numremaining(self) -> int | None:
        """Rows after this page."""
        return self._number("numremaining")

    @property
    def result_id(self) -> str:
        """What readMore wants for the next page; "" when there is none."""
        return "" if self.data is None else self.data.get("resultId", "")

    resultId = result_id

    def rows(self) -> Iterator[dict[str, str]]:
        """Each record as field -> text; nested groups as dotted names, null as "", of a repeated field the first."""
        if self.data is None:
            return
        for record in self.data.iterchildren(etree.Element):
            row: dict[str, str] = {}
            _fill(row, record, "")
            yield row

    def _record_number(self) -> str:
        if self.data is None or not len(self.data) or self.data.get("listtype") != "objects":
            return ""
        fields = self.data[0].iterchildren(etree.Element)
        return next((item.text or "" for item in fields if item.tag.upper() == "RECORDNO"), "")

    def _number(self, name: str) -> int | None:
        """Tolerant: an attribute that is absent, blank or no number is None."""
        text = "" if self.data is None else self.data.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() else None


def _fill(row: dict[str, str], record: etree._Element, prefix: str) -> None:
    for item in record.iterchildren(etree.Element):
        name = intern(prefix + item.tag)
        if len(item):
            _fill(row, item, f"{name}.")
        else:
            row.setdefault(name, item.text or "")
