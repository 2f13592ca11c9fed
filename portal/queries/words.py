"""What documents are called where no column says it."""

from __future__ import annotations

from enum import StrEnum

from portal.models.credit_note import CreditNote
from portal.models.payment import Payment

WITH_REST = "with_rest"
"""Payments and credit notes of which something is left to apply, as a list may be asked for them."""


class PaymentStatus(StrEnum):
    """What a payment is called; the first that holds."""

    VOIDED = "voided"
    APPLIED = "applied"
    PARTIALLY_APPLIED = "partially_applied"
    UNAPPLIED = "unapplied"


class CreditNoteStatus(StrEnum):
    """What a credit note is called; the first that holds."""

    VOIDED = "voided"
    DRAFT = "draft"
    APPLIED = "applied"
    PARTIALLY_APPLIED = "partially_applied"
    UNAPPLIED = "unapplied"


def payment_status(payment: Payment) -> PaymentStatus:
    """What the payment is called."""
    if payment.voided:
        return PaymentStatus.VOIDED
    if not payment.balance:
        return PaymentStatus.APPLIED
    return PaymentStatus.PARTIALLY_APPLIED if payment.applied else PaymentStatus.UNAPPLIED


def credit_note_status(note: CreditNote) -> CreditNoteStatus:
    """What the credit note is called."""
    if note.voided:
        return CreditNoteStatus.VOIDED
    if note.draft:
        return CreditNoteStatus.DRAFT
    if not note.balance:
        return CreditNoteStatus.APPLIED
    return CreditNoteStatus.PARTIALLY_APPLIED if note.applied else CreditNoteStatus.UNAPPLIED
