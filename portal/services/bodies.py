"""JSON bodies (of the command line and the API) as the data that the services take.

Only keys that are known are taken; a change takes what the body does not name from the record as it is. Numbers stay
exact: a body is read with `parse`, which never makes a float.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NoReturn

from portal.errors import InvalidInput
from portal.models.base import JsonDict
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.services.body_reader import MAX_NUMBER_DIGITS, BodyReader
from portal.services.credit_note_checks import CreditNoteData
from portal.services.customers import CustomerData
from portal.services.invoice_checks import InvoiceData
from portal.services.lines import as_data
from portal.services.payments import PaymentData

_CUSTOMER_TEXTS = (
    "name", "number", "email", "phone", "address1", "address2", "city", "state", "postal_code", "country", "currency",
    "payment_terms",
)  # fmt: skip
_INVOICE_TEXTS = ("number", "currency", "purchase_order", "payment_terms")
_PAYMENT_TEXTS = ("number", "currency", "method", "reference")
_CUSTOMER_KEYS = {*_CUSTOMER_TEXTS, "active", "metadata"}
_INVOICE_KEYS = {
    *_INVOICE_TEXTS, "customer", "date", "due_date", "draft", "items", "discounts", "taxes", "metadata",
}  # fmt: skip
_PAYMENT_KEYS = {*_PAYMENT_TEXTS, "customer", "date", "amount", "metadata"}
_CREDIT_NOTE_TEXTS = ("number", "currency")
_CREDIT_NOTE_KEYS = {
    *_CREDIT_NOTE_TEXTS, "customer", "invoice", "date", "draft", "items", "discounts", "taxes", "metadata",
}  # fmt: skip


@dataclass(frozen=True)
class ApplyData:
    """Money or credit to put on an invoice or to take off it; without an amount all of it is meant."""

    source: Payment | CreditNote
    invoice: Invoice
    amount: Decimal | None


def parse(text: str) -> JsonDict:
    """One JSON object, its decimals exact. Raises InvalidInput for anything else."""
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InvalidInput(f"That is not JSON that can be read: {_reason(error)}.", code="json") from error
    if not isinstance(document, dict):
        raise InvalidInput("One JSON object is expected: {...}.", code="json")
    return document


def customer_data(body: Mapping[str, Any], current: Customer | None = None) -> CustomerData:
    """A customer's body. Raises InvalidInput with every fault of its form."""
    read = BodyReader(body)
    read.refuse_unknown(_CUSTOMER_KEYS)
    data = _customer_as_data(current) if current is not None else CustomerData(name="")
    data = replace(
        data,
        active=read.yes_no("active", data.active),
        metadata=read.metadata(data.metadata),
        **read.texts(_CUSTOMER_TEXTS),
    )
    read.faults.end()
    return data


def invoice_data(company: Company, body: Mapping[str, Any], current: Invoice | None = None) -> InvoiceData:
    """An invoice's body; without a date it is of the company's today. Raises InvalidInput with every fault of form."""
    read = BodyReader(body)
    read.refuse_unknown(_INVOICE_KEYS)
    data = _invoice_as_data(current) if current is not None else InvoiceData(customer_id=0, date=company.today())
    data = replace(
        data,
        customer_id=read.customer_id(company, data.customer_id),
        date=read.date("date") or data.date,
        due_date=_due_date(read, data),
        draft=read.yes_no("draft", data.draft),
        lines=read.items(data.lines),
        discount=read.adjustment("discounts", "discount", data.discount),
        tax=read.adjustment("taxes", "tax", data.tax),
        metadata=read.metadata(data.metadata),
        **read.texts(_INVOICE_TEXTS),
    )
    read.faults.end()
    return data


def payment_data(company: Company, body: Mapping[str, Any], current: Payment | None = None) -> PaymentData:
    """A payment's body; without a date it is of the company's today. Raises InvalidInput with every fault of form.

    `applied_to` belongs to a new payment; what an existing one pays is changed by apply and unapply.
    """
    read = BodyReader(body)
    read.refuse_unknown(_PAYMENT_KEYS | {"applied_to"} if current is None else _PAYMENT_KEYS)
    data = _payment_as_data(current) if current is not None else PaymentData(0, company.today(), ZERO)
    data = replace(
        data,
        customer_id=read.customer_id(company, data.customer_id),
        date=read.date("date") or data.date,
        amount=read.number("amount", "The amount", data.amount if current is not None else None),
        applications=read.applications(company),
        metadata=read.metadata(data.metadata),
        **read.texts(_PAYMENT_TEXTS),
    )
    read.faults.end()
    return data


def credit_note_data(company: Company, body: Mapping[str, Any], current: CreditNote | None = None) -> CreditNoteData:
    """A credit note's body; without a date it is of the company's today. Raises InvalidInput with every fault of form.

    `invoice` names the invoice that it is made from; applying it is a matter of its own.
    """
    read = BodyReader(body)
    read.refuse_unknown(_CREDIT_NOTE_KEYS)
    data = _credit_note_as_data(current) if current is not None else CreditNoteData(0, company.today())
    data = replace(
        data,
        customer_id=read.customer_id(company, data.customer_id),
        invoice_id=read.invoice_id(company, data.invoice_id),
        date=read.date("date") or data.date,
        draft=read.yes_no("draft", data.draft),
        lines=read.items(data.lines),
        discount=read.adjustment("discounts", "discount", data.discount),
        tax=read.adjustment("taxes", "tax", data.tax),
        metadata=read.metadata(data.metadata),
        **read.texts(_CREDIT_NOTE_TEXTS),
    )
    read.faults.end()
    return data


def is_credit(body: Mapping[str, Any]) -> bool:
    """Whether a payment's body moves no money but applies credit notes: all of its `applied_to` says so."""
    applied = body.get("applied_to")
    return (
        isinstance(applied, list)
        and bool(applied)
        and all(isinstance(entry, Mapping) and entry.get("type") == "credit_note" for entry in applied)
    )


def credit_data(company: Company, body: Mapping[str, Any]) -> list[ApplyData]:
    """What a payment's body of amount 0 applies of credit notes (`is_credit`). Raises InvalidInput with every fault.

    [{"type": "credit_note", "credit_note": 5, "document_type": "invoice", "invoice": 34, "amount": 20}, ...]
    """
    read = BodyReader(body)
    read.refuse_unknown(_PAYMENT_KEYS | {"applied_to"})
    customer_id = read.customer_id(company) if "customer" in body else 0
    if read.number("amount", "The amount", ZERO):
        read.faults.add("amount", "Applying a credit note moves no money: the amount is 0.", "not_zero")
    found = [_credit_entry(entry, company, customer_id) for entry in read.each("applied_to")]
    read.faults.end()
    return [data for data in found if data is not None]


def _credit_entry(entry: BodyReader, company: Company, customer_id: int) -> ApplyData | None:
    entry.refuse_unknown({"type", "credit_note", "document_type", "invoice", "amount"})
    if entry.body.get("document_type", "invoice") != "invoice":
        entry.faults.add(f"{entry.at}document_type", "Credit goes on invoices: the type is invoice.", "type")
    note, invoice = entry.credit_note(company), entry.invoice(company)
    amount = entry.number("amount", "The amount")
    if note is None or invoice is None:
        return None
    if customer_id and note.customer_id != customer_id:
        entry.faults.add(f"{entry.at}credit_note", f"{note.number} belongs to another customer.", "customer")
    return ApplyData(note, invoice, amount)


def apply_data(company: Company, body: Mapping[str, Any]) -> ApplyData:
    """{"payment" or "credit_note": id or number, "invoice": id or number, "amount": n}.

    Raises InvalidInput with every fault.
    """
    read = BodyReader(body)
    word = "credit_note" if "credit_note" in body else "payment"
    read.refuse_unknown({word, "invoice", "amount"})
    source = read.credit_note(company) if word == "credit_note" else read.payment(company)
    invoice = read.invoice(company)
    amount = read.number_or_none("amount", "The amount")
    read.faults.end()
    if source is None or invoice is None:
        raise AssertionError("a source or invoice that was not found is a fault, and faults end this above")
    return ApplyData(source, invoice, amount)


def _due_date(read: BodyReader, data: InvoiceData) -> dt.date | None:
    """What the body says. Else it follows date and terms where the body names one of these; else it stays."""
    given = read.date("due_date")
    follows = {"date", "payment_terms", "due_date"} & set(read.body)
    return given or (None if follows else data.due_date)


def _customer_as_data(customer: Customer) -> CustomerData:
    texts = {name: getattr(customer, name) for name in _CUSTOMER_TEXTS}
    return CustomerData(**texts, active=customer.active, metadata=dict(customer.extra))


def _invoice_as_data(invoice: Invoice) -> InvoiceData:
    texts = {name: getattr(invoice, name) for name in _INVOICE_TEXTS}
    return InvoiceData(
        customer_id=invoice.customer_id,
        date=invoice.date,
        due_date=invoice.due_date,
        draft=invoice.draft,
        lines=tuple(as_data(line) for line in invoice.lines),
        discount=invoice.discount,
        tax=invoice.tax,
        metadata=dict(invoice.extra),
        **texts,
    )


def _credit_note_as_data(note: CreditNote) -> CreditNoteData:
    return CreditNoteData(
        customer_id=note.customer_id,
        date=note.date,
        currency=note.currency,
        number=note.number,
        draft=note.draft,
        lines=tuple(as_data(line) for line in note.lines),
        discount=note.discount,
        tax=note.tax,
        invoice_id=note.invoice_id,
        metadata=dict(note.extra),
    )


def _payment_as_data(payment: Payment) -> PaymentData:
    texts = {name: getattr(payment, name) for name in _PAYMENT_TEXTS}
    return PaymentData(payment.customer_id, payment.date, payment.amount, metadata=dict(payment.extra), **texts)


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= MAX_NUMBER_DIGITS else Decimal(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "a number in it is too large" if isinstance(error, ArithmeticError) else str(error)
