"""Rule 8: a credit that settles a whole invoice stays on its own side, unless the company chose otherwise.

"Settles in full" means: the credits on the invoice equal its total and no money was received on it. Once a part of a
credit was carried over, the rest of that invoice is too. What is withheld is a hold of the pair; a credit note of which
nothing else is left is held as a whole.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.connection import Book, IntegrationSettings
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.sync import CREDITS, FULL_CREDIT, SETTLES_IN_FULL, Hold, Kind, Pair, SyncRow
from portal.money import ZERO


def judge_invoice(book: Book, invoice: Invoice, row: SyncRow) -> None:
    """Withhold the credit notes on `invoice` where they settle it in full, and let them go where not. Flushes."""
    query = select(Pair, SyncRow).join(SyncRow, SyncRow.id == Pair.source_row_id).where(Pair.invoice_row_id == row.id)
    on_it = [(pair, source) for pair, source in db.session.execute(query)]
    notes = [(pair, source) for pair, source in on_it if source.kind == Kind.CREDIT_NOTE]
    if not notes:
        return
    withheld = not are_carried(book.company_id) and settles(invoice.total, on_it)
    for pair, source in notes:
        if pair.hold in ("", FULL_CREDIT):
            pair.hold = FULL_CREDIT if withheld and pair.applied_here else ""
        db.session.flush()
        judge_note(source)


def settles(total: Decimal, on_it: list[tuple[Pair, SyncRow]]) -> bool:
    """Whether what lies here on an invoice of `total` is credit alone, equals it, and was not carried over in part."""
    if any(pair.applied_here or pair.applied_there for pair, source in on_it if not is_credit(source)):
        return False
    if any(pair.applied_there for pair, source in on_it if is_credit(source)):
        return False
    return sum((pair.applied_here for pair, _ in on_it), ZERO) == total


def is_credit(source: SyncRow) -> bool:
    """Whether a source is a credit: a credit note of ours, or a payment that stands for a credit of Intacct's."""
    return source.kind == Kind.CREDIT_NOTE or source.object in CREDITS


def judge_note(row: SyncRow) -> None:
    """Hold a credit note that is not in Intacct and of which nothing is to be carried over. Flushes."""
    if row.key or row.hold not in (Hold.NONE, Hold.LEFT) or (row.hold and row.hold_reason != SETTLES_IN_FULL):
        return
    note = db.session.get_one(CreditNote, row.record_id)
    pairs = db.session.scalars(select(Pair).where(Pair.source_row_id == row.id, Pair.applied_here != 0)).all()
    if pairs and not note.balance and all(pair.hold == FULL_CREDIT for pair in pairs):
        row.hold, row.hold_reason = Hold.LEFT, SETTLES_IN_FULL
    else:
        row.hold, row.hold_reason = Hold.NONE, ""
    db.session.flush()


def are_carried(company_id: int) -> bool:
    """The setting `sync_full_credits`."""
    chosen = db.session.get(IntegrationSettings, company_id)
    return bool(chosen and chosen.values.get("sync_full_credits"))
