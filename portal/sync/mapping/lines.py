"""A line item of ours as a line of Intacct's: its account, location, department and further dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from portal.intacct import functions
from portal.services.integration_settings import Choices
from portal.sync.mapping.records import CannotSend, LineRecord

_DIMENSION = re.compile(r"intacct_(\w+)")
_LINE_WORDS = {"location", "department", "glaccountno"}


def build_line(line: LineRecord, number: int, invoice_number: str, choices: Choices) -> functions.InvoiceLine:
    named = line.metadata
    account = line.account or str(named.get("intacct_glaccountno") or "") or choices.income_account
    if not account:
        raise CannotSend(
            "income_account_missing",
            f"Line {number} of invoice {invoice_number} names no GL account, and no income account is set."
            " Nothing of it was sent. Choose the income account in the integration settings.",
        )
    return functions.InvoiceLine(
        amount=line.amount,
        account=account,
        memo=line.description,
        location=line.location or str(named.get("intacct_location") or "") or choices.location_id,
        department=line.department or str(named.get("intacct_department") or "") or choices.department_id,
        dimensions=dimensions(line.metadata),
    )


def dimensions(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Further dimensions that a line's metadata names: `intacct_project` is Intacct's `projectid`, and so on."""
    named = ((_DIMENSION.fullmatch(key), str(value)) for key, value in metadata.items() if value not in (None, ""))
    return {f"{found.group(1)}id": value for found, value in named if found and found.group(1) not in _LINE_WORDS}
