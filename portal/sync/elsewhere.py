"""Money of a payment or credit note of ours that people in Intacct put on invoices of which nothing is known here.

To take the record back would take that money off, too, and nothing here would show it: people decide first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import select

from portal.database import in_parts
from portal.extensions import db
from portal.models.sync import Kind, Pair, SyncRow
from portal.services.checks import show
from portal.sync import judging, looking
from portal.sync.context import RunContext
from portal.sync.looking import There
from portal.sync.mapping import CreditNoteRecord, PaymentRecord
from portal.sync.snapshots import Snapshot

Unknown = Mapping[str, Mapping[str, str]]
"""Key of a payment or credit note -> key of an invoice that has no pair with it here -> that invoice's number."""


def unknown_here(ctx: RunContext, snapshots: Sequence[Snapshot], lying: Mapping[str, Collection[str]]) -> Unknown:
    """Which of the invoices that each record lies on there (keys by its key) it has no pair with here. Commits, then
    asks for their numbers."""
    known = _known(snapshots)
    ctx.commit()
    unknown = {key: set(invoices) - known.get(key, set()) for key, invoices in lying.items()}
    found = looking.invoices_by_key(ctx, set().union(*unknown.values()))
    return {
        key: {invoice: found[invoice].number if invoice in found else f"record {invoice}" for invoice in invoices}
        for key, invoices in unknown.items()
        if invoices
    }


def _known(snapshots: Sequence[Snapshot]) -> dict[str, set[str]]:
    keys = {snapshot.row_id: snapshot.key for snapshot in snapshots}
    found: dict[str, set[str]] = {}
    for part in in_parts(sorted(keys)):
        query = select(Pair.source_row_id, SyncRow.key).join(SyncRow, SyncRow.id == Pair.invoice_row_id)
        for source_row_id, invoice_key in db.session.execute(query.where(Pair.source_row_id.in_(part))):
            found.setdefault(keys[source_row_id], set()).add(invoice_key)
    return found


def tell(ctx: RunContext, snapshot: Snapshot, happened: str, there: There, lies: Mapping[str, Decimal]) -> None:
    """Say what lies where (by number of the invoice), and that nothing was taken back."""
    record = snapshot.record
    assert isinstance(record, PaymentRecord | CreditNoteRecord)
    what = "Payment" if snapshot.kind == Kind.PAYMENT else "Credit note"
    where = ", ".join(f"{show(amount, record.currency)} on invoice {number}" for number, amount in sorted(lies.items()))
    judging.problem(
        ctx, db.session.get_one(SyncRow, snapshot.row_id), "changed_here",
        f"{what} {snapshot.number} was {happened} here, but in Intacct it was put on more than this portal knows of:"
        f" {where}. To take it back would take that off. Nothing was undone there. Take it off in Intacct, then retry.",
        there=there.seen(),
    )  # fmt: skip
