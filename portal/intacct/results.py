"""What a function answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern

from lxml import etree

from .errors import IntacctError
from .values import is_key


@dataclass(frozen=True)
class Result:
    """The answer to one call: `error` is None when the function succeeded.

    `key` is the RECORDNO of what was made or changed ("" where a function names none), `data` the raw element.
    """

    control_id: str
    function: str = ""
    key: str = ""
    data: etree._Element | None = field(default=None, repr=False)
    error: IntacctError | None = None

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
        for record in self.data.iterchildren("*"):
            yield _row(record)

    def _number(self, name: str) -> int | None:
        """Tolerant: an attribute that is absent, blank or no number is None."""
        text = "" if self.data is None else self.data.get(name, "").strip()
        return int(text) if is_key(text) else None


def made_key(data: etree._Element | None) -> str:
    """The RECORDNO that a `create` or `update` of one object answers in its `data`; "" in other data."""
    if data is None or not len(data) or data.get("listtype") != "objects":
        return ""
    return next((item.text or "" for item in data[0].iterchildren("*") if item.tag.upper() == "RECORDNO"), "")


def _row(record: etree._Element) -> dict[str, str]:
    """Nearly all rows are flat, and there are many: the plain walk comes first."""
    row: dict[str, str] = {}
    for item in record.iterchildren("*"):
        if len(item):
            _unfold(row, item)
        else:
            row.setdefault(intern(item.tag), item.text or "")
    return row


def _unfold(row: dict[str, str], group: etree._Element) -> None:
    for name, text in _row(group).items():
        row.setdefault(intern(f"{group.tag}.{name}"), text)
