"""Customers, as CUSTOMER objects with their display contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..schema import render, typed
from ..values import checked, optional, required


@dataclass(frozen=True)
class Address:
    """A mail address. Intacct takes the country as a name or, where it has ISO codes switched on, as a code."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    country_code: str = ""

    def values(self) -> dict[str, str | None]:
        """The fields of a MAILADDRESS; what is empty clears its field, of the country only what is given is sent."""
        return {
            "ADDRESS1": checked("address line1", self.line1),
            "ADDRESS2": checked("address line2", self.line2),
            "ADDRESS3": checked("address line3", self.line3),
            "CITY": checked("city", self.city),
            "STATE": checked("state", self.state),
            "ZIP": checked("postal_code", self.postal_code),
            "COUNTRY": optional("country", self.country),
            "COUNTRYCODE": None if self.country else optional("country_code", self.country_code),
        }


def create_customer(
    customer_id: str,
    name: str,
    *,
    print_as: str,
    email: str = "",
    phone: str = "",
    address: Address | None = None,
    currency: str = "",
    active: bool = True,
) -> str:
    """A new customer; Intacct makes its display contact, which documents print as `print_as`."""
    contact = {
        "PRINTAS": required("print_as", print_as),
        "PHONE1": optional("phone", phone),
        "EMAIL1": optional("email", email),
        "MAILADDRESS": {name: value or None for name, value in address.values().items()} if address else None,
    }
    customer = typed(
        "CUSTOMER",
        CUSTOMERID=required("customer_id", customer_id),
        NAME=required("name", name),
        DISPLAYCONTACT=contact,
        STATUS=_status(active),
        CURRENCY=optional("currency", currency),
    )
    return render("create", _value_1=customer)


def update_customer(
    customer_id: str,
    name: str | None = None,
    *,
    print_as: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    address: Address | None = None,
    currency: str | None = None,
    active: bool | None = None,
) -> str:
    """Changes what is given and leaves what is None as it is; "" clears email, phone or currency."""
    customer = typed(
        "CUSTOMER",
        CUSTOMERID=required("customer_id", customer_id),
        NAME=None if name is None else required("name", name),
        DISPLAYCONTACT=_changed_contact(print_as, email, phone, address),
        STATUS=None if active is None else _status(active),
        CURRENCY=_given("currency", currency),
    )
    return render("update", _value_1=customer)


def _changed_contact(
    print_as: str | None, email: str | None, phone: str | None, address: Address | None
) -> dict[str, Any] | None:
    contact = {
        "PRINTAS": None if print_as is None else required("print_as", print_as),
        "PHONE1": _given("phone", phone),
        "EMAIL1": _given("email", email),
        "MAILADDRESS": address.values() if address else None,
    }
    return contact if any(value is not None for value in contact.values()) else None


def _given(field: str, text: str | None) -> str | None:
    return None if text is None else checked(field, text)


def _status(active: bool) -> str:
    return "active" if active else "inactive"
