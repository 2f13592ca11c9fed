"""What a document is worth and what of it is open, as the database computes it.

The open part of payments and credit notes is written out as the indexes on it are: SQLite uses an index on an
expression only for the very same one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal_column

from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.types import AMOUNT

Documents = type[Invoice] | type[Payment] | type[CreditNote]

_LEFT_OF_PAYMENT: Any = literal_column(
    "CASE WHEN payment.voided_at IS NULL THEN payment.amount - payment.applied ELSE 0 END", AMOUNT
)
_LEFT_OF_CREDIT_NOTE: Any = literal_column(
    "CASE WHEN credit_note.voided_at IS NULL AND NOT credit_note.draft"
    " THEN credit_note.total - credit_note.applied ELSE 0 END",
    AMOUNT,
)
NOTHING: Any = literal_column("0", AMOUNT)
"""Zero as the partial indexes write it: SQLite uses them only for a constant that it can read."""


def total(model: Documents) -> Any:
    """The amount of a payment, the total of the others."""
    return Payment.amount if model is Payment else model.total  # type: ignore[union-attr]


def balance(model: Documents) -> Any:
    """What is due on an invoice, or left of a payment or credit note: the model's own `balance`."""
    if model is Invoice:
        return Invoice.balance
    return _LEFT_OF_PAYMENT if model is Payment else _LEFT_OF_CREDIT_NOTE
