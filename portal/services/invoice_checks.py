"""What an invoice must look like before it is saved: every fault at its field, amounts computed exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.money import ZERO, round_amount
from portal.services.checks import MAX_AMOUNT, MAX_LINES, MAX_QUANTITY, Faults, show
from portal.services.numbers import check_number
from portal.services.terms import due_date

# Quantity and unit cost have up to 16 and 19 digits; their product must not lose any before it is rounded.
_DIGITS = 60


@dataclass(frozen=True)
class LineData:
    """A line item as somebody writes it. `amount` is computed where it is absent."""

    description: str
    quantity: Decimal
    unit_cost: Decimal
    account: str = ""
    location: str = ""
    department: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None


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


@dataclass(frozen=True)
class CheckedInvoice:
    """Columns of the invoice and of its lines, ready to be stored."""

    header: JsonDict
    lines: list[JsonDict]


def check_invoice(
    company_id: int, data: InvoiceData, *, origin: Origin, current: Invoice | None = None
) -> CheckedInvoice:
    """`data` as it is to be stored. Raises InvalidInput with every fault found."""
    faults = Faults()
    customer = find_customer(faults, company_id, data.customer_id)
    default = current.currency if current is not None else customer.currency if customer is not None else ""
    currency = faults.currency("currency", data.currency or default) if data.currency or default else ""
    header = _header(faults, company_id, data, customer, current)
    header["currency"] = currency
    if not currency:  # without it no amount can be judged
        faults.end()
    known = len(faults.found)
    lines = [_line(faults, index, line, currency, origin) for index, line in enumerate(data.lines)]
    _line_count(faults, data)
    header["discount"] = faults.amount("discount", "The discount", data.discount, currency)
    header["tax"] = faults.amount("tax", "The tax", data.tax, currency)
    header["total"] = _total(lines, header)
    if len(faults.found) == known:
        _judge_total(faults, header["total"], currency)
    faults.end()
    return CheckedInvoice(header, lines)


def find_customer(faults: Faults, company_id: int, customer_id: int) -> Customer | None:
    """The company's customer; a fault at `customer` when there is no such one."""
    customer = db.session.get(Customer, customer_id)
    if customer is None or customer.company_id != company_id:
        faults.add("customer", "There is no such customer.", "unknown_customer")
        return None
    return customer


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


def _line_count(faults: Faults, data: InvoiceData) -> None:
    if not data.lines and not data.draft:
        faults.add("items", "An issued invoice needs at least one line. Add one, or keep it as a draft.", "missing")
    elif len(data.lines) > MAX_LINES:
        faults.add("items", f"An invoice may have at most {MAX_LINES:,} lines; this has {len(data.lines):,}.")


def _line(faults: Faults, index: int, line: LineData, currency: str, origin: Origin) -> JsonDict:
    at = f"items.{index}."
    known = len(faults.found)
    quantity = faults.quantity(f"{at}quantity", "The quantity", line.quantity, MAX_QUANTITY)
    unit_cost = faults.quantity(f"{at}unit_cost", "The unit cost", line.unit_cost, MAX_AMOUNT)
    if origin == Origin.PORTAL and len(faults.found) == known:
        _above_zero(faults, at, quantity, unit_cost)
    values: JsonDict = {
        "description": faults.text(
            f"{at}name", "The description", line.description, limit="description", required=True, lines=True
        ),
        "quantity": quantity,
        "unit_cost": unit_cost,
        "extra": faults.metadata(f"{at}metadata", line.metadata),
    }
    for name, label in (("account", "GL account"), ("location", "location"), ("department", "department")):
        values[name] = faults.text(f"{at}{name}", f"The {label}", getattr(line, name), limit=name)
    values["amount"] = _line_amount(faults, at, line, product(quantity, unit_cost, currency), currency, origin)
    return values


def _above_zero(faults: Faults, at: str, quantity: Decimal, unit_cost: Decimal) -> None:
    if quantity <= 0:
        faults.add(f"{at}quantity", "The quantity must be above zero.", "negative" if quantity < 0 else "zero")
    if unit_cost < 0:
        faults.add(f"{at}unit_cost", "The unit cost may not be negative. Use the discount instead.", "negative")


def _line_amount(faults: Faults, at: str, line: LineData, computed: Decimal, currency: str, origin: Origin) -> Decimal:
    if abs(computed) > MAX_AMOUNT:
        faults.add(f"{at}unit_cost", f"The line's amount is too large: at most {MAX_AMOUNT:,}.", "too_large")
        return ZERO
    if line.amount is None:
        return computed
    known = len(faults.found)
    amount = faults.signed_amount(f"{at}amount", "The amount", line.amount, currency)
    if len(faults.found) > known:
        return ZERO
    if origin == Origin.PORTAL and amount != computed:  # Intacct's own lines may be priced in other ways
        faults.add(f"{at}amount", f"The amount must be quantity x unit cost: {show(computed, currency)}.")
    return amount


def _total(lines: list[JsonDict], header: JsonDict) -> Decimal:
    items = sum((line["amount"] for line in lines), ZERO)
    total: Decimal = items - header["discount"] + header["tax"]
    return total


def _judge_total(faults: Faults, total: Decimal, currency: str) -> None:
    if total < 0:
        faults.add("discount", f"The total may not be negative; it would be {show(total, currency)}.", "negative")
    elif total > MAX_AMOUNT:
        faults.add("items", f"The total is too large: at most {MAX_AMOUNT:,}.", "too_large")


def product(quantity: Decimal, unit_cost: Decimal, currency: str) -> Decimal:
    """A line's amount: quantity x unit cost, rounded half up to the currency's places."""
    with localcontext() as context:
        context.prec = _DIGITS
        return round_amount(quantity * unit_cost, currency) + ZERO
