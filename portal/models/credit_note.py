"""Credit notes and their line items."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.models.base import CompanyOwned, JsonDict, Model, Origin, Recorded, of_company, one_of, owned
from portal.models.customer import Customer
from portal.models.payment import Application
from portal.models.types import AMOUNT, QUANTITY, UtcTime

# Its line ends are those with which PostgreSQL gives the expression back: the check of the migrations compares them.
LEFT = "(\nCASE\n WHEN voided_at IS NULL AND NOT draft THEN total - applied\n ELSE 0\nEND)"


class CreditNote(CompanyOwned, Recorded, Model):
    """What a customer is credited. `applied` is the sum of its applications, kept by the services."""

    __tablename__ = "credit_note"
    __table_args__ = (
        owned("customer_id", "currency"),
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "number_key"),
        of_company("customer_id", "customer"),
        of_company("invoice_id", "invoice"),
        one_of("origin", Origin),
        CheckConstraint("discount >= 0 AND tax >= 0 AND total >= 0", name="amounts_not_negative"),
        CheckConstraint("applied >= 0 AND applied <= total", name="applied_within_total"),
        CheckConstraint("voided_at IS NULL OR applied = 0", name="voided_credits_nothing"),
        CheckConstraint("NOT draft OR applied = 0", name="draft_credits_nothing"),
        CheckConstraint("length(number) <= 45", name="number_fits_intacct"),
        Index(None, "company_id", "date", "id"),
        Index(None, "company_id", "customer_id", "date", "id"),
        Index(None, "company_id", "total", "id"),
        Index(
            "ix_credit_note_balance",
            "company_id",
            text(LEFT),
            "id",
        ),
        Index(
            "ix_credit_note_number_start", "company_id", "number_key", postgresql_ops={"number_key": "text_pattern_ops"}
        ),
    )

    customer_id: Mapped[int]
    invoice_id: Mapped[int | None]
    """The invoice that it was made from, if one; what it is applied to are its applications."""
    number: Mapped[str]
    number_key: Mapped[str]
    date: Mapped[dt.date]
    currency: Mapped[str]
    draft: Mapped[bool] = mapped_column(default=False)
    discount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total: Mapped[Decimal] = mapped_column(AMOUNT)
    applied: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    origin: Mapped[str] = mapped_column(default=Origin.PORTAL)
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    void_reason: Mapped[str] = mapped_column(default="")
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    customer: Mapped[Customer] = relationship(viewonly=True)
    lines: Mapped[list[CreditNoteLine]] = relationship(
        back_populates="credit_note", order_by="CreditNoteLine.position", cascade="all, delete-orphan"
    )
    applications: Mapped[list[Application]] = relationship(
        order_by="Application.id",
        cascade="all, delete-orphan",
        foreign_keys="Application.credit_note_id",
        primaryjoin="CreditNote.id == Application.credit_note_id",
    )

    @validates("number")
    def _keep_number_key(self, _key: str, number: str) -> str:
        self.number_key = number.casefold()
        return number

    @property
    def voided(self) -> bool:
        """Whether the credit note was taken back."""
        return self.voided_at is not None

    @property
    def balance(self) -> Decimal:
        """What is left to apply; nothing for a draft or once voided."""
        return Decimal(0) if self.voided or self.draft else self.total - self.applied


class CreditNoteLine(CompanyOwned, Model):
    """A line item. `amount` = quantity x unit cost, rounded to the currency's places."""

    __tablename__ = "credit_note_line"
    __table_args__ = (of_company("credit_note_id", "credit_note"), UniqueConstraint("credit_note_id", "position"))

    credit_note_id: Mapped[int]
    position: Mapped[int]
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit_cost: Mapped[Decimal] = mapped_column(QUANTITY)
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    account: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    credit_note: Mapped[CreditNote] = relationship(back_populates="lines")
