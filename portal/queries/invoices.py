"""Reads of invoices. The company comes first; another company's invoice is not found."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice, InvoiceStatus
from portal.models.invoice_pdf import InvoicePdf
from portal.models.payment import Application
from portal.queries.filters import DocumentFilter, conditions, matching, orders
from portal.queries.paging import PAGE_SIZE, Order, Page, by_date, by_id, list_page
from portal.queries.totals import Sums, counted_totals, kept_totals
from portal.queries.worth import NOTHING


@dataclass(frozen=True)
class InvoiceFilter(DocumentFilter):
    """What a list of invoices shows. `text` searches numbers, purchase orders and customers' names; the status may
    also be UNPAID."""

    due_from: dt.date | None = None
    due_to: dt.date | None = None


UNPAID = "unpaid"
"""Open, partly paid or past due."""

_ORDERS = orders(Invoice) | {"due_date": Order((by_date(Invoice.due_date, "due_date"), by_id(Invoice.id)))}
SORTS = tuple(_ORDERS)


def get_invoice(company: Company, invoice_id: int) -> Invoice:
    """The company's invoice. Raises NotFound."""
    invoice = db.session.get(Invoice, invoice_id)
    if invoice is None or invoice.company_id != company.id:
        raise NotFound("There is no such invoice.", field="invoice")
    return invoice


def get_invoice_by_number(company: Company, number: str) -> Invoice:
    """The company's invoice of this number, in any case. Raises NotFound."""
    key = number.strip().casefold()
    invoice = db.session.scalar(select(Invoice).where(Invoice.company_id == company.id, Invoice.number_key == key))
    if invoice is None:
        raise NotFound(f"There is no invoice with the number {number.strip()[:100]}.", field="invoice")
    return invoice


def list_invoices(
    company: Company,
    wanted: InvoiceFilter = InvoiceFilter(),
    *,
    sort: str = "-date",
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Invoice]:
    """A page of invoices with their customers, sorted by one of SORTS (a minus in front turns it round).

    Raises InvalidInput for a malformed sort or token.
    """
    query = filtered(company, wanted).options(joinedload(Invoice.customer))
    return list_page(query, _ORDERS, sort, after=after, limit=limit)


def invoice_sums(company: Company, wanted: InvoiceFilter = InvoiceFilter(), *, whole: bool = False) -> list[Sums]:
    """Count, total and balance of what the filter leaves, by currency; voided ones count but owe nothing.

    Exact up to 100,000 invoices, and beyond that for no filter or where `whole` asks for it.
    """
    if wanted == InvoiceFilter():
        return kept_totals(company, Invoice)
    return counted_totals(filtered(company, wanted), Invoice, whole=whole)


def owing(company: Company, customer_id: int, currency: str = "") -> list[Invoice]:
    """The customer's invoices on which something is due, oldest due first: what a payment can go on."""
    query = select(Invoice).where(
        Invoice.company_id == company.id, Invoice.customer_id == customer_id, ~Invoice.draft, Invoice.balance > NOTHING
    )
    if currency:
        query = query.where(Invoice.currency == currency.upper())
    return list(db.session.scalars(query.order_by(Invoice.due_date, Invoice.id)))


def applications_on(invoice: Invoice) -> list[Application]:
    """The money on an invoice with its payments, oldest first."""
    query = _lying_on(invoice).where(Application.payment_id.is_not(None)).options(joinedload(Application.payment))
    return list(db.session.scalars(query))


def credits_on(invoice: Invoice) -> list[tuple[CreditNote, Application]]:
    """The credit on an invoice with its credit notes, oldest first."""
    query = _lying_on(invoice).join(CreditNote, CreditNote.id == Application.credit_note_id)
    return [(note, row) for note, row in db.session.execute(query.with_only_columns(CreditNote, Application))]


def with_lines(invoices: list[Invoice]) -> list[Invoice]:
    """The same invoices with all their lines read at once."""
    ids = [invoice.id for invoice in invoices]
    db.session.scalars(select(Invoice).where(Invoice.id.in_(ids)).options(selectinload(Invoice.lines))).all()
    return invoices


def filtered(company: Company, wanted: InvoiceFilter) -> Select[Invoice]:
    """The invoices that the filter leaves, in no order."""
    query = select(Invoice).where(*conditions(company, Invoice, wanted))
    if wanted.due_from:
        query = query.where(Invoice.due_date >= wanted.due_from)
    if wanted.due_to:
        query = query.where(Invoice.due_date <= wanted.due_to)
    if wanted.text.strip():
        query = query.where(matching(company, Invoice, Invoice.purchase_order, wanted))
    return query.where(has_status(wanted.status, company.today())) if wanted.status else query


def _lying_on(invoice: Invoice) -> Select[Application]:
    query = select(Application).where(
        Application.company_id == invoice.company_id, Application.invoice_id == invoice.id
    )
    return query.order_by(Application.id)


def has_status(status: str, today: dt.date) -> ColumnElement[bool]:
    """`Invoice.status(today)`, or UNPAID, as the database computes it; an unknown word matches nothing."""
    issued = and_(Invoice.voided_at.is_(None), ~Invoice.draft)
    owes = and_(issued, Invoice.balance > NOTHING)
    conditions: dict[str, ColumnElement[bool]] = {
        InvoiceStatus.VOIDED: Invoice.voided_at.is_not(None),
        InvoiceStatus.DRAFT: and_(Invoice.voided_at.is_(None), Invoice.draft),
        UNPAID: owes,
        InvoiceStatus.PAID: and_(issued, Invoice.balance == 0),
        InvoiceStatus.PAST_DUE: and_(owes, Invoice.due_date < today),
        InvoiceStatus.PARTIALLY_PAID: and_(owes, Invoice.due_date >= today, Invoice.balance < Invoice.total),
        InvoiceStatus.OPEN: and_(owes, Invoice.due_date >= today, Invoice.balance == Invoice.total),
    }
    return conditions.get(status, Invoice.id < 0)


def has_pdf(invoice: Invoice) -> bool:
    """Whether Intacct's print of the invoice is kept."""
    query = select(InvoicePdf.invoice_id).where(
        InvoicePdf.company_id == invoice.company_id, InvoicePdf.invoice_id == invoice.id
    )
    return db.session.scalar(query) is not None


def pdf_of(invoice: Invoice) -> bytes:
    """Intacct's print of the invoice. Raises NotFound."""
    query = select(InvoicePdf.content).where(
        InvoicePdf.company_id == invoice.company_id, InvoicePdf.invoice_id == invoice.id
    )
    content = db.session.scalar(query)
    if content is None:
        raise NotFound(f"No PDF of {invoice.number} was kept.")
    return content
