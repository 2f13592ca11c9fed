"""The forms of a payment: its own facts, and what of it comes off an invoice."""

from __future__ import annotations

from decimal import Decimal

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from portal.blueprints.forms import DateField, DecimalField, PortalForm, TextField
from portal.blueprints.rendering import METHODS
from portal.models.customer import Customer
from portal.money import ZERO
from portal.services.payments import PaymentData


class PaymentForm(PortalForm):
    """What came in, when and how. An empty number is generated."""

    date = DateField("Date", required="Enter the date on which the money came.")
    amount = DecimalField("Amount", required="Enter the amount that came in.")
    method = SelectField("Method", choices=[SelectChoice(method.value, label) for method, label in METHODS.items()])
    reference = TextField("Reference")
    number = TextField("Number")

    def payment_data(self, customer: Customer, currency: str, items: tuple[tuple[int, Decimal], ...]) -> PaymentData:
        """What was typed, with (invoice id, amount) for each invoice that it pays."""
        return PaymentData(
            customer_id=customer.id,
            date=self.date.data,
            amount=self.amount.data,
            currency=currency,
            number=self.number.data or "",
            method=self.method.data,
            reference=self.reference.data or "",
            applications=items,
        )

    def typed_amount(self) -> Decimal:
        """The amount as far as it can be read; nothing otherwise."""
        return self.amount.data or ZERO


class UnapplyForm(PortalForm):
    """How much of a payment comes off one invoice."""

    amount = DecimalField("Amount to take off", required="Enter the amount to take off.")
