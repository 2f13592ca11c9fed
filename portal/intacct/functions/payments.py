"""Payments: made as ARPYMT objects (never also by the legacy function), applied and reversed by legacy functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..schema import render, typed
from ..values import optional, plain_amount, required, slashed_date, split_date

ZERO = Decimal(0)


@dataclass(frozen=True)
class PaymentDetail:
    """Cash for the invoice with RECORDNO `record_key`; `inline_amount` uses the credit of its own negative lines."""

    record_key: str
    amount: Decimal
    inline_amount: Decimal = ZERO

    def values(self) -> dict[str, str]:
        """The fields of an ARPYMTDETAIL."""
        values = {"RECORDKEY": required("record_key", self.record_key)}
        if self.inline_amount:
            values["INLINEKEY"] = self.record_key
            values["TRX_INLINEAMOUNT"] = plain_amount(
                "inline_amount", _not_negative("inline_amount", self.inline_amount)
            )
        values["TRX_PAYMENTAMOUNT"] = plain_amount("amount", _not_negative("amount", self.amount))
        return values


@dataclass(frozen=True)
class Application:
    """A part of a credit or of a payment's rest, put on the invoice with RECORDNO `invoice_key`."""

    invoice_key: str
    amount: Decimal


def create_payment(
    *,
    customer_id: str,
    method: str,
    receipt_date: date,
    document_number: str,
    description: str,
    details: Sequence[PaymentDetail],
    currency: str = "",
    bank_account: str = "",
    undeposited_account: str = "",
    overpayment: Decimal = ZERO,
    overpayment_location: str = "",
    overpayment_department: str = "",
) -> str:
    """A receipt: one detail an invoice, the rest as `overpayment`.

    `method` is Intacct's word ("Printed Check", "Cash", "EFT", "Credit Card"). Exactly one of `bank_account` and
    `undeposited_account` is given, and some money.
    """
    if bool(bank_account) == bool(undeposited_account):
        raise ValueError("either bank_account or undeposited_account is to be given")
    if not details and not overpayment:
        raise ValueError("details are missing")
    payment = typed(
        "ARPYMT",
        FINANCIALENTITY=optional("bank_account", bank_account),
        UNDEPOSITEDACCOUNTNO=optional("undeposited_account", undeposited_account),
        PAYMENTMETHOD=required("method", method),
        CUSTOMERID=required("customer_id", customer_id),
        DOCNUMBER=optional("document_number", document_number),
        DESCRIPTION=optional("description", description),
        RECEIPTDATE=slashed_date("receipt_date", receipt_date),
        CURRENCY=optional("currency", currency),
        **_overpayment(overpayment, overpayment_location, overpayment_department),
        ACTION="Submit",
        ARPYMTDETAILS={"ARPYMTDETAIL": [detail.values() for detail in details]} if details else None,
    )
    return render("create", _value_1=payment)


def apply_payment(key: str, date: date, memo: str, items: Sequence[Application]) -> str:
    """Puts a credit or a payment's rest (RECORDNO `key`) on invoices."""
    if not items:
        raise ValueError("items are missing")
    return render(
        "apply_arpayment",
        arpaymentkey=required("key", key),
        paymentdate=split_date("date", date),
        memo=optional("memo", memo),
        arpaymentitems={"arpaymentitem": [_item(item) for item in items]},
    )


def reverse_payment(key: str, date: date, description: str = "") -> str:
    """Takes back the payment with RECORDNO `key`, its applications included."""
    return render(
        "reverse_arpayment",
        key=required("key", key),
        datereversed=split_date("date", date),
        description=optional("description", description),
    )


def _overpayment(amount: Decimal, location: str, department: str) -> dict[str, Any]:
    if not _not_negative("overpayment", amount):
        return {}
    return {
        "OVERPAYMENTAMOUNT": plain_amount("overpayment", amount),
        "OVERPAYMENTLOCATIONID": optional("overpayment_location", location),
        "OVERPAYMENTDEPARTMENTID": optional("overpayment_department", department),
    }


def _item(item: Application) -> dict[str, str]:
    amount = _not_negative("amount", item.amount)
    return {"invoicekey": required("invoice_key", item.invoice_key), "amount": plain_amount("amount", amount)}


def _not_negative(field: str, amount: Decimal) -> Decimal:
    if amount < 0:
        raise ValueError(f"{field} must not be negative")
    return amount
