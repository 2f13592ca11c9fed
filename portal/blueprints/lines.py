"""The form of a document with lines: what invoices and credit notes are written with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, HiddenField

from portal.blueprints.forms import DecimalField, PlainForm, PortalForm, TextField
from portal.models.company import Company
from portal.models.credit_note import CreditNote, CreditNoteLine
from portal.models.invoice import Invoice, InvoiceLine
from portal.money import ZERO
from portal.services.intacct_lists import DEPARTMENTS, GL_ACCOUNTS, LOCATIONS, KnownList, known
from portal.services.lines import LineData, product
from portal.services.wanted import active_book

NEW_ROWS = 3
MAX_ROWS = 1000
_ROW = re.compile(r"lines-\d{1,4}-[a-z_]+", re.ASCII)
_TEXTS = ("description", "account", "location", "department")
# What the services call the parts of a line, where the form has another word.
_FIELD_NAMES = {"name": "description", "amount": "unit_cost"}

FormT = TypeVar("FormT", bound="LinesForm")
Line = InvoiceLine | CreditNoteLine


class LineForm(PlainForm):
    """One line item; a row without anything in it is no line."""

    description = TextField("Description")
    quantity = DecimalField("Quantity")
    unit_cost = DecimalField("Unit cost")
    account = TextField("Account")
    location = TextField("Location")
    department = TextField("Department")
    source = HiddenField()

    @property
    def blank(self) -> bool:
        """Whether nothing was typed into the row."""
        return not any(self._fields[name]._value().strip() for name in (*_TEXTS, "quantity", "unit_cost"))

    def line_data(self, sources: dict[str, Line]) -> LineData:
        """The line as typed; one that was there keeps its metadata. An empty quantity counts as 1."""
        source = sources.get(self.source.data or "")
        quantity = Decimal(1) if self.quantity.data is None else self.quantity.data
        unit_cost = ZERO if self.unit_cost.data is None else self.unit_cost.data
        return LineData(
            description=self.description.data or "",
            quantity=quantity,
            unit_cost=unit_cost,
            account=self.account.data or "",
            location=self.location.data or "",
            department=self.department.data or "",
            metadata=source.extra if source else {},
        )


class LinesForm(PortalForm):
    """Lines with what comes off and on to them."""

    lines = FieldList(FormField(LineForm))
    discount = DecimalField("Discount")
    tax = DecimalField("Tax")
    version = HiddenField()

    def rows(self) -> list[LineForm]:
        """The rows that hold something, in their order."""
        return [entry.form for entry in self.lines if not entry.form.blank]

    def add_rows(self, count: int = NEW_ROWS) -> None:
        """Add blank rows at the end, as far as a document may have any."""
        for _ in range(min(count, MAX_ROWS - len(self.lines))):
            self.lines.append_entry()

    def line_data(self, document: Invoice | CreditNote | None) -> tuple[LineData, ...]:
        """The lines as typed; those that `document` has already keep their metadata."""
        sources: dict[str, Line] = {str(line.id): line for line in document.lines} if document else {}
        return tuple(row.line_data(sources) for row in self.rows())

    def form_field(self, field: str) -> str:
        """The form's name of what the services call `field`: `items.N` counts only rows that hold something."""
        found = re.fullmatch(r"items\.(\d+)\.(\w+)", field)
        if not found:
            return field
        positions = [position for position, entry in enumerate(self.lines) if not entry.form.blank]
        return f"lines.{positions[int(found[1])]}.{_FIELD_NAMES.get(found[2], found[2])}"

    def amounts(self, currency: str) -> list[Decimal | None]:
        """What each row comes to as far as it can be read, for the page to show."""
        return [_row_amount(entry.form, currency) for entry in self.lines]

    def total(self, currency: str) -> Decimal:
        """What the document comes to as far as it can be read."""
        lines = sum((amount for amount in self.amounts(currency) if amount is not None), ZERO)
        return lines - (self.discount.data or ZERO) + (self.tax.data or ZERO)


@dataclass(frozen=True)
class Suggestions:
    """What Intacct has for a line's account, location and department: (id, name) each; nothing while not connected."""

    accounts: Sequence[tuple[str, str]] = field(default_factory=list)
    locations: Sequence[tuple[str, str]] = field(default_factory=list)
    departments: Sequence[tuple[str, str]] = field(default_factory=list)

    def named(self, account: str) -> str:
        """The account with its name, where it is known: 4000 Sales."""
        return next((f"{id_} {name}".strip() for id_, name in self.accounts if id_ == account), account)


def suggestions(company: Company) -> Suggestions:
    """The lists of the company's Intacct book, as they were last read."""
    book = active_book(company.id)
    if book is None:
        return Suggestions()
    lists = known(book)
    return Suggestions(*(_pairs(lists.get(kind)) for kind in (GL_ACCOUNTS, LOCATIONS, DEPARTMENTS)))


def typed_form(form: type[FormT]) -> FormT:
    """The form as it was sent. Rows are taken by their plain names only: the library trips over odd ones."""
    odd = {key for key in request.form if key.startswith("lines") and not _ROW.fullmatch(key)}
    return form(formdata=MultiDict([item for item in request.form.items(multi=True) if item[0] not in odd]))


def filled_form(form: type[FormT], values: dict[str, Any], lines: Sequence[Line | LineData], blank: int = 1) -> FormT:
    """The form with `values` and `lines`, and some blank rows behind them."""
    filled = form(formdata=None, data={**values, "lines": [_row_values(line) for line in lines]})
    filled.add_rows(blank)
    return filled


def currency_shown(typed: str | None, otherwise: str) -> str:
    """The currency that amounts of a form are shown in: what was typed if it can be one."""
    code = (typed or "").strip().upper()
    return code if len(code) == 3 and code.isascii() else otherwise


def _pairs(listed: KnownList | None) -> list[tuple[str, str]]:
    return [(item["id"], item["name"]) for item in listed.items] if listed else []


def _row_values(line: Line | LineData) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in (*_TEXTS, "quantity", "unit_cost")}
    return values | {"source": getattr(line, "id", None)}


def _row_amount(row: LineForm, currency: str) -> Decimal | None:
    if row.blank or row.unit_cost.data is None or row.quantity.process_errors:
        return None
    return product(Decimal(1) if row.quantity.data is None else row.quantity.data, row.unit_cost.data, currency)
