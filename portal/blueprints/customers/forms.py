"""The form of a customer."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField

from portal.blueprints.forms import PortalForm, TextField
from portal.models.customer import Customer
from portal.services.customers import CustomerData

_TEXTS = ("name", "number", "email", "phone", "address1", "address2", "city", "state", "postal_code", "country",
          "currency", "payment_terms")  # fmt: skip


class CustomerForm(PortalForm):
    """Who is invoiced. An empty number is generated, an empty currency is the company's."""

    name = TextField("Name", required="Enter the customer's name.")
    number = TextField("Number")
    email = TextField("E-mail")
    phone = TextField("Phone")
    address1 = TextField("Address")
    address2 = TextField("Address, second line")
    city = TextField("City")
    state = TextField("State or province")
    postal_code = TextField("Postal code")
    country = TextField("Country")
    currency = TextField("Currency")
    payment_terms = TextField("Payment terms")
    active = BooleanField("Active", default=True)
    version = HiddenField()

    def customer_data(self, customer: Customer | None = None) -> CustomerData:
        """What was typed, with the metadata that `customer` has already."""
        texts = {name: self._fields[name].data or "" for name in _TEXTS}
        return CustomerData(**texts, active=self.active.data, metadata=customer.extra if customer else {})


def form_of(customer: Customer) -> CustomerForm:
    """The form filled with what the customer is now."""
    values: dict[str, Any] = {name: getattr(customer, name) for name in _TEXTS}
    return CustomerForm(formdata=None, data={**values, "active": customer.active, "version": customer.version})
