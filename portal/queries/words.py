"""What documents are called where no column says it."""

from __future__ import annotations

from enum import StrEnum

from portal.models.payment import Payment


class PaymentStatus(StrEnum):
    """What a payment is called; the first that holds."""

    VOIDED = "voided"
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
