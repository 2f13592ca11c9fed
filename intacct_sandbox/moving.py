"""Money on a document that is to be replaced: lifted off the old record, put on the new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from . import money
from .company import Books
from .errors import business
from .money import SOURCES, Application, Use
from .store import Record
from .values import ZERO, format_amount


@dataclass
class Lifted:
    """One detail row's worth: whose payment, how it is to be applied, since when, and whether only as a draft."""

    payment: int
    application: Application
    day: date
    state: str


def touched(books: Books, invoice: Record) -> bool:
    """Whether money or credit lies on an invoice, drafts included, or is taken from it."""
    rows = books.store.where("ARPYMTDETAIL", "RECORDKEY", invoice["RECORDNO"])
    rows = rows + books.store.where("ARPYMTDETAIL", "NEGATIVEINVOICEKEY", invoice["RECORDNO"])
    return invoice["TRX_TOTALPAID"] != 0 or any(money.lies(books, row) for row in rows)


def lift(books: Books, invoice: Record) -> list[Lifted]:
    """Take all money off an invoice; its rows are deleted."""
    key = invoice["RECORDNO"]
    if any(money.lies(books, row) for row in books.store.where("ARPYMTDETAIL", "NEGATIVEINVOICEKEY", key)):
        raise business("The Document State is not valid. Cannot update a document that's applied.", code="BL03000215")
    lifted = []
    for row in list(books.store.where("ARPYMTDETAIL", "RECORDKEY", key)):
        if not money.lies(books, row):
            continue
        application = Application("ARINVOICE", key, row.get("TRX_PAYMENTAMOUNT") or ZERO)
        for kind in SOURCES.values():
            used = row.get(f"TRX_{kind.amount}")
            if used:
                application.uses.append(Use(kind, row[kind.key], used, row.get(kind.entry)))
        lifted.append(Lifted(row["PARENTPAYMENTKEY"], application, row["PAYMENTDATE"], row["STATE"]))
        money.take_back(books, row)
        books.store.remove("ARPYMTDETAIL", row["RECORDNO"])
    return lifted


def put(books: Books, lifted: list[Lifted], document: Record) -> None:
    """Apply what was lifted to the document's new A/R record; refused when it no longer fits."""
    key = document["PRRECORDKEY"]
    asked = sum((item.application.asked for item in lifted), ZERO)
    if key is None or asked > books.store.table("ARINVOICE").rows[key]["TRX_TOTALDUE"]:
        text = f"The total of '{document['DOCID']}' cannot be less than the {format_amount(asked)} paid on it."
        raise business(text, "Reverse the payment first.", "BL03000215")
    for item in lifted:
        application = item.application
        for use in application.uses:
            if application.own_inline(use):
                use.key, use.entry = key, None
        application.key = key
        payment = books.store.table("ARPYMT").rows[item.payment]
        money.apply(books, payment, application, item.day, item.state)
