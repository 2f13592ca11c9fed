"""What of a record the sync compares: a fixed, versioned list of the record's own fields for each kind.

Never settings, accounts chosen by settings, Intacct's keys or skips: a changed setting concerns only what was not yet
posted. Changing a list means raising VERSION and re-hashing every sync row in a migration, or everything is sent again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal
from typing import Any

from portal.models.credit_note import CreditNote, CreditNoteLine
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceLine
from portal.models.payment import Payment

VERSION = 1
DIMENSION_PREFIX = "intacct_"

NOTHING = ""
"""The hash of a record that is not wanted in Intacct: a draft, a voided document."""


def customer_hash(customer: Customer) -> str:
    """What should be in Intacct for `customer`."""
    return _hash(
        [
            customer.number, customer.name, customer.email, customer.phone, customer.address1, customer.address2,
            customer.city, customer.state, customer.postal_code, customer.country, customer.active,
        ]
    )  # fmt: skip


def invoice_hash(invoice: Invoice) -> str:
    """What should be in Intacct for `invoice`; nothing for a draft or a voided one."""
    if invoice.draft or invoice.voided:
        return NOTHING
    return _hash(
        [
            invoice.customer_id, invoice.number, invoice.date.isoformat(), invoice.due_date.isoformat(),
            invoice.currency, invoice.purchase_order, _plain(invoice.discount), _plain(invoice.tax),
            [_line(line) for line in invoice.lines],
        ]
    )  # fmt: skip


def payment_hash(payment: Payment) -> str:
    """What should be in Intacct for the payment's header; its applications are pairs. Nothing once voided."""
    if payment.voided:
        return NOTHING
    return _hash(
        [
            payment.customer_id, payment.number, payment.date.isoformat(), payment.currency, _plain(payment.amount),
            payment.method, payment.reference,
        ]
    )  # fmt: skip


def credit_note_hash(note: CreditNote) -> str:
    """What should be in Intacct for the credit note; its applications are pairs. Nothing for a draft or voided one."""
    if note.draft or note.voided:
        return NOTHING
    return _hash(
        [
            note.customer_id, note.number, note.date.isoformat(), note.currency, _plain(note.discount),
            _plain(note.tax), [_line(line) for line in note.lines],
        ]
    )  # fmt: skip


def reference(uuid: str) -> str:
    """The 12 base32 characters by which a record of ours is known in Intacct, as ABCD-EFGH-JKLM."""
    digest = base64.b32encode(hashlib.sha256(uuid.encode()).digest()).decode()[:12]
    return f"{digest[:4]}-{digest[4:8]}-{digest[8:]}"


def _line(line: InvoiceLine | CreditNoteLine) -> list[Any]:
    dimensions = {key: str(value) for key, value in line.extra.items() if key.startswith(DIMENSION_PREFIX)}
    return [
        line.description, _plain(line.quantity), _plain(line.unit_cost), _plain(line.amount),
        line.account, line.location, line.department, dimensions,
    ]  # fmt: skip


def _plain(value: Decimal) -> str:
    """One spelling for equal numbers: 5, 5.0 and 5.00 are the same amount."""
    return format(value.normalize() + 0, "f")


def _hash(facts: list[Any]) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{VERSION}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
