"""From a record of ours to the function that writes it, and back: pure, no session, no network.

What is sent is described in the gateway's own terms; what a posting must remember of it (`Built.facts`) is plain JSON,
so that a lost answer can be looked up by the values that were sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.intacct import functions
from portal.models.payment import PaymentMethod
from portal.services.integration_settings import Choices

LONGEST_CUSTOMER_ID = 20
"""CUSTOMERID holds 20 characters [Intacct, customers]."""

_REFERENCE = re.compile(r"\[ref ([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})\.(\d+)\]")
_DIMENSION = re.compile(r"intacct_(\w+)")


class CannotSend(Exception):
    """A record that must not be sent as it is. `code` names the guide, the text says what is missing."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class CustomerRecord:
    """A customer as it is to be sent."""

    number: str
    name: str
    email: str = ""
    phone: str = ""
    address: functions.Address = field(default_factory=functions.Address)
    currency: str = ""
    active: bool = True


@dataclass(frozen=True)
class LineRecord:
    """A line item as it is to be sent."""

    description: str
    amount: Decimal
    account: str = ""
    location: str = ""
    department: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InvoiceRecord:
    """An issued invoice as it is to be sent; `customer_id` is Intacct's CUSTOMERID."""

    number: str
    customer_id: str
    date: dt.date
    due_date: dt.date
    currency: str
    purchase_order: str
    total: Decimal
    discount: Decimal
    tax: Decimal
    lines: tuple[LineRecord, ...]


@dataclass(frozen=True)
class Part:
    """Money of a payment for one invoice: our two rows, and the invoice's RECORDNO there."""

    invoice_row_id: int
    invoice_number: str
    invoice_key: str
    amount: Decimal


@dataclass(frozen=True)
class PaymentRecord:
    """A payment as it is to be sent: `parts` that go onto invoices and the `rest`."""

    number: str
    customer_id: str
    date: dt.date
    currency: str
    method: str
    reference: str
    parts: tuple[Part, ...]
    rest: Decimal


@dataclass(frozen=True)
class Built:
    """A function ready to be sent, and what its posting remembers of it."""

    body: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Currencies:
    """What Intacct's company takes: its base currency, and others only where `multi` is on."""

    base: str
    multi: bool = False

    def check(self, what: str, currency: str) -> None:
        """Raise CannotSend for a document in a currency that the company cannot hold."""
        if not self.multi and currency != self.base:
            raise CannotSend(
                "foreign_currency",
                f"{what} is in {currency}, but the Intacct company keeps {self.base} only. Nothing of it was sent."
                " Switch foreign currencies on in Intacct and check the connection again, or skip it.",
            )

    @property
    def group_base(self) -> str:
        """The base currency where a currency has to be named at all, else empty."""
        return self.base if self.multi else ""


def stamp(text: str, ref: str, seq: int) -> str:
    """`text` with the reference by which the record is known there at its end."""
    return f"{text} [ref {ref}.{seq}]".strip()


def reference_in(text: str) -> tuple[str, int] | None:
    """The reference and sequence number that a DESCRIPTION carries, if one of ours."""
    found = _REFERENCE.findall(text)
    return (found[-1][0], int(found[-1][1])) if found else None


def build_customer(customer: CustomerRecord, *, update: bool) -> Built:
    """`create CUSTOMER` or `update CUSTOMER`. Raises CannotSend for a number that is no CUSTOMERID."""
    if len(customer.number) > LONGEST_CUSTOMER_ID:
        raise CannotSend(
            "customer_number_too_long",
            f"Customer number {customer.number} has {len(customer.number)} characters; Intacct takes"
            f" {LONGEST_CUSTOMER_ID}. Nothing was sent. Give the customer a shorter number.",
        )
    facts = {"number": customer.number, "name": customer.name}
    make = functions.update_customer if update else functions.create_customer
    body = make(
        customer.number, customer.name, print_as=customer.name, email=customer.email, phone=customer.phone,
        address=customer.address, active=customer.active,
    )  # fmt: skip
    return Built(body, facts)


def build_invoice(invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies) -> Built:
    """`create_invoice`. Raises CannotSend."""
    body = functions.create_invoice(
        **_invoice_values(invoice, choices, ref, seq, currencies), base_currency=currencies.group_base
    )
    return Built(body, invoice_facts(invoice))


def build_invoice_update(
    key: str, lines_there: int, invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies
) -> Built:
    """`update_invoice`: the header and the lines overwritten, further lines added. Raises CannotSend.

    Lines cannot be removed by an update: Intacct overwrites them by number.
    """
    if len(invoice.lines) < lines_there:
        raise CannotSend(
            "lines_removed",
            f"Invoice {invoice.number} has {len(invoice.lines)} lines here and {lines_there} in Intacct, which cannot"
            " take lines off an invoice. The change was not sent. Put the lines back with an amount of zero, or void"
            " this invoice and issue a new one.",
        )
    body = functions.update_invoice(
        key, **_invoice_values(invoice, choices, ref, seq, currencies), lines_there=lines_there
    )
    return Built(body, {**invoice_facts(invoice), "key": key})


def invoice_facts(invoice: InvoiceRecord) -> dict[str, Any]:
    """An invoice as a posting remembers it: what a later read must find there."""
    return {
        "number": invoice.number,
        "customer_id": invoice.customer_id,
        "date": invoice.date.isoformat(),
        "due_date": invoice.due_date.isoformat(),
        "total": str(invoice.total),
        "lines": [str(line.amount) for line in invoice.lines],
    }


def _invoice_values(
    invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies
) -> dict[str, Any]:
    currencies.check(f"Invoice {invoice.number}", invoice.currency)
    if invoice.discount or invoice.tax:
        raise CannotSend(
            "discount_or_tax",
            f"Invoice {invoice.number} has a discount or tax, which the sync does not send yet. Nothing of it was sent."
            " Put them into lines of their own with their GL accounts, or skip this invoice and book it by hand.",
        )
    return {
        "customer_id": invoice.customer_id,
        "date": invoice.date,
        "due_date": invoice.due_date,
        "number": invoice.number,
        "description": stamp(f"Invoice {invoice.number}", ref, seq),
        "po_number": invoice.purchase_order,
        "currency": invoice.currency if currencies.multi else "",
        "lines": [_line(line, number, invoice.number, choices) for number, line in enumerate(invoice.lines, 1)],
    }


def _line(line: LineRecord, number: int, invoice_number: str, choices: Choices) -> functions.InvoiceLine:
    named = line.metadata
    account = line.account or str(named.get("intacct_glaccountno") or "") or choices.income_account
    if not account:
        raise CannotSend(
            "income_account_missing",
            f"Line {number} of invoice {invoice_number} names no GL account, and no income account is set."
            " Nothing of it was sent. Choose the income account in the integration settings.",
        )
    return functions.InvoiceLine(
        amount=line.amount,
        account=account,
        memo=line.description,
        location=line.location or str(named.get("intacct_location") or "") or choices.location_id,
        department=line.department or str(named.get("intacct_department") or "") or choices.department_id,
        dimensions=dimensions(line.metadata),
    )


_LINE_WORDS = {"location", "department", "glaccountno"}


def dimensions(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Further dimensions that a line's metadata names: `intacct_project` is Intacct's `projectid`, and so on."""
    named = ((_DIMENSION.fullmatch(key), str(value)) for key, value in metadata.items() if value not in (None, ""))
    return {f"{found.group(1)}id": value for found, value in named if found and found.group(1) not in _LINE_WORDS}


def build_payment(payment: PaymentRecord, choices: Choices, ref: str, seq: int, currencies: Currencies) -> Built:
    """`create ARPYMT`: one detail a part, the rest as overpayment. Raises CannotSend."""
    currencies.check(f"Payment {payment.number}", payment.currency)
    if not (choices.bank_account or choices.undeposited_account):
        raise CannotSend(
            "deposit_account_missing",
            f"Payment {payment.number} has no account to go to. Nothing of it was sent."
            " Choose where payments are deposited in the integration settings.",
        )
    body = functions.create_payment(
        customer_id=payment.customer_id,
        method=method_out(payment.method, payment.currency, currencies.base),
        receipt_date=payment.date,
        document_number=payment.number,
        description=stamp(payment.reference or f"Payment {payment.number}", ref, seq),
        details=[functions.PaymentDetail(part.invoice_key, part.amount) for part in payment.parts],
        currency=payment.currency,
        bank_account=choices.bank_account,
        undeposited_account=choices.undeposited_account,
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
            "date": payment.date.isoformat(),
            "total": str(total),
            "pairs": {str(part.invoice_row_id): str(part.amount) for part in payment.parts},
        },
    )


def build_apply(
    key: str, parts: tuple[tuple[Part, Decimal], ...], day: dt.date, ref: str, seq: int, number: str
) -> Built:
    """`apply_arpayment`: what is still to be applied of a payment that is there. Each part carries what lies there
    already, so that a lost answer can be told from one that never ran."""
    body = functions.apply_payment(
        key, day, stamp(f"Payment {number}", ref, seq),
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


def build_reverse(kind: str, key: str, day: dt.date, ref: str, seq: int, number: str) -> Built:
    """`reverse_invoice` or `reverse_arpayment`."""
    make = functions.reverse_invoice if kind == "invoice" else functions.reverse_payment
    text = stamp(f"Reversed: {number}", ref, seq)
    return Built(make(key, day, text), {"key": key, "number": number})


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
