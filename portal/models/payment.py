"""Payments and their applications to invoices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.models.base import CompanyOwned, JsonDict, Model, Origin, Recorded, lowered, of_company, one_of, owned
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.types import AMOUNT, UtcTime, utcnow

# Its line ends are those with which PostgreSQL gives the expression back: the check of the migrations compares them.
LEFT = "(\nCASE\n WHEN voided_at IS NULL THEN amount - applied\n ELSE 0\nEND)"


class PaymentMethod(StrEnum):
    """How the money came."""

    ACH = "ach"
    CASH = "cash"
    CHECK = "check"
    CREDIT_CARD = "credit_card"
    WIRE = "wire"
    OTHER = "other"


class Payment(CompanyOwned, Recorded, Model):
    """Money received from a customer. `applied` is the sum of its applications, kept by the services."""

    __tablename__ = "payment"
    __table_args__ = (
        owned("customer_id", "currency"),
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "number_key"),
        of_company("customer_id", "customer"),
        one_of("origin", Origin),
        one_of("method", PaymentMethod),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("applied >= 0 AND applied <= amount", name="applied_within_amount"),
        CheckConstraint("voided_at IS NULL OR applied = 0", name="voided_pays_nothing"),
        Index(None, "company_id", "date", "id"),
        Index(None, "company_id", "customer_id", "date", "id"),
        Index(None, "company_id", "amount", "id"),
        Index(
            "ix_payment_balance",
            "company_id",
            text(LEFT),
            "id",
        ),
        Index("ix_payment_number_start", "company_id", "number_key", postgresql_ops={"number_key": "text_pattern_ops"}),
        Index(
            "ix_payment_reference_start",
            "company_id",
            lowered("reference"),
            postgresql_ops={"lowered": "text_pattern_ops"},
        ),
    )

    customer_id: Mapped[int]
    number: Mapped[str]
    number_key: Mapped[str]
    date: Mapped[dt.date]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    applied: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    method: Mapped[str] = mapped_column(default=PaymentMethod.OTHER)
    reference: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default=Origin.PORTAL)
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    void_reason: Mapped[str] = mapped_column(default="")
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    customer: Mapped[Customer] = relationship(viewonly=True)
    applications: Mapped[list[Application]] = relationship(
        back_populates="payment", order_by="Application.id", cascade="all, delete-orphan",
        foreign_keys="Application.payment_id",
        primaryjoin="Payment.id == Application.payment_id",
    )  # fmt: skip

    @validates("number")
    def _keep_number_key(self, _key: str, number: str) -> str:
        self.number_key = number.casefold()
        return number

    @property
    def voided(self) -> bool:
        """Whether the payment was taken back."""
        return self.voided_at is not None

    @property
    def balance(self) -> Decimal:
        """What is left to apply; nothing once voided."""
        return Decimal(0) if self.voided else self.amount - self.applied


class Application(CompanyOwned, Model):
    """How much of a payment or credit note lies on an invoice: one row a pair, same customer and currency on both."""

    __tablename__ = "application"
    __table_args__ = (
        of_company("payment_id", "payment", "customer_id", "currency"),
        of_company("credit_note_id", "credit_note", "customer_id", "currency"),
        of_company("invoice_id", "invoice", "customer_id", "currency"),
        UniqueConstraint("payment_id", "invoice_id"),
        UniqueConstraint("credit_note_id", "invoice_id"),
        CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name="one_source"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(None, "invoice_id"),
    )

    customer_id: Mapped[int]
    currency: Mapped[str]
    payment_id: Mapped[int | None]
    credit_note_id: Mapped[int | None]
    invoice_id: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime, default=utcnow)

    payment: Mapped[Payment | None] = relationship(
        back_populates="applications",
        foreign_keys="Application.payment_id",
        primaryjoin="Payment.id == Application.payment_id",
    )
    invoice: Mapped[Invoice] = relationship(
        foreign_keys="Application.invoice_id", primaryjoin="Invoice.id == Application.invoice_id"
    )
