"""What invoices and adjustments have in common: lines and the currency group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..values import checked, optional, plain_amount, required

DIMENSIONS = (
    "projectid",
    "taskid",
    "costtypeid",
    "customerid",
    "vendorid",
    "employeeid",
    "itemid",
    "classid",
    "contractid",
    "warehouseid",
)


@dataclass(frozen=True)
class InvoiceLine:
    """One line: `account` is a GL account number, `dimensions` maps names of `DIMENSIONS` to ids.

    A negative `amount` is an inline credit on an invoice, a credit on an adjustment.
    """

    amount: Decimal
    account: str
    memo: str = ""
    location: str = ""
    department: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """The fields of a `lineitem`."""
        return {
            "glaccountno": required("account", self.account),
            "amount": plain_amount("amount", self.amount),
            "memo": optional("memo", self.memo),
            "locationid": optional("location", self.location),
            "departmentid": optional("department", self.department),
            **self._dimension_values(),
        }

    def _dimension_values(self) -> dict[str, str | None]:
        unknown = sorted(set(self.dimensions).difference(DIMENSIONS))
        if unknown:
            raise ValueError(f"{unknown[0]} is not a dimension of a line")
        if self.dimensions.get("taskid") and not self.dimensions.get("projectid"):
            raise ValueError("taskid needs a projectid")
        if self.dimensions.get("costtypeid") and not self.dimensions.get("taskid"):
            raise ValueError("costtypeid needs a taskid")
        return {name: optional(name, value) for name, value in self.dimensions.items()}


def line_items(lines: Sequence[InvoiceLine]) -> dict[str, Any]:
    """The value of a list of `lineitem`s. Raises `ValueError` when there is none."""
    if not lines:
        raise ValueError("lines are missing")
    return {"lineitem": [line.values() for line in lines]}


def changed_lines(lines: Sequence[InvoiceLine], lines_there: int) -> dict[str, Any]:
    """The lines that are there overwritten by number, further ones added; a text that is empty clears its field.

    Intacct adds each plain `lineitem` of an update and has no way to remove a line: fewer lines than `lines_there`
    raise `ValueError`.
    """
    if not 1 <= lines_there <= len(lines):
        raise ValueError(f"lines: Intacct has {lines_there}, and an update cannot bring them down to {len(lines)}")
    kept = [
        {"line_num": str(number), **_cleared(line.values())} for number, line in enumerate(lines[:lines_there], start=1)
    ]
    return {"updatelineitem": kept, "lineitem": [line.values() for line in lines[lines_there:]]}


def _cleared(values: dict[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in values.items()}


def currency_group(currency: str, base_currency: str = "") -> dict[str, Any]:
    """The currency at Intacct's daily rate (an empty rate type); nothing where `currency` is "".

    A company with a single currency refuses the group, and a currency alone does not fit the schema.
    """
    if not currency:
        return {}
    return {
        "basecurr": optional("base_currency", base_currency),
        "currency": checked("currency", currency),
        "exchratetype": "",
    }
