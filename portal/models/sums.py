"""Kept sums: how many documents a company has and what they come to, so that a list of a million need not add up."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model
from portal.models.types import AMOUNT


class BookSum(Model):
    """The documents of one kind and currency in one bucket (`live`, `draft`, `voided`)."""

    __tablename__ = "book_sum"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    balance: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
