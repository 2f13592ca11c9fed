"""An Order Entry document shows the totals of the A/R record that it posted."""

from __future__ import annotations

from .company import Books
from .store import Record

ORDER_ENTRY = "8.SO"
MIRRORED = tuple(f"{prefix}TOTAL{kind}" for prefix in ("", "TRX_") for kind in ("ENTERED", "PAID", "DUE"))


def mirror(books: Books, invoice: Record) -> None:
    """Carry an invoice's totals to its Order Entry document, whose own WHENMODIFIED stays as it is."""
    if invoice.get("MODULEKEY") != ORDER_ENTRY:
        return
    for document in books.store.where("SODOCUMENT", "PRRECORDKEY", invoice["RECORDNO"]):
        books.store.change("SODOCUMENT", document["RECORDNO"], **{name: invoice[name] for name in MIRRORED})
