"""Reads of the kept sums, and what they should be: the documents themselves, counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sums import BookSum
from portal.money import ZERO
from portal.queries.worth import balance, total

PENDING = "pending book sums"
"""Where a session keeps the changes that its commit will write (`portal.services.sums`)."""


class Key(NamedTuple):
    """Which sum: `kind` is the table's name, `bucket` one of live, draft, voided."""

    company_id: int
    kind: str
    currency: str
    bucket: str


class Share(NamedTuple):
    """How many documents, their total and balance."""

    documents: int
    total: Decimal
    balance: Decimal

    def plus(self, other: Share) -> Share:
        """Both together."""
        return Share(self.documents + other.documents, self.total + other.total, self.balance + other.balance)


@dataclass(frozen=True)
class Change:
    """A change of a sum that is not written yet, and the transactions that it was made inside."""

    key: Key
    share: Share
    inside: tuple[object, ...]


def kept(company: Company, kind: str) -> dict[Key, Share]:
    """The kept sums of one kind, with what this transaction has changed so far; sums of no document are left out."""
    query = select(BookSum).where(BookSum.company_id == company.id, BookSum.kind == kind)
    sums: dict[Key, Share] = {}
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        sums[Key(company.id, kind, row.currency, row.bucket)] = Share(row.count, row.total, row.balance)
    for change in pending(db.session()):
        if change.key[:2] == (company.id, kind):
            sums[change.key] = sums.get(change.key, Share(0, ZERO, ZERO)).plus(change.share)
    return {key: share for key, share in sorted(sums.items()) if share.documents}


def pending(session: Session) -> list[Change]:
    """What the session's transaction will write at its end; what a closed one left behind never happened."""
    noted: list[Change] = session.info.get(PENDING, [])
    return [change for change in noted if session.get_transaction() in change.inside]


def counted(company: Company) -> dict[Key, Share]:
    """What the sums of every kind are when the documents are counted."""
    sums = {}
    for model in (Invoice, Payment, CreditNote):
        for currency, bucket, count, worth, left in db.session.execute(_count(company, model)):
            sums[Key(company.id, model.__tablename__, currency, bucket)] = Share(count, worth, left)
    return sums


def _count(company: Company, model: Any) -> Select[Any]:
    live = literal("live") if model is Payment else case((model.draft, "draft"), else_="live")
    bucket = case((model.voided_at.is_not(None), "voided"), else_=live)
    query = select(model.currency, bucket, func.count(), func.sum(total(model)), func.sum(balance(model)))
    return query.where(model.company_id == company.id).group_by(model.currency, bucket)
