"""Customers."""

from __future__ import annotations

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from portal.models.base import CompanyOwned, JsonDict, Model, Origin, Recorded, one_of, owned


class Customer(CompanyOwned, Recorded, Model):
    """Who is invoiced. `name_key` is the name as rule 1 of the sync compares it (see `fold`)."""

    __tablename__ = "customer"
    __table_args__ = (
        owned(),
        UniqueConstraint("company_id", "number_key"),
        one_of("origin", Origin),
        Index(None, "company_id", "name_key", "id"),
    )

    number: Mapped[str]
    number_key: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address1: Mapped[str] = mapped_column(default="")
    address2: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    payment_terms: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(default=Origin.PORTAL)
    extra: Mapped[JsonDict] = mapped_column("metadata", JSON, default=dict)

    @validates("number")
    def _keep_number_key(self, _key: str, number: str) -> str:
        self.number_key = number.casefold()
        return number

    @validates("name")
    def _keep_name_key(self, _key: str, name: str) -> str:
        self.name_key = fold(name)
        return name


def fold(name: str) -> str:
    """A name as two books compare it: trimmed, inner space collapsed, without regard to case."""
    return " ".join(name.split()).casefold()
