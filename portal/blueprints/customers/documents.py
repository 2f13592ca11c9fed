"""The documents of a customer, a kind at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.models.company import Company
from portal.models.customer import Customer
from portal.queries.credit_notes import CreditNoteFilter, credit_note_sums, list_credit_notes
from portal.queries.invoices import InvoiceFilter, invoice_sums, list_invoices
from portal.queries.paging import Page
from portal.queries.payments import PaymentFilter, list_payments, payment_sums
from portal.queries.totals import Sums

SHOWN = 20


@dataclass(frozen=True)
class DocumentTab:
    """One kind of document on a customer's page."""

    title: str
    of_customer: Callable[..., Any]
    find: Callable[..., Page[Any]]
    sums: Callable[..., list[Sums]]

    def page(self, company: Company, customer: Customer, after: str) -> Page[Any]:
        """Some of the customer's documents, newest first."""
        return self.find(company, self.of_customer(customer_id=customer.id), after=after, limit=SHOWN)

    def count(self, company: Company, customer: Customer) -> int:
        """How many documents of the kind the customer has."""
        return sum(row.count for row in self.sums(company, self.of_customer(customer_id=customer.id)))


TABS = {
    "invoices": DocumentTab("Invoices", InvoiceFilter, list_invoices, invoice_sums),
    "payments": DocumentTab("Payments", PaymentFilter, list_payments, payment_sums),
    "credit_notes": DocumentTab("Credit notes", CreditNoteFilter, list_credit_notes, credit_note_sums),
}
