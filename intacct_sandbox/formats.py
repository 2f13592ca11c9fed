"""Return formats: rows as XML elements, as a JSON array of flat objects, or as CSV.

A request of one function that asks for json or csv is answered by the bare text; among other functions the text
stands inside that function's `data`. Errors come as XML always. Owned lines are shown in XML only.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from .envelope import Element, text_of
from .errors import business
from .render import data
from .values import xml_text
from .work import Outcome

CONTENT_TYPES = {"json": "application/json", "csv": "text/csv; charset=UTF-8"}


def asked(function: Element) -> str:
    """`xml`, `json` or `csv`; any other is refused."""
    text = (text_of(function, "returnFormat") or text_of(function, "options/returnformat")).lower() or "xml"
    if text != "xml" and text not in CONTENT_TYPES:
        raise business(f"The return format '{text}' is invalid.", "Use xml, json or csv.")
    return text


def outcome(form: str, tag: str, names: list[str], rows: list[list[str]], **attributes: object) -> Outcome:
    """Rows of texts in the form asked for; `tag` is a row's element in XML, `attributes` those of its `data`."""
    if form == "xml":
        return Outcome(data=data(rows_xml(tag, names, rows), **attributes))
    written = _json(names, rows) if form == "json" else _csv(names, rows)
    return Outcome(data=data(xml_text(written), **attributes), bare=written, content_type=CONTENT_TYPES[form])


def rows_xml(tag: str, names: list[str], rows: list[list[str]]) -> str:
    """Rows as elements with one child a column, dotted names and all; null is an empty element."""
    marks = [(f"<{name}>", f"</{name}>") for name in names]
    parts: list[str] = []
    for row in rows:
        parts.append(f"<{tag}>")
        for (start, end), text in zip(marks, row, strict=True):
            parts.append(f"{start}{xml_text(text)}{end}" if text else start + end)
        parts.append(f"</{tag}>")
    return "".join(parts)


def _json(names: list[str], rows: Iterable[list[str]]) -> str:
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False)


def _csv(names: list[str], rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
