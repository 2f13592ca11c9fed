"""An invoice of ours as the functions that write it."""

from __future__ import annotations

from typing import Any

from portal.intacct import functions
from portal.services.integration_settings import Choices
from portal.sync.mapping.lines import document_lines, line_amounts
from portal.sync.mapping.records import Built, CannotSend, Currencies, InvoiceRecord
from portal.sync.mapping.references import stamp


def build_invoice(invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies) -> Built:
    """`create_invoice`. Raises CannotSend."""
    body = functions.create_invoice(
        **_invoice_values(invoice, choices, ref, seq, currencies), base_currency=currencies.group_base
    )
    return Built(body, invoice_facts(invoice))


def build_invoice_update(
    key: str, lines_there: int, invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies
) -> Built:
    """`update_invoice`: the header and the lines overwritten, further lines added. Raises CannotSend.

    Lines cannot be removed by an update: Intacct overwrites them by number.
    """
    lines_here = len(line_amounts(invoice.lines, invoice.discount, invoice.tax))
    if lines_here < lines_there:
        raise CannotSend(
            "lines_removed",
            f"Invoice {invoice.number} has {lines_here} lines here, discount and tax counted, and {lines_there} in"
            " Intacct, which cannot take lines off an invoice. The change was not sent. Put the lines back with an"
            " amount of zero, or void this invoice and issue a new one.",
        )
    body = functions.update_invoice(
        key, **_invoice_values(invoice, choices, ref, seq, currencies), lines_there=lines_there
    )
    return Built(body, {**invoice_facts(invoice), "key": key})


def invoice_facts(invoice: InvoiceRecord) -> dict[str, Any]:
    """An invoice as a posting remembers it: what a later read must find there."""
    return {
        "number": invoice.number,
        "customer_id": invoice.customer_id,
        "date": invoice.date.isoformat(),
        "due_date": invoice.due_date.isoformat(),
        "total": str(invoice.total),
        **({"posted_on": invoice.posted_on.isoformat()} if invoice.posted_on else {}),
        "lines": [str(amount) for amount in line_amounts(invoice.lines, invoice.discount, invoice.tax)],
    }


def _invoice_values(
    invoice: InvoiceRecord, choices: Choices, ref: str, seq: int, currencies: Currencies
) -> dict[str, Any]:
    currencies.check(f"Invoice {invoice.number}", invoice.currency)
    return {
        "customer_id": invoice.customer_id,
        "date": invoice.date,
        "due_date": invoice.due_date,
        "posted_on": invoice.posted_on,
        "number": invoice.number,
        "description": stamp(f"Invoice {invoice.number}", ref, seq),
        "po_number": invoice.purchase_order,
        "currency": invoice.currency if currencies.multi else "",
        "lines": document_lines(f"invoice {invoice.number}", invoice.lines, invoice.discount, invoice.tax, choices),
    }
