"""A customer of ours as the function that writes it."""

from __future__ import annotations

from portal.intacct import functions
from portal.sync.mapping.records import Built, CannotSend, CustomerRecord

LONGEST_CUSTOMER_ID = 20
"""CUSTOMERID holds 20 characters [Intacct, customers]."""


def build_customer(customer: CustomerRecord, *, update: bool) -> Built:
    """`create CUSTOMER` or `update CUSTOMER`. Raises CannotSend for a number that is no CUSTOMERID."""
    if len(customer.number) > LONGEST_CUSTOMER_ID:
        raise CannotSend(
            "customer_number_too_long",
            f"Customer number {customer.number} has {len(customer.number)} characters; Intacct takes"
            f" {LONGEST_CUSTOMER_ID}. Nothing was sent. Give the customer a shorter number.",
        )
    facts = {"number": customer.number, "name": customer.name}
    make = functions.update_customer if update else functions.create_customer
    body = make(
        customer.number, customer.name, print_as=customer.name, email=customer.email, phone=customer.phone,
        address=customer.address, active=customer.active,
    )  # fmt: skip
    return Built(body, facts)
