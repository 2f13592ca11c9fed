"""A line item of ours as a line of Intacct's: its account, location, department and further dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.intacct import functions
from portal.services.integration_settings import Choices
from portal.sync.mapping.records import CannotSend, LineRecord

_DIMENSION = re.compile(r"intacct_(\w+)")
_LINE_WORDS = {"location", "department", "glaccountno"}


def document_lines(
    what: str, lines: Sequence[LineRecord], discount: Decimal, tax: Decimal, choices: Choices
) -> list[functions.InvoiceLine]:
    """All lines of a document (`what`, such as "invoice INV-1"): its own, then its discount and its tax as lines of
    their own, so that they sum to the document's total. Raises CannotSend."""
    built = [_line(line, f"Line {number} of {what}", choices) for number, line in enumerate(lines, 1)]
    if discount:
        built.append(_extra("Discount", -discount, choices.discount_account, what, choices))
    if tax:
        built.append(_extra("Tax", tax, choices.tax_account, what, choices))
    return built


def line_amounts(lines: Sequence[LineRecord], discount: Decimal, tax: Decimal) -> list[Decimal]:
    """What `document_lines` come to, one by one."""
    return [*(line.amount for line in lines), *((-discount,) if discount else ()), *((tax,) if tax else ())]


def _line(line: LineRecord, what: str, choices: Choices) -> functions.InvoiceLine:
    named = line.metadata
    account = line.account or _named(named, "glaccountno") or choices.income_account
    return functions.InvoiceLine(
        amount=line.amount,
        account=_needed(account, what),
        memo=line.description,
        location=line.location or _named(named, "location") or choices.location_id,
        department=line.department or _named(named, "department") or choices.department_id,
        dimensions=dimensions(named),
    )


def _extra(name: str, amount: Decimal, account: str, what: str, choices: Choices) -> functions.InvoiceLine:
    account = _needed(account or choices.income_account, f"{name} of {what}")
    return functions.InvoiceLine(
        amount=amount, account=account, memo=name, location=choices.location_id, department=choices.department_id
    )


def _named(metadata: Mapping[str, Any], name: str) -> str:
    return str(metadata.get(f"intacct_{name}") or "").strip()


def _needed(account: str, what: str) -> str:
    if not account:
        raise CannotSend(
            "income_account_missing",
            f"{what} names no GL account, and no income account is set. Nothing of it was sent. Choose the income"
            " account in the integration settings.",
        )
    return account


def dimensions(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Further dimensions that a line's metadata names: `intacct_project` is Intacct's `projectid`, and so on."""
    named = (
        (_DIMENSION.fullmatch(key), str(value).strip()) for key, value in metadata.items() if value not in (None, "")
    )
    return {f"{found.group(1)}id": value for found, value in named if found and found.group(1) not in _LINE_WORDS}
