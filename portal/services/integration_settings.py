"""What a company chose for its accounting sync: typed, with defaults, stored by key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

from portal.extensions import db
from portal.models.connection import IntegrationSettings


@dataclass(frozen=True)
class Choices:
    """The settings of one company by their keys; a field's default is the setting's default."""

    auto_sync: bool = False
    write_invoices: bool = True
    write_payments: bool = True
    read_payments: bool = True
    income_account: str = ""
    deposit_to: str = ""
    location_id: str = ""
    department_id: str = ""
    overpayment_location_id: str = ""
    overpayment_department_id: str = ""
    sync_from: dt.date | None = None

    @property
    def bank_account(self) -> str:
        """The bank account that receives payments, when `deposit_to` is bank:ID."""
        return self.deposit_to.removeprefix("bank:") if self.deposit_to.startswith("bank:") else ""

    @property
    def undeposited_account(self) -> str:
        """The GL account for undeposited funds, when `deposit_to` is undeposited:GLACCOUNT."""
        return self.deposit_to.removeprefix("undeposited:") if self.deposit_to.startswith("undeposited:") else ""


def load(company_id: int) -> Choices:
    """The company's choices, defaults where it chose nothing."""
    row = db.session.get(IntegrationSettings, company_id)
    chosen: dict[str, Any] = dict(row.values) if row else {}
    if chosen.get("sync_from"):
        chosen["sync_from"] = dt.date.fromisoformat(chosen["sync_from"])
    known = {field.name for field in fields(Choices)}
    return Choices(**{key: value for key, value in chosen.items() if key in known})
