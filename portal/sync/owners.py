"""Whose documents a page of reading touches: all these customers are held before the first document is.

A page is stored in one transaction, and people work on the same customers meanwhile. Held one by one, in the order of
Intacct's keys, each could hold what the other waits for.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, select

from portal.database import in_parts
from portal.extensions import db
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.sync import Kind, SyncRow


def of_invoices(book_id: int, keys: Iterable[str], doc_ids: Iterable[str] = ()) -> set[int]:
    """The customers of the invoices that are linked to these A/R records, or to these documents."""
    found: set[int] = set()
    for part in in_parts(sorted(set(keys))):
        found.update(db.session.scalars(_owners(book_id).where(SyncRow.object == "ARINVOICE", SyncRow.key.in_(part))))
    for part in in_parts(sorted(set(doc_ids))):
        found.update(db.session.scalars(_owners(book_id).where(SyncRow.docid.in_(part))))
    return found


def of_rows(book_id: int, row_ids: Iterable[int]) -> set[int]:
    """The customers of the invoices of these sync rows."""
    found: set[int] = set()
    for part in in_parts(sorted(set(row_ids))):
        found.update(db.session.scalars(_owners(book_id).where(SyncRow.id.in_(part))))
    return found


def linked_or_named(company_id: int, book_id: int, keys: Iterable[str], name_keys: Iterable[str]) -> set[int]:
    """The customers here that are linked to these of Intacct's, or have one of these names."""
    found: set[int] = set()
    for part in in_parts(sorted(set(keys))):
        query = select(SyncRow.record_id).where(SyncRow.book_id == book_id, SyncRow.kind == Kind.CUSTOMER)
        found.update(db.session.scalars(query.where(SyncRow.object == "CUSTOMER", SyncRow.key.in_(part))))
    for part in in_parts(sorted(set(name_keys))):
        named = select(Customer.id).where(Customer.company_id == company_id, Customer.name_key.in_(part))
        found.update(db.session.scalars(named))
    return found


def _owners(book_id: int) -> Select[int]:
    query = select(Invoice.customer_id).join(SyncRow, SyncRow.record_id == Invoice.id).distinct()
    return query.where(SyncRow.book_id == book_id, SyncRow.kind == Kind.INVOICE)
