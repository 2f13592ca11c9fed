"""What the documents of a tie-out may be sorted and filtered by in the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select

from portal.models.company import Company
from portal.models.connection import Book
from portal.models.tie_out import Cause, TieOut, TieOutDocument
from portal.money import ZERO
from portal.queries.api_lists import Listing, exactly, word


class Differs(StrEnum):
    """Whether a document's two balances differ."""

    YES = "yes"
    NO = "no"


def _documents(company: Company) -> Select[Any]:
    newest = (
        select(func.max(TieOut.id))
        .join(Book, Book.id == TieOut.book_id)
        .where(Book.company_id == company.id, Book.active, TieOut.finished, TieOut.as_of.is_(None))
        .scalar_subquery()
    )
    return select(TieOutDocument).join(TieOut, TieOut.id == TieOutDocument.tie_out_id).where(TieOut.id == newest)


DOCUMENTS = Listing(
    rows=_documents,
    id=TieOutDocument.id,
    changed=TieOut.read_at,
    sorts={"id": TieOutDocument.id, "difference": TieOutDocument.difference},
    filters={
        "cause": word(Cause, lambda _company, value: TieOutDocument.cause == value),
        "currency": lambda _company, value: TieOutDocument.currency == value.upper(),
        "number": exactly(TieOutDocument.number),
        "differs": word(
            Differs,
            lambda _company, value: (
                TieOutDocument.difference != ZERO if value == Differs.YES else TieOutDocument.difference == ZERO
            ),
        ),
    },
    unless_filtered={"differs": Differs.YES.value},
)
