"""The table that puts money or credit on open invoices: one amount field each, read from the form and kept as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from portal.blueprints.forms import parse_typed_number
from portal.blueprints.rendering import amount as shown
from portal.blueprints.rendering import typed_amount
from portal.errors import InvalidInput, NotAllowedNow
from portal.models.invoice import Invoice
from portal.money import ZERO
from portal.services.auto_apply import Due, auto_apply

_PREFIX = "apply-"


@dataclass
class Row:
    """An open invoice with what was typed beside it."""

    invoice: Invoice
    typed: str = ""
    amount: Decimal = ZERO
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The name and id of the row's field."""
        return f"{_PREFIX}{self.invoice.id}"


class ApplyTable:
    """The open invoices of one customer in one currency, oldest due first."""

    def __init__(self, invoices: Sequence[Invoice], sent: Mapping[str, str] | None = None) -> None:
        self.rows = [_read_row(invoice, (sent or {}).get(f"{_PREFIX}{invoice.id}", "")) for invoice in invoices]
        self.errors: list[str] = []
        self._vanished = _vanished(sent or {}, {row.id for row in self.rows})

    @property
    def sum(self) -> Decimal:
        """What the rows take together, as far as they can be read."""
        return sum((row.amount for row in self.rows), ZERO)

    def fill(self, invoice_id: int, amount: Decimal) -> None:
        """Put `amount` into the row of one invoice."""
        for row in self.rows:
            if row.invoice.id == invoice_id:
                _put(row, amount)

    def oldest_first(self, available: Decimal) -> None:
        """Fill the rows from the oldest on, as far as `available` reaches."""
        dues = [Due(row.invoice.id, row.invoice.due_date, row.invoice.balance) for row in self.rows]
        proposed = dict(auto_apply(available, dues))
        for row in self.rows:
            _put(row, proposed.get(row.invoice.id, ZERO))

    def validate(self, available: Decimal) -> bool:
        """Whether the rows can be taken: numbers above zero, no more than is due on each and there is in all."""
        for row in self.rows:
            if not row.errors and row.amount < 0:
                row.errors.append("The amount must be above zero.")
            elif row.amount > row.invoice.balance:
                due = f"{shown(row.invoice.balance, row.invoice.currency)} {row.invoice.currency}"
                row.errors.append(f"Only {due} is due on {row.invoice.number}.")
        if self._vanished:
            self.errors.append("An invoice that you put money on is not open any more. Look at the amounts again.")
        if self.sum > available and self.rows:
            self.errors.append(self._too_much(available))
        return not self.errors and not any(row.errors for row in self.rows)

    def items(self) -> list[tuple[Invoice, Decimal]]:
        """The invoices that get something, with how much."""
        return [(row.invoice, row.amount) for row in self.rows if row.amount]

    def add_errors(self, error: InvalidInput | NotAllowedNow) -> bool:
        """Put faults found at `applied_to.N...` at their rows; False when `error` is about something else."""
        filled = [row for row in self.rows if row.amount]
        for fault in error.all if isinstance(error, InvalidInput) else (error,):
            steps = fault.field.split(".")
            if steps[0] == "applied_to" and len(steps) > 1 and int(steps[1]) < len(filled):
                filled[int(steps[1])].errors.append(fault.message)
        return any(row.errors for row in self.rows)

    def faults(self) -> list[tuple[str, str]]:
        """Every error for the summary: (id of the field or '', message)."""
        return [("", text) for text in self.errors] + [(row.id, text) for row in self.rows for text in row.errors]

    def _too_much(self, available: Decimal) -> str:
        currency = self.rows[0].invoice.currency
        over = self.sum - available
        return (
            f"{shown(self.sum, currency)} {currency} is put on invoices, but there is {shown(available, currency)}"
            f" {currency}. Take {shown(over, currency)} {currency} off, or enter a larger amount."
        )


def _read_row(invoice: Invoice, typed: str) -> Row:
    row = Row(invoice, typed)
    if typed.strip():
        try:
            row.amount = parse_typed_number(typed.strip())
        except ValueError as error:
            row.errors.append(str(error))
    return row


def _put(row: Row, amount: Decimal) -> None:
    row.amount, row.errors = amount, []
    row.typed = typed_amount(amount, row.invoice.currency) if amount else ""


def _vanished(sent: Mapping[str, str], present: set[str]) -> bool:
    """Whether money was put on an invoice that the page no longer offers."""
    return any(name.startswith(_PREFIX) and name not in present and sent[name].strip() for name in sent)
