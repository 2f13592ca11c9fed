"""What tables have in common: company ownership that the database itself enforces, and random identities."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.extensions import db
from portal.models.types import UtcTime, utcnow

# Flask-SQLAlchemy's Model is made at run time, which mypy cannot follow.
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class CompanyOwned:
    """A row of one company. Tables add `owned(...)` so that (company_id, id) can be referred to."""

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))


class Recorded:
    """A record of the book: a random UUID from birth, times, and a version that tells two editors apart."""

    uuid: Mapped[str] = mapped_column(default=lambda: str(uuid.uuid4()), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcTime, default=utcnow, onupdate=utcnow)


def owned(*columns: str) -> UniqueConstraint:
    """What composite foreign keys of this company's other tables point at."""
    return UniqueConstraint("company_id", "id", *columns)


def of_company(column: str, table: str, *more: str) -> ForeignKeyConstraint:
    """A link that cannot leave the company: (company_id, `column`, *more) -> `table`(company_id, id, *more)."""
    targets = [f"{table}.company_id", f"{table}.id", *(f"{table}.{name}" for name in more)]
    return ForeignKeyConstraint(["company_id", column, *more], targets)


def lowered(column: str) -> Any:
    """`column` in lower case, as an index keeps it for searches at the start of a text; its label is `lowered`."""
    return func.lower(literal_column(column)).label("lowered")


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """The database refuses a word that `column` does not know."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Origin(StrEnum):
    """Where a record was born; what Intacct sent is never written back as ours."""

    PORTAL = "portal"
    INTACCT = "intacct"


JsonDict = dict[str, Any]
