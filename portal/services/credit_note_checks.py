"""What a credit note must look like before it is saved: every fault at its field, amounts computed exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.money import ZERO
from portal.services.checks import Faults
from portal.services.invoice_checks import find_currency, find_customer, refuse_inactive
from portal.services.lines import CheckedDocument, LineData, Priced, check_priced
from portal.services.numbers import check_number


@dataclass(frozen=True)
class CreditNoteData:
    """A credit note as somebody writes it. Absent: the number is generated, the currency is the customer's.

    `invoice_id` names the invoice that it is made from, if one; it does not apply it there.
    """

    customer_id: int
    date: dt.date
    currency: str = ""
    number: str = ""
    draft: bool = False
    lines: tuple[LineData, ...] = ()
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    invoice_id: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def check_credit_note(
    company_id: int, data: CreditNoteData, *, origin: Origin, current: CreditNote | None = None
) -> CheckedDocument:
    """`data` as it is to be stored. Raises InvalidInput with every fault found."""
    faults = Faults()
    customer = find_customer(faults, company_id, data.customer_id)
    if current is None and origin == Origin.PORTAL:
        refuse_inactive(faults, customer)
    header = _header(faults, company_id, data, current)
    header["currency"] = find_currency(faults, data.currency, current, customer)
    _refuse_other_invoice(faults, company_id, header)
    asked = Priced("credit note", data.lines, data.discount, data.tax, data.draft)
    checked = check_priced(faults, header, asked, origin)
    faults.end()
    return checked


def _header(faults: Faults, company_id: int, data: CreditNoteData, current: CreditNote | None) -> JsonDict:
    return {
        "customer_id": data.customer_id,
        "invoice_id": data.invoice_id,
        "number": check_number(faults, company_id, CreditNote, data.number, current.id if current else None),
        "date": faults.date("date", "The date", data.date),
        "draft": data.draft,
        "extra": faults.metadata("metadata", data.metadata),
    }


def _refuse_other_invoice(faults: Faults, company_id: int, header: JsonDict) -> None:
    if header["invoice_id"] is None:
        return
    invoice = db.session.get(Invoice, header["invoice_id"])
    if invoice is None or invoice.company_id != company_id:
        faults.add("invoice", "There is no such invoice.", "unknown_invoice")
    elif invoice.customer_id != header["customer_id"]:
        faults.add("invoice", f"{invoice.number} belongs to another customer than the credit note.", "customer")
    elif invoice.currency != header["currency"]:
        faults.add("currency", f"{invoice.number} is in {invoice.currency}; its credit note must be too.", "currency")
