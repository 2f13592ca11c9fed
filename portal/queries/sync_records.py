"""The records behind sync rows: what a run, a problem or a posting is about, by number, customer and money."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, null, or_, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind, SyncRow
from portal.queries.text import contains

AT_ONCE = 500
_DOCUMENTS: dict[Kind, Any] = {Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote}


@dataclass(frozen=True)
class Named:
    """A record as people know it. A customer has no `amount`; of an unknown record only the kind is said."""

    kind: str
    record_id: int
    number: str
    customer: str = ""
    amount: Decimal | None = None
    currency: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    customer_id: int | None = None


def named(rows: Iterable[SyncRow]) -> dict[int, Named]:
    """The record of each sync row, by the row's id; a row without a record is left out."""
    wanted: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        wanted[row.kind][row.record_id] = row.id
    found: dict[int, Named] = {}
    for kind, row_ids in wanted.items():
        for record in _records(kind, row_ids):
            found[row_ids[record.record_id]] = record
    return found


def of_kind(kind: str, record_ids: Collection[int]) -> dict[int, Named]:
    """The records of one kind by their own ids."""
    return {record.record_id: record for record in _records(kind, record_ids)}


def matching(words: str) -> ColumnElement[bool]:
    """Whether a sync row's record has `words` in its number or its customer's name; asked row by row."""
    documents = [
        (SyncRow.kind == kind)
        & exists()
        .where(model.id == SyncRow.record_id, Customer.id == model.customer_id)
        .where(contains(words, model.number, Customer.name))
        for kind, model in _DOCUMENTS.items()
    ]
    customer = exists().where(Customer.id == SyncRow.record_id, contains(words, Customer.number, Customer.name))
    return or_(*documents, (SyncRow.kind == Kind.CUSTOMER) & customer)


def made_at(row: SyncRow) -> dt.datetime | None:
    """When the record of a sync row was made here."""
    model = {**_DOCUMENTS, Kind.CUSTOMER: Customer}[Kind(row.kind)]
    return db.session.scalar(select(model.created_at).where(model.id == row.record_id))


def row_of(company: Company, kind: Kind, record_id: int) -> SyncRow | None:
    """The sync row of a record in the company's present book; None before its first connection."""
    return db.session.scalar(
        select(SyncRow)
        .join(Book, Book.id == SyncRow.book_id)
        .where(Book.company_id == company.id, Book.active, SyncRow.kind == kind, SyncRow.record_id == record_id)
    )


def _records(kind: str, record_ids: Collection[int]) -> Iterable[Named]:
    ids = sorted(record_ids)
    for start in range(0, len(ids), AT_ONCE):
        yield from _READERS.get(kind, _unknown)(ids[start : start + AT_ONCE])


def _customers(ids: list[int]) -> Iterable[Named]:
    for customer in db.session.scalars(select(Customer).where(Customer.id.in_(ids))):
        yield Named(Kind.CUSTOMER, customer.id, customer.number, customer.name, customer_id=customer.id)


def _invoices(ids: list[int]) -> Iterable[Named]:
    columns = (
        Invoice.id, Invoice.number, Customer.name, Invoice.total, Invoice.currency, Invoice.date, Invoice.due_date,
        Invoice.customer_id,
    )  # fmt: skip
    query = select(*columns).join(Customer, Customer.id == Invoice.customer_id).where(Invoice.id.in_(ids))
    for found in db.session.execute(query):
        yield Named(Kind.INVOICE, *found)


def _payments(ids: list[int]) -> Iterable[Named]:
    columns = (
        Payment.id, Payment.number, Customer.name, Payment.amount, Payment.currency, Payment.date, null(),
        Payment.customer_id,
    )  # fmt: skip
    query = select(*columns).join(Customer, Customer.id == Payment.customer_id).where(Payment.id.in_(ids))
    for found in db.session.execute(query):
        yield Named(Kind.PAYMENT, *found)


def _credit_notes(ids: list[int]) -> Iterable[Named]:
    columns = (
        CreditNote.id, CreditNote.number, Customer.name, CreditNote.total, CreditNote.currency, CreditNote.date, null(),
        CreditNote.customer_id,
    )  # fmt: skip
    query = select(*columns).join(Customer, Customer.id == CreditNote.customer_id).where(CreditNote.id.in_(ids))
    for found in db.session.execute(query):
        yield Named(Kind.CREDIT_NOTE, *found)


def _unknown(ids: list[int]) -> Iterable[Named]:
    return ()


_READERS = {
    Kind.CUSTOMER.value: _customers,
    Kind.INVOICE.value: _invoices,
    Kind.PAYMENT.value: _payments,
    Kind.CREDIT_NOTE.value: _credit_notes,
}
