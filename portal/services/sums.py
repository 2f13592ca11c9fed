"""Kept sums: count, total and balance of a company's documents by kind, currency and bucket, exact at every commit.

A change is noted where a document changes (`move`) and written at the very end of the transaction, in one order for
everybody: the rows are few and hot, and holding them from the first change on would let two transactions wait for
each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import delete, event, insert, inspect, text
from sqlalchemy.orm import InstanceState, Session, SessionTransaction

from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sums import BookSum
from portal.money import ZERO
from portal.queries.kept_sums import PENDING, Change, Key, Share, counted, pending

Document = Invoice | Payment | CreditNote

_ADD = text(
    "INSERT INTO book_sum (company_id, kind, currency, bucket, count, total, balance)"
    " VALUES (:company_id, :kind, :currency, :bucket, :count, :total, :balance)"
    " ON CONFLICT (company_id, kind, currency, bucket) DO UPDATE SET count = book_sum.count + excluded.count,"
    " total = book_sum.total + excluded.total, balance = book_sum.balance + excluded.balance"
)
_UNITS = Decimal(10) ** 4  # the columns hold amounts in 10**-4


class _Counted(NamedTuple):
    key: Key
    share: Share


@contextmanager
def move(*documents: Document) -> Iterator[None]:
    """Keep the sums of documents that are made, changed or deleted inside. Left by an exception it notes nothing."""
    before = [_counted(document) for document in documents]
    yield
    for document, former in zip(documents, before, strict=True):
        now = _counted(document)
        if former == now:
            continue
        if former is not None:
            _note(former.key, Share(-former.share.documents, -former.share.total, -former.share.balance))
        if now is not None:
            _note(now.key, now.share)


def recount(company: Company) -> None:
    """Make the kept sums what the documents say, whatever they said before."""
    db.session.flush()
    _write(db.session())
    db.session.execute(delete(BookSum).where(BookSum.company_id == company.id))
    for key, share in counted(company).items():
        amounts = {"count": share.documents, "total": share.total, "balance": share.balance}
        db.session.execute(insert(BookSum).values(**key._asdict() | amounts))


def bucket(document: Document) -> str:
    """Which of `live`, `draft` and `voided` the document counts in."""
    if document.voided:
        return "voided"
    return "draft" if getattr(document, "draft", False) else "live"


def _counted(document: Document) -> _Counted | None:
    """What the document counts for; nothing before it is stored and after it is deleted."""
    state: InstanceState[Any] = inspect(document)
    if not state.persistent or document in db.session.deleted:
        return None
    total = document.amount if isinstance(document, Payment) else document.total
    key = Key(document.company_id, document.__tablename__, document.currency, bucket(document))
    return _Counted(key, Share(1, total, document.balance))


def _note(key: Key, share: Share) -> None:
    session = db.session()
    inside: list[SessionTransaction] = []
    transaction = session.get_nested_transaction() or session.get_transaction()
    while transaction is not None:
        inside.append(transaction)
        transaction = transaction.parent
    session.info.setdefault(PENDING, []).append(Change(key, share, tuple(inside)))


def _write(session: Session) -> None:
    changes = pending(session)
    session.info.pop(PENDING, None)
    sums: dict[Key, Share] = {}
    for change in changes:
        former = sums.get(change.key, Share(0, ZERO, ZERO))
        sums[change.key] = former.plus(change.share)
    for key, share in sorted(sums.items()):
        if share != Share(0, ZERO, ZERO):
            amounts = {"total": int(share.total * _UNITS), "balance": int(share.balance * _UNITS)}
            session.execute(_ADD, key._asdict() | {"count": share.documents} | amounts)


@event.listens_for(db.session, "before_commit")
def _before_commit(session: Session) -> None:
    """Fires for savepoints too, whose changes wait for the whole transaction."""
    if not session.in_nested_transaction() and session.info.get(PENDING):
        session.flush()
        _write(session)


@event.listens_for(db.session, "after_soft_rollback")
def _after_soft_rollback(session: Session, ended: SessionTransaction) -> None:
    """What was noted inside a transaction or savepoint that is taken back never happened."""
    kept = [change for change in session.info.get(PENDING, []) if ended not in change.inside]
    session.info[PENDING] = kept
