"""A credit note of ours as the A/R adjustment that stands for it, and its taking back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal.intacct import functions
from portal.money import round_amount
from portal.services.integration_settings import Choices
from portal.sync.mapping.lines import document_lines, line_amounts
from portal.sync.mapping.records import Built, CannotSend, CreditNoteRecord, Currencies, LineRecord
from portal.sync.mapping.references import stamp


def build_credit_note(note: CreditNoteRecord, choices: Choices, ref: str, seq: int, currencies: Currencies) -> Built:
    """`create_aradjustment`: lines that sum to the credit note's total (rule 14). Raises CannotSend."""
    currencies.check(f"Credit note {note.number}", note.currency)
    body = functions.create_adjustment(
        customer_id=note.customer_id,
        date=note.date,
        number=note.number,
        description=stamp(f"Credit note {note.number}", ref, seq),
        invoice_number=note.invoice_number,
        lines=adjustment_lines(note, choices),
        currency=note.currency if currencies.multi else "",
        base_currency=currencies.group_base,
        posted_on=note.posted_on,
    )
    return Built(body, _facts(note))


def adjustment_lines(note: CreditNoteRecord, choices: Choices) -> list[functions.InvoiceLine]:
    """The lines of the adjustment, all negative. Raises CannotSend."""
    negative = [replace(line, amount=-line.amount) for line in credit_lines(note)]
    return document_lines(f"credit note {note.number}", negative, Decimal(0), -note.tax, choices)


def _facts(note: CreditNoteRecord) -> dict[str, Any]:
    return {
        "number": note.number,
        "customer_id": note.customer_id,
        "date": note.date.isoformat(),
        "total": str(note.total),
        **({"posted_on": note.posted_on.isoformat()} if note.posted_on else {}),
        "lines": [str(amount) for amount in line_amounts(credit_lines(note), Decimal(0), note.tax)],
    }


def credit_lines(note: CreditNoteRecord) -> tuple[LineRecord, ...]:
    """The lines whose sum is the credit note's total without its tax, each above zero: an adjustment takes lines of one
    sign only.

    Tax is a line of its own. A discount cannot be: it lowers the lines in proportion, to the cent. Raises CannotSend
    where nothing would be left.
    """
    if note.total <= 0:
        raise CannotSend(
            "credit_of_nothing",
            f"Credit note {note.number} credits {note.total}, which Intacct cannot hold: an adjustment needs lines"
            " above zero. Nothing of it was sent. Void it here, or skip it.",
        )
    return _lowered(note.lines, note.discount, note.currency)


def _lowered(lines: Sequence[LineRecord], by: Decimal, currency: str) -> tuple[LineRecord, ...]:
    """The lines with `by` taken off their sum, each in proportion; cents that do not divide fall to the later ones, and
    lines of which nothing is left are left out."""
    entered = sum((line.amount for line in lines), Decimal(0))
    kept, before, share_before = [], Decimal(0), Decimal(0)
    for line in lines:
        before += line.amount
        share = round_amount(by * before / entered, currency) if by else by
        amount = line.amount - (share - share_before)
        share_before = share
        if amount:
            kept.append(replace(line, amount=amount))
    return tuple(kept)


def build_undo(application_key: str, pairs: dict[int, Decimal], day: dt.date, ref: str, seq: int, number: str) -> Built:
    """`reverse_arpayment` of the record that put a credit note on invoices; `pairs` is what lies of it on ours, by the
    invoice's sync row."""
    text = stamp(f"Taken off: {number}", ref, seq)
    return Built(
        functions.reverse_payment(application_key, day, text),
        {"key": application_key, "number": number, "pairs": {str(key): str(amount) for key, amount in pairs.items()}},
    )


def build_delete(key: str, number: str) -> Built:
    """`delete_aradjustment`: Intacct has no way to reverse one."""
    return Built(functions.delete_adjustment(key), {"key": key, "number": number})
