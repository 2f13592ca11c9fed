"""Intacct's print of an imported invoice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, of_company
from portal.models.types import UtcTime, utcnow


class InvoicePdf(Model):
    """The PDF as Intacct gave it; one an invoice, replaced when the invoice is imported again after a change."""

    __tablename__ = "invoice_pdf"
    __table_args__ = (of_company("invoice_id", "invoice"),)

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    modified: Mapped[str] = mapped_column(default="")
    """The stamp of the document when it was printed: the same stamp needs no new print."""
    fetched_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
