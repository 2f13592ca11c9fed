"""The form of an invoice."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField

from portal.blueprints.forms import DateField, TextField, parse_typed_date
from portal.blueprints.lines import NEW_ROWS, LinesForm, filled_form
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.money import ZERO
from portal.services.invoice_checks import InvoiceData
from portal.services.terms import due_date


class InvoiceForm(LinesForm):
    """An invoice's facts and lines. An empty number is generated.

    `by_terms` is the due date that the form gave by the terms: while it is left as it is, it goes on following them.
    """

    date = DateField("Date", required="Enter the date of the invoice.")
    due_date = DateField("Due date")
    number = TextField("Number")
    currency = TextField("Currency")
    purchase_order = TextField("Purchase order")
    payment_terms = TextField("Payment terms")
    by_terms = HiddenField()

    def invoice_data(self, customer: Customer, invoice: Invoice | None, *, draft: bool) -> InvoiceData:
        """What was typed, with the metadata that `invoice` and its lines have already."""
        return InvoiceData(
            customer_id=customer.id,
            date=self.date.data,
            due_date=None if self._follows_terms() else self.due_date.data,
            currency=self.currency.data or "",
            number=self.number.data or "",
            purchase_order=self.purchase_order.data or "",
            payment_terms=self.payment_terms.data or "",
            draft=draft,
            lines=self.line_data(invoice),
            discount=self.discount.data or ZERO,
            tax=self.tax.data or ZERO,
            metadata=invoice.extra if invoice else {},
        )

    def _follows_terms(self) -> bool:
        try:
            return bool(self.by_terms.data) and parse_typed_date(self.by_terms.data) == self.due_date.data
        except ValueError:
            return False


def empty_form(company: Company, customer: Customer) -> InvoiceForm:
    """The form of a new invoice to `customer`, dated today, with blank rows."""
    today = company.today()
    due = due_date(today, customer.payment_terms) if customer.payment_terms else None
    values = {
        "date": today,
        "due_date": due,
        "by_terms": due,
        "currency": customer.currency,
        "payment_terms": customer.payment_terms,
    }
    return filled_form(InvoiceForm, values, [], NEW_ROWS)


def form_of(invoice: Invoice) -> InvoiceForm:
    """The form filled with what the invoice is now, and a blank row."""
    names = ("date", "due_date", "number", "currency", "purchase_order", "payment_terms", "version")
    values: dict[str, Any] = {name: getattr(invoice, name) for name in names}
    values |= {"discount": invoice.discount or None, "tax": invoice.tax or None}
    if invoice.due_date == due_date(invoice.date, invoice.payment_terms):
        values["by_terms"] = invoice.due_date
    return filled_form(InvoiceForm, values, invoice.lines)
