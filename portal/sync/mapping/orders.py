"""From an Order Entry document to an invoice of ours: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.intacct.order_records import OrderLineRow, OrderRow, OrderSubtotalRow
from portal.money import round_amount
from portal.services.invoice_checks import InvoiceData, LineData, product

ZERO, ONE = Decimal(0), Decimal(1)
_TAX = re.compile(r"\b(tax|vat|gst|hst|pst|tva|mwst|moms|iva)\b", re.IGNORECASE)
OTHER = "Other amounts in Intacct"
"""The line that makes an invoice's total the one of Intacct's A/R record, should its document say otherwise."""


class CannotImport(ValueError):
    """A document that cannot become an invoice here; the text says why, for people."""


@dataclass(frozen=True)
class OrderDocument:
    """A document with all that belongs to it, lines and subtotals in their order; `custom` are the values of the
    company's own fields by metadata key."""

    header: OrderRow
    lines: tuple[OrderLineRow, ...]
    subtotals: tuple[OrderSubtotalRow, ...]
    custom: Mapping[str, str]
    line_custom: Mapping[int, Mapping[str, str]]


def invoice_data(document: OrderDocument, customer_id: int, total_there: Decimal, base_currency: str) -> InvoiceData:
    """The invoice as it is to be kept here: its total is `total_there`, that of the A/R record. Raises CannotImport."""
    header = document.header
    currency = (header.currency or header.base_currency or base_currency).upper()
    if header.document_date is None:
        raise CannotImport("it has no date")
    if not document.lines and not document.subtotals:
        raise CannotImport("it has no lines")
    taxes, discounts, others = _sorted(document.subtotals)
    lines = [_line(line, currency, document.line_custom.get(line.record_no, {})) for line in document.lines]
    lines += [_amount_line(subtotal.description or "Subtotal", subtotal.amount) for subtotal in others]
    tax, discount = sum((tax.amount for tax in taxes), ZERO), -sum(discounts, ZERO)
    if tax < 0:  # an invoice here has no tax below zero: each is a line that bears its name
        lines += [_amount_line(tax.description, tax.amount) for tax in taxes]
        tax = ZERO
    if rest := total_there - (sum((line.amount or ZERO for line in lines), ZERO) - discount + tax):
        lines.append(_amount_line(OTHER, rest))
    return InvoiceData(
        customer_id=customer_id,
        date=header.document_date,
        due_date=header.due_date or header.document_date,
        currency=currency,
        number=header.number,
        purchase_order=header.po_number or header.customer_po,
        payment_terms=header.terms,
        lines=tuple(lines),
        discount=discount,
        tax=tax,
        metadata=_metadata(document),
    )


def _sorted(
    subtotals: Iterable[OrderSubtotalRow],
) -> tuple[list[OrderSubtotalRow], list[Decimal], list[OrderSubtotalRow]]:
    """(taxes, discounts, others): amounts of either sign called a tax, negative ones of any other name, the rest."""
    taxes, discounts, others = [], [], []
    for subtotal in subtotals:
        if subtotal.amount and _TAX.search(subtotal.description):
            taxes.append(subtotal)
        elif subtotal.amount < 0:
            discounts.append(subtotal.amount)
        elif subtotal.amount:
            others.append(subtotal)
    return taxes, discounts, others


def _line(line: OrderLineRow, currency: str, custom: Mapping[str, str]) -> LineData:
    """The extended amount wins: where price x quantity says otherwise the line is one piece of that amount, and the
    true quantity and price are kept beside it."""
    metadata: dict[str, Any] = {name: value for name, value in (("item", line.item), ("unit", line.unit)) if value}
    metadata |= custom
    quantity, price = line.quantity, line.price
    if not _fits(quantity, price) or product(quantity, price, currency) != round_amount(line.amount, currency):
        metadata |= {"quantity": format(quantity, "f"), "unit_price": format(price, "f")}
        quantity, price = ONE, line.amount
    return LineData(
        line.memo or line.description or line.item or "Item", quantity, price, location=line.location,
        department=line.department, metadata=metadata, amount=line.amount,
    )  # fmt: skip


def _fits(quantity: Decimal, price: Decimal) -> bool:
    """Whether both can be kept as they are: six decimals, and a quantity at all."""
    exact = all(value == round(value, 6) for value in (quantity, price))
    return exact and quantity > 0 and price >= 0


def _amount_line(description: str, amount: Decimal) -> LineData:
    return LineData(description, ONE, amount, amount=amount)


def _metadata(document: OrderDocument) -> dict[str, Any]:
    header = document.header
    found = {
        "document_type": header.document_type,
        "intacct_document": header.doc_id,
        "message": header.message[:1000],
        "entity": header.entity,
    }
    return {name: value for name, value in {**found, **document.custom}.items() if value}
