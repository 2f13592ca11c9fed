"""A payment of ours as the functions that write it, and payment methods both ways."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from portal.intacct import functions
from portal.models.payment import PaymentMethod
from portal.services.integration_settings import Choices
from portal.sync.mapping.records import Built, CannotSend, Currencies, Part, PaymentRecord
from portal.sync.mapping.references import stamp


def build_payment(payment: PaymentRecord, choices: Choices, ref: str, seq: int, currencies: Currencies) -> Built:
    """`create ARPYMT`: one detail a part, the rest as overpayment. Raises CannotSend."""
    currencies.check(f"Payment {payment.number}", payment.currency)
    deposit = choices.deposit_for(payment.method, payment.currency)
    if not (deposit.bank or deposit.undeposited):
        raise CannotSend(
            "deposit_account_missing",
            f"Payment {payment.number} has no account to go to. Nothing of it was sent."
            " Choose where payments are deposited in the integration settings.",
        )
    if deposit.undeposited and payment.currency != currencies.base:
        raise CannotSend(
            "undeposited_foreign",
            f"Payment {payment.number} is in {payment.currency} and would go to undeposited funds, which in Intacct"
            f" take {currencies.base} only (BL02000051). Nothing of it was sent. Add a rule under Other deposit"
            f" accounts that sends {payment.currency} to a bank account.",
        )
    body = functions.create_payment(
        customer_id=payment.customer_id,
        method=method_out(payment.method, payment.currency, currencies.base),
        receipt_date=payment.posted_on or payment.date,
        document_number=payment.number,
        description=stamp(payment.reference or f"Payment {payment.number}", ref, seq),
        details=[functions.PaymentDetail(part.invoice_key, part.amount, part.inline) for part in payment.parts],
        currency=payment.currency,
        bank_account=deposit.bank,
        undeposited_account=deposit.undeposited,
        overpayment=payment.rest,
        overpayment_location=choices.overpayment_location_id if payment.rest else "",
        overpayment_department=choices.overpayment_department_id if payment.rest else "",
    )
    total = sum((part.amount for part in payment.parts), payment.rest)
    return Built(
        body,
        {
            "number": payment.number,
            "customer_id": payment.customer_id,
            "date": (payment.posted_on or payment.date).isoformat(),
            **({"posted_on": payment.posted_on.isoformat()} if payment.posted_on else {}),
            "total": str(total),
            "pairs": {str(part.invoice_row_id): str(part.amount) for part in payment.parts},
        },
    )


def build_apply(
    key: str, parts: tuple[tuple[Part, Decimal], ...], day: dt.date, ref: str, seq: int, what: str, number: str
) -> Built:
    """`apply_arpayment`: what is still to be applied of a payment or credit note (`what`) that is there. Each part
    carries what lies there already, so that a lost answer can be told from one that never ran."""
    body = functions.apply_payment(
        key, day, stamp(f"{what} {number}", ref, seq),
        [functions.Application(part.invoice_key, part.amount) for part, _ in parts],
    )  # fmt: skip
    return Built(
        body,
        {
            "key": key,
            "number": number,
            "pairs": {str(part.invoice_row_id): str(part.amount) for part, _ in parts},
            "before": {str(part.invoice_row_id): str(there) for part, there in parts},
            "invoice_keys": {str(part.invoice_row_id): part.invoice_key for part, _ in parts},
        },
    )


def method_out(method: str, currency: str, base_currency: str) -> str:
    """Intacct's word for a payment method of ours; a card in a foreign currency goes as EFT."""
    if method == PaymentMethod.CREDIT_CARD:
        return "Credit Card" if currency == base_currency else "EFT"
    return {PaymentMethod.CHECK: "Printed Check", PaymentMethod.CASH: "Cash"}.get(PaymentMethod(method), "EFT")


_METHODS_IN = {
    "Printed Check": PaymentMethod.CHECK,
    "Cash": PaymentMethod.CASH,
    "Credit Card": PaymentMethod.CREDIT_CARD,
    "Online Charge Card": PaymentMethod.CREDIT_CARD,
    "Online ACH Debit": PaymentMethod.ACH,
    "EFT": PaymentMethod.WIRE,
}


def method_in(word: str) -> PaymentMethod:
    """Our payment method for Intacct's word."""
    return _METHODS_IN.get(word, PaymentMethod.OTHER)
