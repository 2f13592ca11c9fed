"""Issuing or voiding many documents at once: counted and summed first, then done one by one, each with its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from portal.errors import InvalidInput, PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.queries import credit_notes as credit_note_queries
from portal.queries import invoices as invoice_queries
from portal.queries import payments as payment_queries
from portal.queries.filters import DocumentFilter
from portal.queries.totals import Sums
from portal.services import allowed, credit_notes, invoices, payments
from portal.services.audit import Actor
from portal.services.records import hold_customers

MOST = 1000
"""Documents in one go: each is held until all are done."""

Document = Invoice | Payment | CreditNote


class Act(StrEnum):
    """What can be done in bulk; payments are never issued."""

    ISSUE = "issue"
    VOID = "void"


@dataclass(frozen=True)
class Cannot:
    """A document that the act cannot be done to, and why."""

    id: int
    number: str
    reason: str


@dataclass(frozen=True)
class Preview:
    """What would be done: these documents, their count and sums by currency, and those left out."""

    ids: list[int]
    sums: list[Sums]
    cannot: list[Cannot]


@dataclass(frozen=True)
class Result:
    """What was done with one document; `error` is empty where it was."""

    id: int
    number: str
    error: str = ""


def preview(company: Company, act: Act, wanted: DocumentFilter) -> Preview:
    """What `perform` would do with the documents of the filter; `ids` in it picks single ones.

    Raises InvalidInput for more than 1,000 documents, or an act that their kind does not know.
    """
    can: list[Document] = []
    cannot: list[Cannot] = []
    for document in _found(company, act, wanted):
        answer = allowed.actions(document)[act.value]
        if answer.yes:
            can.append(document)
        else:
            cannot.append(Cannot(document.id, document.number, answer.reason))
    return Preview([document.id for document in can], _sums(can), cannot)


def perform(company: Company, act: Act, wanted: DocumentFilter, *, actor: Actor, reason: str = "") -> list[Result]:
    """Do it to each document of the filter in a savepoint of its own: one that is refused leaves the others done.

    `reason` is kept with voided ones. Errors as in `preview`.
    """
    documents = _found(company, act, wanted)
    hold_customers(document.customer_id for document in documents)
    return [_one(document, act, actor, reason) for document in documents]


def _one(document: Document, act: Act, actor: Actor, reason: str) -> Result:
    document_id, number = document.id, document.number
    try:
        with db.session.begin_nested():
            _DO[type(document), act](document, actor, reason)
    except PortalError as error:
        return Result(document_id, number, error.message)
    return Result(document_id, number)


def _found(company: Company, act: Act, wanted: DocumentFilter) -> list[Document]:
    model, query = _query(company, wanted)
    if (model, act) not in _DO:
        raise InvalidInput("Payments are recorded, never issued.", field="act")
    if act is Act.ISSUE:
        query = query.options(selectinload(model.lines))
    documents: list[Document] = list(db.session.scalars(query.order_by(model.id).limit(MOST + 1)))
    if len(documents) > MOST:
        raise InvalidInput(
            f"That is more than {MOST:,} documents, the most in one go. Narrow the filter, then do the rest.",
            field="ids",
            code="too_many",
        )
    return documents


def _query(company: Company, wanted: DocumentFilter) -> tuple[Any, Select[Any]]:
    if isinstance(wanted, invoice_queries.InvoiceFilter):
        return Invoice, invoice_queries.filtered(company, wanted)
    if isinstance(wanted, payment_queries.PaymentFilter):
        return Payment, payment_queries.filtered(company, wanted)
    if isinstance(wanted, credit_note_queries.CreditNoteFilter):
        return CreditNote, credit_note_queries.filtered(company, wanted)
    raise TypeError("a filter of invoices, payments or credit notes")


def _sums(documents: Iterable[Document]) -> list[Sums]:
    sums: dict[str, Sums] = {}
    for document in documents:
        former = sums.get(document.currency, Sums(document.currency, 0, ZERO, ZERO))
        worth: Decimal = document.amount if isinstance(document, Payment) else document.total
        sums[document.currency] = Sums(
            document.currency, former.count + 1, former.total + worth, former.balance + document.balance
        )
    return [sums[currency] for currency in sorted(sums)]


_DO: dict[tuple[type[Document], Act], Callable[[Any, Actor, str], object]] = {
    (Invoice, Act.ISSUE): lambda document, actor, _: invoices.issue(document, actor=actor),
    (Invoice, Act.VOID): lambda document, actor, reason: invoices.void(document, reason=reason, actor=actor),
    (CreditNote, Act.ISSUE): lambda document, actor, _: credit_notes.issue(document, actor=actor),
    (CreditNote, Act.VOID): lambda document, actor, reason: credit_notes.void(document, reason=reason, actor=actor),
    (Payment, Act.VOID): lambda document, actor, reason: payments.void(document, reason=reason, actor=actor),
}
