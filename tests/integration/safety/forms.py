"""The forms of pages as a browser would send them, and values that people and attackers put into them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import html

Fields = list[tuple[str, str]]

HUGE = "x" * 100_000
NASTY = [
    "", " ", "\t\r\n", "0", "-0", "-1", "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1e-999", "0x1F", "1_000",
    "1,000,000.00", "1.000.000,00", "99999999999999999999999999", "0.0000000000000000001", "1.005", "٣٤٥", "１２３",
    "²", "½", "−5", "1 000", "2147483648", "9223372036854775808", "-9223372036854775809", "9" * 5000,
    "0000-00-00", "2026-02-30", "9999-12-31", "10000-01-01", "1969-12-31", "0001-01-01", "2026-13-45", "26-1-1",
    "31.12.2026", "12/31/2026", "2026-01-01T00:00:00Z", "٢٠٢٦-٠١-٠١", "today", "\x00", "a\x00b", "\x01\x02\x1b[31m",
    "\x7f\x85", "\ufeff", "\ufffe\uffff", "\u202e txet desrever", "\u200b\u200d", "😀" * 50, "👨‍👩‍👧‍👦", "e\u0301" * 40,
    "Ω" * 2000, "ﷺ" * 300, "İıſß", "' OR 1=1 --", '"; DROP TABLE invoice; --', "%' OR '1'='1", "\\", "\\\\", "%", "_%",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "{% raw %}", "${7*7}", "%s%n%x",
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "../../../../etc/passwd", "file:///etc/passwd",
    "http://127.0.0.1/", "//evil.example", "javascript:alert(1)", "a@b", "a@b.example\r\nBcc: c@d.example", "null",
    "None", "true", "undefined", "[]", "{}", '{"a": 1}', "[object Object]", "on", "usd", "ZZZ", "XXX", HUGE,
]  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes, and what it would send untouched."""

    page: str
    action: str
    fields: Fields = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The fields that somebody may tamper with; a wrong token is tried elsewhere."""
        return sorted({name for name, _ in self.fields if name != "csrf_token"})


def forms_of(page: str, text: str) -> list[Form]:
    """The forms of a page that change something."""
    found = html.fromstring(text).iter("form") if text.strip().startswith("<") else ()
    return [_form(page, form) for form in found if (form.get("method") or "get").lower() == "post"]


def _form(page: str, form: html.HtmlElement) -> Form:
    fields: Fields = []
    for element in form.iter("input", "select", "textarea", "button"):
        if name := element.get("name"):
            fields += [(name, value) for value in _values(element)]
    return Form(page, urljoin(f"http://localhost{page}", form.get("action") or page), fields)


def _values(element: html.HtmlElement) -> Iterator[str]:
    if element.tag == "textarea":
        yield element.text or ""
    elif element.tag == "select":
        chosen = [option for option in element.iter("option") if option.get("selected") is not None]
        options = chosen or list(element.iter("option"))[:1]
        yield from (option.get("value") or "" for option in options)
    elif element.get("type") in ("checkbox", "radio"):
        if element.get("checked") is not None:
            yield element.get("value") or "on"
    elif element.tag == "input" or element.get("value"):
        yield element.get("value") or ""


def tampered(form: Form, dice: random.Random) -> Fields:
    """The form with one to three things wrong: nasty values, missing and doubled fields, fields that it has not."""
    fields = list(form.fields)
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(form.names) if form.names else "nothing"
        act = dice.choice(("value", "value", "value", "missing", "double", "array", "foreign", "all"))
        if act == "missing":
            fields = [pair for pair in fields if pair[0] != name]
        elif act == "all":
            fields = [(key, value if key == "csrf_token" else dice.choice(NASTY[:-1])) for key, value in fields]
        elif act == "foreign":
            fields.append((dice.choice(("id", "company_id", "role", "version", "items-99999-name", "x")), "1"))
        else:
            suffix = dice.choice(("[]", "[0]", "-0", ".x")) if act == "array" else ""
            kept = fields if act == "double" else [pair for pair in fields if pair[0] != name]
            fields = [*kept, (name + suffix, dice.choice(NASTY))]
    return fields


def body(fields: Fields, dice: random.Random) -> tuple[bytes, str]:
    """(the fields as bytes on the wire, their content type); now and then in an encoding that nobody asked for."""
    parts = []
    for name, value in fields:
        text = value.encode("utf-8", "surrogatepass")
        if dice.random() < 0.02:
            text += dice.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"%zz"))
        parts.append(_quoted(name.encode()) + b"=" + _quoted(text))
    return b"&".join(parts), "application/x-www-form-urlencoded"


def _quoted(text: bytes) -> bytes:
    return b"".join(bytes([byte]) if chr(byte).isalnum() and byte < 128 else b"%%%02X" % byte for byte in text)
