"""What `portal book` can do with each kind of document: one class a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from portal.errors import NotFound
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.queries.bodies import credit_note_bodies, customer_bodies, invoice_bodies, payment_bodies
from portal.queries.credit_notes import CreditNoteFilter, get_credit_note_by_number, list_credit_notes
from portal.queries.customers import CustomerFilter, get_customer_by_number, list_customers
from portal.queries.invoices import InvoiceFilter, get_invoice_by_number, list_invoices
from portal.queries.paging import Page
from portal.queries.payments import PaymentFilter, get_payment_by_number, list_payments
from portal.services import credit_notes, customers, invoices, payments
from portal.services.audit import Actor
from portal.services.bodies import credit_note_data, customer_data, invoice_data, payment_data

Body = dict[str, Any]
Record = TypeVar("Record", Customer, Invoice, Payment, CreditNote)


@dataclass(frozen=True)
class Asked:
    """What of a list is asked for; an empty word does not narrow it."""

    number: str = ""
    sync_state: str = ""


class Document(Protocol[Record]):
    """A kind of document. `given` is its JSON body; errors are those of the services and queries."""

    columns: Sequence[str]

    def find(self, company: Company, number: str) -> Record:
        """The document of this number."""
        ...

    def page(self, company: Company, wanted: Asked, after: str, limit: int) -> Page[Record]:
        """A page of the list, as far as it is what was asked for."""
        ...

    def bodies(self, company: Company, records: Sequence[Record]) -> list[Body]:
        """What is printed of them."""
        ...

    def create(self, company: Company, given: Body, actor: Actor) -> Record:
        """Add the document."""
        ...

    def says_the_same(self, company: Company, record: Record, given: Body) -> bool:
        """Whether the body says nothing else than the document as it is."""
        ...

    def edit(self, company: Company, record: Record, given: Body, actor: Actor) -> None:
        """Change what the body names."""
        ...

    def void(self, record: Record, reason: str, actor: Actor) -> None:
        """Take the document back."""
        ...


class _Customers:
    columns: Sequence[str] = ("number", "name", "email", "currency", "status", "sync")

    def find(self, company: Company, number: str) -> Customer:
        return get_customer_by_number(company, number)

    def page(self, company: Company, wanted: Asked, after: str, limit: int) -> Page[Customer]:
        return list_customers(
            company, CustomerFilter(wanted.number, sync_state=wanted.sync_state), after=after, limit=limit
        )

    def bodies(self, company: Company, records: Sequence[Customer]) -> list[Body]:
        return customer_bodies(company, records)

    def create(self, company: Company, given: Body, actor: Actor) -> Customer:
        return customers.create(company, customer_data(given), actor=actor)

    def says_the_same(self, company: Company, record: Customer, given: Body) -> bool:
        return customers.is_same(record, customer_data(given, record))

    def edit(self, company: Company, record: Customer, given: Body, actor: Actor) -> None:
        customers.edit(record, customer_data(given, record), actor=actor)

    def void(self, record: Customer, reason: str, actor: Actor) -> None:
        customers.edit(record, customer_data({"active": False}, record), actor=actor)


class _Invoices:
    columns: Sequence[str] = ("number", "date", "due_date", "status", "total", "balance", "currency", "sync")

    def find(self, company: Company, number: str) -> Invoice:
        return get_invoice_by_number(company, number)

    def page(self, company: Company, wanted: Asked, after: str, limit: int) -> Page[Invoice]:
        return list_invoices(
            company, InvoiceFilter(wanted.number, sync_state=wanted.sync_state), after=after, limit=limit
        )

    def bodies(self, company: Company, records: Sequence[Invoice]) -> list[Body]:
        return invoice_bodies(company, records)

    def create(self, company: Company, given: Body, actor: Actor) -> Invoice:
        return invoices.create(company, invoice_data(company, given), actor=actor)

    def says_the_same(self, company: Company, record: Invoice, given: Body) -> bool:
        return invoices.is_same(record, invoice_data(company, given, record))

    def edit(self, company: Company, record: Invoice, given: Body, actor: Actor) -> None:
        invoices.edit(record, invoice_data(company, given, record), actor=actor)

    def void(self, record: Invoice, reason: str, actor: Actor) -> None:
        invoices.void(record, reason=reason, actor=actor)


class _Payments:
    columns: Sequence[str] = (
        "number",
        "date",
        "method",
        "reference",
        "status",
        "amount",
        "balance",
        "currency",
        "sync",
    )

    def find(self, company: Company, number: str) -> Payment:
        return get_payment_by_number(company, number)

    def page(self, company: Company, wanted: Asked, after: str, limit: int) -> Page[Payment]:
        return list_payments(
            company, PaymentFilter(wanted.number, sync_state=wanted.sync_state), after=after, limit=limit
        )

    def bodies(self, company: Company, records: Sequence[Payment]) -> list[Body]:
        return payment_bodies(company, records)

    def create(self, company: Company, given: Body, actor: Actor) -> Payment:
        return payments.record(company, payment_data(company, given), actor=actor)

    def says_the_same(self, company: Company, record: Payment, given: Body) -> bool:
        header = {key: value for key, value in given.items() if key != "applied_to"}
        applied = payment_data(company, given).applications
        return payments.is_same(record, payment_data(company, header, record), applied)

    def edit(self, company: Company, record: Payment, given: Body, actor: Actor) -> None:
        payments.edit(record, payment_data(company, given, record), actor=actor)

    def void(self, record: Payment, reason: str, actor: Actor) -> None:
        payments.void(record, reason=reason, actor=actor)


class _CreditNotes:
    columns: Sequence[str] = ("number", "date", "status", "total", "balance", "currency", "sync")

    def find(self, company: Company, number: str) -> CreditNote:
        return get_credit_note_by_number(company, number)

    def page(self, company: Company, wanted: Asked, after: str, limit: int) -> Page[CreditNote]:
        wanted_notes = CreditNoteFilter(number=wanted.number, sync_state=wanted.sync_state)
        return list_credit_notes(company, wanted_notes, after=after, limit=limit)

    def bodies(self, company: Company, records: Sequence[CreditNote]) -> list[Body]:
        return credit_note_bodies(company, records)

    def create(self, company: Company, given: Body, actor: Actor) -> CreditNote:
        return credit_notes.create(company, credit_note_data(company, given), actor=actor)

    def says_the_same(self, company: Company, record: CreditNote, given: Body) -> bool:
        return credit_notes.is_same(record, credit_note_data(company, given, record))

    def edit(self, company: Company, record: CreditNote, given: Body, actor: Actor) -> None:
        credit_notes.edit(record, credit_note_data(company, given, record), actor=actor)

    def void(self, record: CreditNote, reason: str, actor: Actor) -> None:
        credit_notes.void(record, reason=reason, actor=actor)


DOCUMENTS: dict[str, Document[Any]] = {
    "customer": _Customers(),
    "invoice": _Invoices(),
    "payment": _Payments(),
    "credit-note": _CreditNotes(),
}


def present(document: Document[Record], company: Company, given: Body) -> Record | None:
    """The document that the body would add if it is there already, exactly so; else None.

    Scripts that run twice find what they made. Another content under the same number is a duplicate, which adding
    then refuses.
    """
    number = given.get("number")
    if not isinstance(number, str) or not number.strip():
        return None
    try:
        record = document.find(company, number)
    except NotFound:
        return None
    return record if document.says_the_same(company, record, given) else None
