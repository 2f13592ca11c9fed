"""The portal's form and fields: text without control characters, exact decimals, dates, and errors for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, Form
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from portal.blueprints.rendering import typed
from portal.errors import InvalidInput
from portal.money import parse_decimal

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
# No exponents: 1e999999 is finite, and a million characters long once written out.
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DATE_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")


class FormErrors:
    """Errors of a form that no single field carries, and those that a service found."""

    _fields: dict[str, Any]
    form_errors: list[str]

    def refuse(self, message: str) -> None:
        """Add an error about the form as a whole; it stands in the summary."""
        self.form_errors.append(message)

    def add_errors(self, error: InvalidInput, rename: Callable[[str], str] = str) -> None:
        """Put each fault that a service found at its field; `rename` turns a service's field into the form's."""
        for fault in error.all:
            field = find_field(self, rename(fault.field))
            if field is None or hasattr(field, "entries"):
                self.refuse(fault.message)
            else:
                field.errors = [*field.errors, fault.message]

    def faults(self) -> list[tuple[str, str]]:
        """Every error for the summary: (id of the field or '', message)."""
        found = [("", message) for message in self.form_errors]
        for field in self._fields.values():
            found.extend(_faults_of(field))
        return found


class PortalForm(FormErrors, FlaskForm):  # type: ignore[misc]
    """A form of a page: checked for its token, one message at each field."""


class PlainForm(FormErrors, Form):  # type: ignore[misc]
    """A row inside a form, or a filter: no token of its own."""


class TextField(Field):  # type: ignore[misc]
    """One line of text, trimmed. What it may hold is for the services to say; `max_length` where none does."""

    widget = TextInput()
    data: Any

    def __init__(self, label: str = "", *, required: str = "", max_length: int = 0, **options: Any) -> None:
        super().__init__(label, **options)
        self.required = required
        self.max_length = max_length

    def _value(self) -> str:
        return str(self.data or "")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was typed, without the space around it."""
        if valuelist:
            self.data = valuelist[0].strip()

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError for text that is missing or, where a limit is set, longer or not printable."""
        text = self.data or ""
        if self.required and not text:
            raise ValidationError(self.required)
        if self.max_length and len(text) > self.max_length:
            raise ValidationError(f"At most {self.max_length:,} characters; this has {len(text):,}.")
        if self.max_length and not text.isprintable():
            raise ValidationError("This holds a character that cannot be used here. Type it instead of pasting it.")


class DecimalField(Field):  # type: ignore[misc]
    """An exact number. What was typed stays in the field, right or wrong."""

    widget = TextInput()
    data: Any

    def __init__(self, label: str = "", *, required: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.required = required

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else typed(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; a comma may group thousands. Raises ValueError for anything else."""
        if not valuelist:
            return
        text = valuelist[0].strip()
        if not text:
            self.data = None
            return
        self.data = parse_typed_number(text)

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError when the number is missing and required."""
        if self.required and self.data is None and not self.process_errors:
            raise ValidationError(self.required)


class DateField(Field):  # type: ignore[misc]
    """A date: what the browser's date field sends, or typed as 3 Nov 2026."""

    widget = TextInput(input_type="date")
    data: Any

    def __init__(self, label: str = "", *, required: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.required = required

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the date. Raises ValueError for what is none."""
        if valuelist:
            self.data = parse_typed_date(valuelist[0].strip()) if valuelist[0].strip() else None

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError when the date is missing and required."""
        if self.required and self.data is None and not self.process_errors:
            raise ValidationError(self.required)


def parse_typed_number(text: str) -> Decimal:
    """The exact number in what a person typed. Raises ValueError with a text for that person."""
    text = text.replace("\N{MINUS SIGN}", "-")
    plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text
    if not _PLAIN.fullmatch(plain):
        raise ValueError("Write a number such as 1234.50.")
    if len(plain) > 40:
        raise ValueError("This number is too long.")
    return parse_decimal(plain)


def parse_typed_date(text: str) -> date:
    """The date in what a person typed. Raises ValueError with a text for that person."""
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - an accounting date has no zone
        except ValueError:
            continue
    raise ValueError("Write a date such as 3 Nov 2026.")


def find_field(form: Any, path: str) -> Any:
    """The field at `path` ("due_date", "lines.0.quantity", "lines[0].quantity"), or None."""
    found: Any = form
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(found, FormErrors):
            found = found._fields.get(step)
        elif hasattr(found, "entries") and step.isdecimal():
            found = found.entries[int(step)].form if int(step) < len(found.entries) else None
        else:
            return None
    return found if found is not form and hasattr(found, "errors") else None


def _faults_of(field: Any) -> list[tuple[str, str]]:
    if hasattr(field, "entries"):
        return [fault for entry in field.entries for part in entry.form for fault in _faults_of(part)]
    return [(field.id, message) for message in field.errors if isinstance(message, str)]


class VoidForm(PortalForm):
    """Why a document is taken back."""

    reason = TextField("Reason")
