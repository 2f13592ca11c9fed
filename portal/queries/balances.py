"""What a customer owes and has left to use, by currency."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, literal, select

from portal.extensions import db
from portal.models.base import JsonDict
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.types import AMOUNT
from portal.money import ZERO, round_amount

_Sums = Select[str, Decimal, Decimal]


def balance_of(company: Company, customer: Customer) -> JsonDict:
    """The customer's balance as the API answers it: its own currency in front, every currency in `currencies`."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_READS, ZERO))
    for name, read in _READS.items():
        for currency, amount, used in db.session.execute(read(company, customer)):
            sums[currency][name] = amount - used
    own = customer.currency
    entries = [_entry(currency, sums[currency]) for currency in sorted({own, *sums}, key=lambda c: (c != own, c))]
    return {"object": "balance", "customer": customer.id, **entries[0], "currencies": entries}


def _entry(currency: str, sums: dict[str, Decimal]) -> JsonDict:
    amounts = {name: round_amount(amount, currency) for name, amount in sums.items()}
    return {"currency": currency.lower(), **amounts, "past_due": amounts["past_due_amount"] > 0}


def _owed(company: Company, customer: Customer, *more: Any) -> _Sums:
    mine = (Invoice.company_id == company.id, Invoice.customer_id == customer.id, ~Invoice.draft, Invoice.balance > 0)
    owed = select(Invoice.currency, func.sum(Invoice.balance), literal(ZERO, AMOUNT))
    return owed.where(*mine, *more).group_by(Invoice.currency)


def _past_due(company: Company, customer: Customer) -> _Sums:
    return _owed(company, customer, Invoice.due_date < company.today())


def _unapplied(company: Company, customer: Customer) -> _Sums:
    mine = (Payment.company_id == company.id, Payment.customer_id == customer.id, Payment.voided_at.is_(None))
    left = select(Payment.currency, func.sum(Payment.amount), func.sum(Payment.applied))
    return left.where(*mine, Payment.amount > Payment.applied).group_by(Payment.currency)


def _credited(company: Company, customer: Customer) -> _Sums:
    mine = (CreditNote.company_id == company.id, CreditNote.customer_id == customer.id)
    usable = (CreditNote.voided_at.is_(None), ~CreditNote.draft, CreditNote.total > CreditNote.applied)
    left = select(CreditNote.currency, func.sum(CreditNote.total), func.sum(CreditNote.applied))
    return left.where(*mine, *usable).group_by(CreditNote.currency)


# Each reads (currency, sum, what is used of it): a difference of two sums would lose the amounts' column type.
_READS = {
    "total_outstanding": _owed,
    "past_due_amount": _past_due,
    "available_credits": _unapplied,
    "open_credit_notes": _credited,
}
