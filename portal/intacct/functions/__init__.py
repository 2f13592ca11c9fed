"""Builders of functions: each returns the XML text of one function's element, ready for a `Call`.

All raise `ValueError`, naming the field, for a missing or unknown field and for text that XML cannot carry, and
`TypeError` for an amount that is no Decimal or a date that has a time.
"""

from .adjustments import create_adjustment, delete_adjustment
from .customers import Address, create_customer, update_customer
from .invoices import create_invoice, reverse_invoice, update_invoice
from .lines import InvoiceLine
from .payments import Application, PaymentDetail, apply_payment, create_payment, reverse_payment
from .reads import (
    get_financial_setup,
    get_user_permissions,
    inspect,
    read,
    read_by_query,
    read_entity_details,
    read_more,
    read_user_formatting,
    retrieve_pdf,
)

__all__ = [
    "Address",
    "Application",
    "InvoiceLine",
    "PaymentDetail",
    "apply_payment",
    "create_adjustment",
    "create_customer",
    "create_invoice",
    "create_payment",
    "delete_adjustment",
    "get_financial_setup",
    "get_user_permissions",
    "inspect",
    "read",
    "read_by_query",
    "read_entity_details",
    "read_more",
    "read_user_formatting",
    "retrieve_pdf",
    "reverse_invoice",
    "reverse_payment",
    "update_customer",
    "update_invoice",
]
