"""Our side of the tie-out: what each document comes to, now or on a day, and which ones are open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.models.sync import Kind
from portal.models.tie_out import TieOutDocument
from portal.money import ZERO

KINDS = (Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT_NOTE)


@dataclass(frozen=True)
class HereDoc:
    """A document of ours, signed: payments and credit notes are negative. `counts` is False for a draft, a voided
    document, and one dated after the day asked for (`is_later`)."""

    kind: Kind
    record_id: int
    number: str
    customer_id: int
    customer_name: str
    currency: str
    date: dt.date
    due_date: dt.date | None
    total: Decimal
    due: Decimal
    counts: bool
    is_later: bool = False


def load(kind: Kind, ids: Iterable[int], as_of: dt.date | None) -> dict[int, HereDoc]:
    """These documents by their ids, as of a day where one is given."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    model = _MODELS[kind]
    query = select(*_COLUMNS[kind], Customer.name).join(Customer, Customer.id == model.customer_id)
    found = db.session.execute(query.where(model.id.in_(wanted))).all()
    later = _applied_later(kind, wanted, as_of) if as_of else {}
    return {row[0]: _read(kind, row, as_of, later.get(row[0], ZERO)) for row in found}


def open_ids(company_id: int, kind: Kind, tie_out_id: int, after: int, as_of: dt.date | None, limit: int) -> list[int]:
    """Ids above `after` of documents that are open and that this tie-out did not meet in Intacct."""
    model = _MODELS[kind]
    is_open = _IS_OPEN[kind]
    if as_of is not None:
        is_open = or_(is_open, exists().where(_of(kind) == model.id, _maybe_later(as_of)))
    query: Select[Any] = select(model.id).where(
        model.company_id == company_id, model.id > after, model.voided_at.is_(None), is_open
    )
    if kind != Kind.PAYMENT:
        query = query.where(~model.draft)
    if as_of is not None:
        query = query.where(model.date <= as_of)
    met = exists().where(
        TieOutDocument.tie_out_id == tie_out_id, TieOutDocument.kind == kind, TieOutDocument.record_id == model.id
    )
    return list(db.session.scalars(query.where(~met).order_by(model.id).limit(limit)))


_MODELS: Mapping[Kind, Any] = {Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote}
_IS_OPEN: Mapping[Kind, ColumnElement[bool]] = {
    Kind.INVOICE: Invoice.balance > 0,
    Kind.PAYMENT: Payment.amount > Payment.applied,
    Kind.CREDIT_NOTE: CreditNote.total > CreditNote.applied,
}
# id, number, customer, currency, date, due date, total, open, voided at, draft
_COLUMNS: Mapping[Kind, tuple[Any, ...]] = {
    Kind.INVOICE: (
        Invoice.id, Invoice.number, Invoice.customer_id, Invoice.currency, Invoice.date, Invoice.due_date,
        Invoice.total, Invoice.balance, Invoice.voided_at, Invoice.draft,
    ),
    Kind.PAYMENT: (
        Payment.id, Payment.number, Payment.customer_id, Payment.currency, Payment.date, Payment.date, Payment.amount,
        Payment.applied, Payment.voided_at, Payment.voided_at,
    ),
    Kind.CREDIT_NOTE: (
        CreditNote.id, CreditNote.number, CreditNote.customer_id, CreditNote.currency, CreditNote.date,
        CreditNote.date, CreditNote.total, CreditNote.applied, CreditNote.voided_at, CreditNote.draft,
    ),
}  # fmt: skip


def _read(kind: Kind, row: Any, as_of: dt.date | None, later: Decimal) -> HereDoc:
    id_, number, customer_id, currency, date, due_date, total, moved, voided_at, draft, name = row
    if kind == Kind.INVOICE:
        due, sign = moved + later, 1
    else:
        due, sign, due_date = total - moved + later, -1, None
    is_later = as_of is not None and date > as_of
    counts = voided_at is None and not draft and not is_later
    return HereDoc(
        kind, id_, number, customer_id, name, currency, date, due_date, sign * total, sign * due, counts, is_later
    )


def applied_on(application: Application, source: Payment | CreditNote) -> dt.date:
    """The accounting date of an application: its source's, as Intacct dates what is posted together; a rest applied on
    a later day is dated by that day."""
    put, made = application.created_at.date(), source.created_at.date()
    return source.date if put == made else max(source.date, put)


def _applied_later(kind: Kind, ids: list[int], as_of: dt.date) -> dict[int, Decimal]:
    """What was put on, or taken from, these documents after the day."""
    column = _of(kind)
    query = (
        select(Application, Payment, CreditNote)
        .outerjoin(Payment, Payment.id == Application.payment_id)
        .outerjoin(CreditNote, CreditNote.id == Application.credit_note_id)
        .where(column.in_(ids), _maybe_later(as_of))
    )
    found: dict[int, Decimal] = {}
    for application, payment, note in db.session.execute(query):
        if applied_on(application, payment or note) > as_of:
            id_ = getattr(application, column.key)
            found[id_] = found.get(id_, ZERO) + application.amount
    return found


def _of(kind: Kind) -> Any:
    return {
        Kind.INVOICE: Application.invoice_id,
        Kind.PAYMENT: Application.payment_id,
        Kind.CREDIT_NOTE: Application.credit_note_id,
    }[kind]


def _maybe_later(as_of: dt.date) -> ColumnElement[bool]:
    """Applications that may be dated after the day: put there after it, or of a later payment or credit note."""
    midnight = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    money, credit = aliased(Payment), aliased(CreditNote)  # the query around may read these tables itself
    later_money = exists().where(money.id == Application.payment_id, money.date > as_of)
    later_credit = exists().where(credit.id == Application.credit_note_id, credit.date > as_of)
    return or_(Application.created_at >= midnight, later_money, later_credit)
