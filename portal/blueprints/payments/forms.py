"""The form of a payment."""

from __future__ import annotations

from decimal import Decimal

from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.blueprints.forms import DateField, DecimalField, PortalForm, TextField
from portal.blueprints.rendering import METHODS, typed_amount
from portal.models.payment import Payment
from portal.money import ZERO
from portal.services.payments import PaymentData


class PaymentForm(PortalForm):
    """What came in, when and how. An empty number is generated."""

    date = DateField("Date", required="Enter the date on which the money came.")
    amount = DecimalField("Amount", required="Enter the amount that came in.")
    method = SelectField("Method", choices=[SelectChoice(method.value, label) for method, label in METHODS.items()])
    reference = TextField("Reference")
    number = TextField("Number")
    version = HiddenField()

    def payment_data(
        self, customer_id: int, currency: str, items: tuple[tuple[int, Decimal], ...], payment: Payment | None = None
    ) -> PaymentData:
        """What was typed, with (invoice id, amount) for each invoice that it pays and the metadata of `payment`."""
        return PaymentData(
            customer_id=customer_id,
            date=self.date.data,
            amount=self.amount.data,
            currency=currency,
            number=self.number.data or "",
            method=self.method.data,
            reference=self.reference.data or "",
            metadata=payment.extra if payment else {},
            applications=items,
        )

    def typed_amount(self) -> Decimal:
        """The amount as far as it can be read; nothing otherwise."""
        return self.amount.data or ZERO


def form_of(payment: Payment) -> PaymentForm:
    """The form filled with what the payment is now."""
    names = ("date", "method", "reference", "number", "version")
    form = PaymentForm(formdata=None, data={name: getattr(payment, name) for name in names})
    form.amount.data = payment.amount
    form.amount.raw_data = [typed_amount(payment.amount, payment.currency)]
    return form
