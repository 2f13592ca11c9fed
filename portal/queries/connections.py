"""Reads of a company's Intacct connection."""

from __future__ import annotations

from sqlalchemy import exists, select

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


def has_links(book: Book) -> bool:
    """Whether a record of ours and one of the book's Intacct company are known to be the same."""
    return bool(db.session.scalar(select(exists().where(SyncRow.book_id == book.id, SyncRow.key != ""))))
