"""Invoices and their line items."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.models.base import CompanyOwned, JsonDict, Model, Origin, Recorded, lowered, of_company, one_of, owned
from portal.models.customer import Customer
from portal.models.types import AMOUNT, QUANTITY, UtcTime


class InvoiceStatus(StrEnum):
    """What an invoice is called; the first that holds."""

    VOIDED = "voided"
    DRAFT = "draft"
    PAID = "paid"
    PAST_DUE = "past_due"
    PARTIALLY_PAID = "partially_paid"
    OPEN = "open"


class Invoice(CompanyOwned, Recorded, Model):
    """A claim on a customer. `balance` = total - money applied, kept by the services, 0 once voided."""

    __tablename__ = "invoice"
    __table_args__ = (
        owned("customer_id", "currency"),
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "number_key"),
        of_company("customer_id", "customer"),
        one_of("origin", Origin),
        CheckConstraint("discount >= 0 AND tax >= 0 AND total >= 0", name="amounts_not_negative"),
        CheckConstraint("balance >= 0 AND balance <= total", name="balance_within_total"),
        CheckConstraint("voided_at IS NULL OR balance = 0", name="voided_owes_nothing"),
        CheckConstraint("length(number) <= 45", name="number_fits_intacct"),
        Index(None, "company_id", "date", "id"),
        Index(None, "company_id", "customer_id", "date", "id"),
        Index(None, "company_id", "due_date", "id"),
        Index(None, "company_id", "total", "id"),
        Index(None, "company_id", "balance", "id"),
        # What a text begins with: SQLite needs no operator class, PostgreSQL's plain indexes cannot be used for it.
        Index("ix_invoice_number_start", "company_id", "number_key", postgresql_ops={"number_key": "text_pattern_ops"}),
        Index(
            "ix_invoice_purchase_order_start",
            "company_id",
            lowered("purchase_order"),
            postgresql_ops={"lowered": "text_pattern_ops"},
        ),
        Index(
            "ix_invoice_owing",
            "company_id",
            "currency",
            "due_date",
            "balance",
            sqlite_where=text("balance > 0 AND draft = 0"),
            postgresql_where=text("balance > 0 AND NOT draft"),
        ),
    )

    customer_id: Mapped[int]
    number: Mapped[str]
    number_key: Mapped[str]
    date: Mapped[dt.date]
    due_date: Mapped[dt.date]
    currency: Mapped[str]
    purchase_order: Mapped[str] = mapped_column(default="")
    payment_terms: Mapped[str] = mapped_column(default="")
    draft: Mapped[bool] = mapped_column(default=False)
    discount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total: Mapped[Decimal] = mapped_column(AMOUNT)
    balance: Mapped[Decimal] = mapped_column(AMOUNT)
    origin: Mapped[str] = mapped_column(default=Origin.PORTAL)
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    void_reason: Mapped[str] = mapped_column(default="")
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    customer: Mapped[Customer] = relationship(viewonly=True)
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", order_by="InvoiceLine.position", cascade="all, delete-orphan"
    )

    @validates("number")
    def _keep_number_key(self, _key: str, number: str) -> str:
        self.number_key = number.casefold()
        return number

    @property
    def voided(self) -> bool:
        """Whether the invoice was taken back."""
        return self.voided_at is not None

    def status(self, today: dt.date) -> InvoiceStatus:
        """What the invoice is called on `today` (the company's date)."""
        if self.voided:
            return InvoiceStatus.VOIDED
        if self.draft:
            return InvoiceStatus.DRAFT
        if self.balance == 0:
            return InvoiceStatus.PAID
        if self.due_date < today:
            return InvoiceStatus.PAST_DUE
        return InvoiceStatus.PARTIALLY_PAID if self.balance < self.total else InvoiceStatus.OPEN


class InvoiceLine(CompanyOwned, Model):
    """A line item. `amount` = quantity x unit cost, rounded to the currency's places."""

    __tablename__ = "invoice_line"
    __table_args__ = (of_company("invoice_id", "invoice"), UniqueConstraint("invoice_id", "position"))

    invoice_id: Mapped[int]
    position: Mapped[int]
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit_cost: Mapped[Decimal] = mapped_column(QUANTITY)
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    account: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
