"""Reads of credit notes. The company comes first; another company's credit note is not found."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.payment import Application
from portal.queries.filters import DocumentFilter, conditions, matching, orders
from portal.queries.paging import PAGE_SIZE, Page, list_page
from portal.queries.totals import Sums, counted_totals, kept_totals
from portal.queries.words import WITH_REST, CreditNoteStatus
from portal.queries.worth import NOTHING, balance


@dataclass(frozen=True)
class CreditNoteFilter(DocumentFilter):
    """What a list of credit notes shows. `text` searches numbers and customers' names; the status may also be
    WITH_REST."""

    invoice_id: int | None = None


_ORDERS = orders(CreditNote)
SORTS = tuple(_ORDERS)


def get_credit_note(company: Company, credit_note_id: int) -> CreditNote:
    """The company's credit note. Raises NotFound."""
    note = db.session.get(CreditNote, credit_note_id)
    if note is None or note.company_id != company.id:
        raise NotFound("There is no such credit note.", field="credit_note")
    return note


def get_credit_note_by_number(company: Company, number: str) -> CreditNote:
    """The company's credit note of this number, in any case. Raises NotFound."""
    key = number.strip().casefold()
    query = select(CreditNote).where(CreditNote.company_id == company.id, CreditNote.number_key == key)
    note = db.session.scalar(query)
    if note is None:
        raise NotFound(f"There is no credit note with the number {number.strip()[:100]}.", field="credit_note")
    return note


def list_credit_notes(
    company: Company,
    wanted: CreditNoteFilter = CreditNoteFilter(),
    *,
    sort: str = "-date",
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[CreditNote]:
    """A page of credit notes with their customers, sorted by one of SORTS (a minus in front turns it round).

    Raises InvalidInput for a malformed sort or token.
    """
    query = filtered(company, wanted).options(joinedload(CreditNote.customer))
    return list_page(query, _ORDERS, sort, after=after, limit=limit)


def credit_note_sums(
    company: Company, wanted: CreditNoteFilter = CreditNoteFilter(), *, whole: bool = False
) -> list[Sums]:
    """Count, total and rest of what the filter leaves, by currency; drafts and voided ones have no rest.

    Exact up to 100,000 credit notes, and beyond that for no filter or where `whole` asks for it.
    """
    if wanted == CreditNoteFilter():
        return kept_totals(company, CreditNote)
    return counted_totals(filtered(company, wanted), CreditNote, whole=whole)


def credit_with_rest(company: Company, customer_id: int, currency: str = "") -> list[CreditNote]:
    """The customer's credit notes of which something is left, oldest first."""
    query = select(CreditNote).where(
        CreditNote.company_id == company.id, CreditNote.customer_id == customer_id, balance(CreditNote) > NOTHING
    )
    if currency:
        query = query.where(CreditNote.currency == currency.upper())
    return list(db.session.scalars(query.order_by(CreditNote.date, CreditNote.id)))


def with_details(notes: list[CreditNote]) -> list[CreditNote]:
    """The same credit notes with all their lines, applications and invoices read at once."""
    whole = selectinload(CreditNote.applications).joinedload(Application.invoice)
    query = select(CreditNote).where(CreditNote.id.in_([note.id for note in notes]))
    db.session.scalars(query.options(selectinload(CreditNote.lines), whole)).all()
    return notes


def filtered(company: Company, wanted: CreditNoteFilter) -> Select[CreditNote]:
    """The credit notes that the filter leaves, in no order."""
    query = select(CreditNote).where(*conditions(company, CreditNote, wanted))
    if wanted.invoice_id is not None:
        query = query.where(CreditNote.invoice_id == wanted.invoice_id)
    if wanted.text.strip():
        query = query.where(matching(company, CreditNote, None, wanted))
    return query.where(has_status(wanted.status)) if wanted.status else query


def has_status(status: str) -> ColumnElement[bool]:
    """`words.credit_note_status`, or WITH_REST, as the database computes it; an unknown word matches nothing."""
    kept = CreditNote.voided_at.is_(None)
    issued = and_(kept, ~CreditNote.draft)
    some = and_(CreditNote.applied > 0, CreditNote.applied < CreditNote.total)
    conditions: dict[str, ColumnElement[bool]] = {
        CreditNoteStatus.VOIDED: CreditNote.voided_at.is_not(None),
        CreditNoteStatus.DRAFT: and_(kept, CreditNote.draft),
        WITH_REST: balance(CreditNote) > NOTHING,
        CreditNoteStatus.APPLIED: and_(issued, CreditNote.applied == CreditNote.total),
        CreditNoteStatus.PARTIALLY_APPLIED: and_(issued, some),
        CreditNoteStatus.UNAPPLIED: and_(issued, CreditNote.applied == 0, CreditNote.total > 0),
    }
    return conditions.get(status, CreditNote.id < 0)
