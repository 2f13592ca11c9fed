"""Line items of invoices and credit notes: checked, computed exactly, stored by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from portal.models.base import JsonDict, Origin
from portal.models.credit_note import CreditNote, CreditNoteLine
from portal.models.invoice import Invoice, InvoiceLine
from portal.money import ZERO, round_amount
from portal.services.checks import MAX_AMOUNT, MAX_LINES, MAX_QUANTITY, Faults, show

# Quantity and unit cost have up to 16 and 19 digits; their product must not lose any before it is rounded.
_DIGITS = 60
_FIELDS = ("description", "quantity", "unit_cost", "amount", "account", "location", "department")


@dataclass(frozen=True)
class LineData:
    """A line item as somebody writes it. `amount` is computed where it is absent."""

    description: str
    quantity: Decimal
    unit_cost: Decimal
    account: str = ""
    location: str = ""
    department: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None


@dataclass(frozen=True)
class Priced:
    """What a document with lines asks for: its lines, discount and tax, and whether it may still be without lines."""

    word: str
    lines: tuple[LineData, ...]
    discount: Decimal
    tax: Decimal
    draft: bool


@dataclass(frozen=True)
class CheckedDocument:
    """Columns of an invoice or credit note and of its lines, ready to be stored."""

    header: JsonDict
    lines: list[JsonDict]


def check_priced(faults: Faults, header: JsonDict, asked: Priced, origin: Origin) -> CheckedDocument:
    """`asked` as it is to be stored under `header`, which gets discount, tax and total; its currency is known."""
    currency = header["currency"]
    known = len(faults.found)
    lines = [_line(faults, index, line, currency, origin) for index, line in enumerate(asked.lines)]
    _line_count(faults, asked)
    header["discount"] = faults.amount("discount", "The discount", asked.discount, currency)
    header["tax"] = faults.amount("tax", "The tax", asked.tax, currency)
    header["total"] = sum((line["amount"] for line in lines), ZERO) - header["discount"] + header["tax"]
    if len(faults.found) == known:
        _judge_total(faults, header["total"], currency)
    return CheckedDocument(header, lines)


def product(quantity: Decimal, unit_cost: Decimal, currency: str) -> Decimal:
    """A line's amount: quantity x unit cost, rounded half up to the currency's places."""
    with localcontext() as context:
        context.prec = _DIGITS
        return round_amount(quantity * unit_cost, currency) + ZERO


def store_lines(document: Invoice | CreditNote, values: list[JsonDict]) -> None:
    """Make the document's lines be `values`. They keep their rows by position, so that only what differs is written."""
    present: list[Any] = list(document.lines)
    kept: list[Any] = document.lines
    make = InvoiceLine if isinstance(document, Invoice) else CreditNoteLine
    for position, columns in enumerate(values):
        if position < len(present):
            for name, value in columns.items():
                setattr(present[position], name, value)
        else:
            kept.append(make(company_id=document.company_id, position=position, **columns))
    for line in present[len(values) :]:
        kept.remove(line)


def same_lines(document: Invoice | CreditNote, values: list[JsonDict]) -> bool:
    """Whether the document's lines are just `values`."""
    return [
        {name: getattr(line, name) for name in _FIELDS} | {"extra": line.extra} for line in document.lines
    ] == values


def snapshot(lines: Sequence[InvoiceLine | CreditNoteLine]) -> list[JsonDict]:
    """The lines as the history keeps them."""
    return [{name: getattr(line, name) for name in _FIELDS} | {"metadata": dict(line.extra)} for line in lines]


def as_data(line: InvoiceLine | CreditNoteLine) -> LineData:
    """The line as somebody would write it."""
    return LineData(
        line.description, line.quantity, line.unit_cost, line.account, line.location, line.department,
        dict(line.extra), line.amount,
    )  # fmt: skip


def _line_count(faults: Faults, asked: Priced) -> None:
    article = "An" if asked.word == "invoice" else "A"
    if not asked.lines and not asked.draft:
        faults.add(
            "items", f"An issued {asked.word} needs at least one line. Add one, or keep it as a draft.", "missing"
        )
    elif len(asked.lines) > MAX_LINES:
        faults.add(
            "items", f"{article} {asked.word} may have at most {MAX_LINES:,} lines; this has {len(asked.lines):,}."
        )


def _line(faults: Faults, index: int, line: LineData, currency: str, origin: Origin) -> JsonDict:
    at = f"items.{index}."
    known = len(faults.found)
    quantity = faults.quantity(f"{at}quantity", "The quantity", line.quantity, MAX_QUANTITY)
    unit_cost = faults.quantity(f"{at}unit_cost", "The unit cost", line.unit_cost, MAX_AMOUNT)
    if origin == Origin.PORTAL and len(faults.found) == known:
        _above_zero(faults, at, quantity, unit_cost)
    values: JsonDict = {
        "description": faults.text(
            f"{at}name", "The description", line.description, limit="description", required=True, lines=True
        ),
        "quantity": quantity,
        "unit_cost": unit_cost,
        "extra": faults.metadata(f"{at}metadata", line.metadata),
    }
    for name, label in (("account", "GL account"), ("location", "location"), ("department", "department")):
        values[name] = faults.text(f"{at}{name}", f"The {label}", getattr(line, name), limit=name)
    values["amount"] = _line_amount(faults, at, line, product(quantity, unit_cost, currency), currency, origin)
    return values


def _above_zero(faults: Faults, at: str, quantity: Decimal, unit_cost: Decimal) -> None:
    if quantity <= 0:
        faults.add(f"{at}quantity", "The quantity must be above zero.", "negative" if quantity < 0 else "zero")
    if unit_cost < 0:
        faults.add(f"{at}unit_cost", "The unit cost may not be negative. Use the discount instead.", "negative")


def _line_amount(faults: Faults, at: str, line: LineData, computed: Decimal, currency: str, origin: Origin) -> Decimal:
    if abs(computed) > MAX_AMOUNT:
        faults.add(f"{at}unit_cost", f"The line's amount is too large: at most {MAX_AMOUNT:,}.", "too_large")
        return ZERO
    if line.amount is None:
        return computed
    known = len(faults.found)
    amount = faults.signed_amount(f"{at}amount", "The amount", line.amount, currency)
    if len(faults.found) > known:
        return ZERO
    if origin == Origin.PORTAL and amount != computed:  # Intacct's own lines may be priced in other ways
        faults.add(f"{at}amount", f"The amount must be quantity x unit cost: {show(computed, currency)}.")
    return amount


def _judge_total(faults: Faults, total: Decimal, currency: str) -> None:
    if total < 0:
        faults.add("discount", f"The total may not be negative; it would be {show(total, currency)}.", "negative")
    elif total > MAX_AMOUNT:
        faults.add("items", f"The total is too large: at most {MAX_AMOUNT:,}.", "too_large")
