"""What an invoice must look like before it is saved: every fault at its field, amounts computed exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.money import ZERO
from portal.services.checks import Faults
from portal.services.lines import CheckedDocument, LineData, Priced, check_priced, product
from portal.services.numbers import check_number
from portal.services.terms import due_date

__all__ = ["InvoiceData", "LineData", "check_invoice", "find_currency", "find_customer", "product", "refuse_inactive"]


@dataclass(frozen=True)
class InvoiceData:
    """An invoice as somebody writes it.

    Absent: the number is generated, the currency and terms are the customer's, the due date follows the terms.
    """

    customer_id: int
    date: dt.date
    due_date: dt.date | None = None
    currency: str = ""
    number: str = ""
    purchase_order: str = ""
    payment_terms: str = ""
    draft: bool = False
    lines: tuple[LineData, ...] = ()
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    metadata: Mapping[str, Any] = field(default_factory=dict)


def check_invoice(
    company_id: int, data: InvoiceData, *, origin: Origin, current: Invoice | None = None
) -> CheckedDocument:
    """`data` as it is to be stored. Raises InvalidInput with every fault found."""
    faults = Faults()
    customer = find_customer(faults, company_id, data.customer_id)
    if current is None and origin == Origin.PORTAL:
        refuse_inactive(faults, customer)
    header = _header(faults, company_id, data, customer, current)
    header["currency"] = find_currency(faults, data.currency, current, customer)
    asked = Priced("invoice", data.lines, data.discount, data.tax, data.draft)
    checked = check_priced(faults, header, asked, origin)
    faults.end()
    return checked


def find_customer(faults: Faults, company_id: int, customer_id: int) -> Customer | None:
    """The company's customer; a fault at `customer` when there is no such one."""
    customer = db.session.get(Customer, customer_id)
    if customer is None or customer.company_id != company_id:
        faults.add("customer", "There is no such customer.", "unknown_customer")
        return None
    return customer


def refuse_inactive(faults: Faults, customer: Customer | None) -> None:
    """Note that an inactive customer gets no new invoice or credit note; what is there can still be paid."""
    if customer is not None and not customer.active:
        faults.add("customer", f"{customer.name} is inactive. Make the customer active first.", "inactive")


def find_currency(faults: Faults, typed: str, current: Any, customer: Customer | None) -> str:
    """The currency as typed, else the document's, else the customer's; without any, no amount can be judged and every
    fault is raised at once."""
    default = current.currency if current is not None else customer.currency if customer is not None else ""
    currency = faults.currency("currency", typed or default) if typed or default else ""
    if not currency:
        faults.end()
    return currency


def _header(
    faults: Faults, company_id: int, data: InvoiceData, customer: Customer | None, current: Invoice | None
) -> JsonDict:
    terms = faults.text("payment_terms", "The payment terms", data.payment_terms)
    if not terms and current is None and customer is not None:
        terms = customer.payment_terms
    date = faults.date("date", "The date", data.date)
    due = due_date(date, terms)
    if data.due_date is not None:
        due = faults.date("due_date", "The due date", data.due_date)
    return {
        "customer_id": data.customer_id,
        "number": check_number(faults, company_id, Invoice, data.number, current.id if current else None),
        "date": date,
        "due_date": due,
        "purchase_order": faults.text("purchase_order", "The purchase order", data.purchase_order),
        "payment_terms": terms,
        "draft": data.draft,
        "extra": faults.metadata("metadata", data.metadata),
    }
