"""Reads of a company's Intacct connection."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection
from portal.models.sync import SyncRow


def find_connection(company: Company) -> Connection | None:
    """The connection, in use or disconnected; None when the company never had one."""
    return db.session.get(Connection, company.id)


def find_book(company: Company) -> Book | None:
    """The book that the company's records belong to, connected or not; None before the first connection."""
    return db.session.scalar(select(Book).where(Book.company_id == company.id, Book.active))


def count_links(book: Book) -> int:
    """How many records of ours and of the book's Intacct company are known to be the same."""
    query = select(func.count()).select_from(SyncRow).where(SyncRow.book_id == book.id, SyncRow.key != "")
    return db.session.scalar(query) or 0
