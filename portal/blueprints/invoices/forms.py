"""The form of an invoice and of its lines."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, HiddenField

from portal.blueprints.forms import DateField, DecimalField, PlainForm, PortalForm, TextField
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceLine
from portal.money import ZERO
from portal.services.invoice_checks import InvoiceData, LineData, product
from portal.services.terms import due_date

NEW_ROWS = 3
MAX_ROWS = 1000
_ROW = re.compile(r"lines-\d{1,4}-[a-z_]+", re.ASCII)
_TEXTS = ("description", "account", "location", "department")
# What the services call the parts of a line, where the form has another word.
_FIELD_NAMES = {"name": "description", "amount": "unit_cost"}


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

    def line_data(self, sources: dict[str, InvoiceLine]) -> LineData:
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


class InvoiceForm(PortalForm):
    """An invoice's facts and lines. An empty number is generated; an empty due date follows the terms."""

    date = DateField("Date", required="Enter the date of the invoice.")
    due_date = DateField("Due date")
    number = TextField("Number")
    currency = TextField("Currency")
    purchase_order = TextField("Purchase order")
    payment_terms = TextField("Payment terms")
    lines = FieldList(FormField(LineForm))
    discount = DecimalField("Discount")
    tax = DecimalField("Tax")
    version = HiddenField()

    def rows(self) -> list[LineForm]:
        """The rows that hold something, in their order."""
        return [entry.form for entry in self.lines if not entry.form.blank]

    def add_rows(self, count: int = NEW_ROWS) -> None:
        """Add blank rows at the end, as far as an invoice may have any."""
        for _ in range(min(count, MAX_ROWS - len(self.lines))):
            self.lines.append_entry()

    def invoice_data(self, customer: Customer, invoice: Invoice | None, *, draft: bool) -> InvoiceData:
        """What was typed, with the metadata that `invoice` and its lines have already."""
        sources = {str(line.id): line for line in invoice.lines} if invoice else {}
        return InvoiceData(
            customer_id=customer.id,
            date=self.date.data,
            due_date=self.due_date.data,
            currency=self.currency.data or "",
            number=self.number.data or "",
            purchase_order=self.purchase_order.data or "",
            payment_terms=self.payment_terms.data or "",
            draft=draft,
            lines=tuple(row.line_data(sources) for row in self.rows()),
            discount=self.discount.data or ZERO,
            tax=self.tax.data or ZERO,
            metadata=invoice.extra if invoice else {},
        )

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
        """What the invoice comes to as far as it can be read."""
        lines = sum((amount for amount in self.amounts(currency) if amount is not None), ZERO)
        return lines - (self.discount.data or ZERO) + (self.tax.data or ZERO)


def typed_form() -> InvoiceForm:
    """The form as it was sent. Rows are taken by their plain names only: the library trips over odd ones."""
    rows = sorted({key for key in request.form if key.startswith("lines")})
    odd = {key for key in rows if not _ROW.fullmatch(key)}
    return InvoiceForm(formdata=MultiDict([item for item in request.form.items(multi=True) if item[0] not in odd]))


def empty_form(company: Company, customer: Customer) -> InvoiceForm:
    """The form of a new invoice to `customer`, dated today, with blank rows."""
    today = company.today()
    values = {
        "date": today,
        "due_date": due_date(today, customer.payment_terms) if customer.payment_terms else None,
        "currency": customer.currency,
        "payment_terms": customer.payment_terms,
    }
    form = InvoiceForm(formdata=None, data=values)
    form.add_rows()
    return form


def form_of(invoice: Invoice) -> InvoiceForm:
    """The form filled with what the invoice is now, and a blank row."""
    names = ("date", "due_date", "number", "currency", "purchase_order", "payment_terms", "version")
    values: dict[str, Any] = {name: getattr(invoice, name) for name in names}
    values |= {"discount": invoice.discount or None, "tax": invoice.tax or None}
    values["lines"] = [_row_values(line) for line in invoice.lines]
    form = InvoiceForm(formdata=None, data=values)
    form.add_rows(1)
    return form


def _row_values(line: InvoiceLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in (*_TEXTS, "quantity", "unit_cost")} | {"source": line.id}


def _row_amount(row: LineForm, currency: str) -> Decimal | None:
    if row.blank or row.unit_cost.data is None or row.quantity.process_errors:
        return None
    return product(Decimal(1) if row.quantity.data is None else row.quantity.data, row.unit_cost.data, currency)
