"""The form of a credit note."""

from __future__ import annotations

from typing import Any

from portal.blueprints.forms import DateField, TextField
from portal.blueprints.lines import NEW_ROWS, LinesForm, filled_form
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.money import ZERO
from portal.services.credit_note_checks import CreditNoteData


class CreditNoteForm(LinesForm):
    """A credit note's facts and lines. An empty number is generated."""

    date = DateField("Date", required="Enter the date of the credit note.")
    number = TextField("Number")
    currency = TextField("Currency")

    def credit_note_data(
        self, customer_id: int, invoice_id: int | None, note: CreditNote | None, *, draft: bool
    ) -> CreditNoteData:
        """What was typed, with the metadata that `note` and its lines have already."""
        return CreditNoteData(
            customer_id=customer_id,
            date=self.date.data,
            currency=self.currency.data or "",
            number=self.number.data or "",
            draft=draft,
            lines=self.line_data(note),
            discount=self.discount.data or ZERO,
            tax=self.tax.data or ZERO,
            invoice_id=invoice_id,
            metadata=note.extra if note else {},
        )


def empty_form(company: Company, customer: Customer) -> CreditNoteForm:
    """The form of a new credit note to `customer`, dated today, with blank rows."""
    return filled_form(CreditNoteForm, {"date": company.today(), "currency": customer.currency}, [], NEW_ROWS)


def form_from(data: CreditNoteData) -> CreditNoteForm:
    """The form filled with what a credit note over a whole invoice says, to be changed."""
    values = {"date": data.date, "currency": data.currency}
    values |= {"discount": data.discount or None, "tax": data.tax or None}
    return filled_form(CreditNoteForm, values, data.lines)


def form_of(note: CreditNote) -> CreditNoteForm:
    """The form filled with what the credit note is now, and a blank row."""
    values: dict[str, Any] = {name: getattr(note, name) for name in ("date", "number", "currency", "version")}
    values |= {"discount": note.discount or None, "tax": note.tax or None}
    return filled_form(CreditNoteForm, values, note.lines)
