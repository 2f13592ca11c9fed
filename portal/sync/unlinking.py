"""Taking back that an invoice was linked by hand to a record that Intacct had already."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.invoice import Invoice
from portal.models.run import Run, RunState
from portal.models.sync import Kind, Pair, Posting, PostingState, SyncRow
from portal.services import audit, wanted
from portal.services.audit import Actor
from portal.sync import links


def was_linked_by_hand(row: SyncRow) -> bool:
    """Whether an invoice from here is linked to a record that was not made by this portal, and that carries nothing of
    it: an update writes our reference into it."""
    if row.kind != Kind.INVOICE or row.origin != Origin.PORTAL or not row.key or row.seen_there.get("seq"):
        return False
    sent = Posting.state.in_((PostingState.POSTED, PostingState.OPEN))
    return db.session.scalar(select(Posting.id).where(Posting.sync_row_id == row.id, sent).limit(1)) is None


def unlink(row: SyncRow, *, actor: Actor) -> None:
    """Take back that an invoice was linked by hand: the record there is somebody else's again, and the next sync looks
    at this one as if for the first time. Raises NotAllowedNow."""
    if not was_linked_by_hand(row):
        raise NotAllowedNow("It was not linked by hand, or was changed there from here since. Nothing was changed.")
    _refuse_while_money_moves(row)
    invoice = db.session.get_one(Invoice, row.record_id)
    text = f"Unlinked from record {row.key} in Intacct"
    audit.record(invoice.company_id, actor, row.kind, row.record_id, "sync", text=text)
    if row.docid:  # the document may be imported by itself now
        links.read_again(row.book_id, "SODOCUMENT", "DOCID", row.docid, "unlinked by hand")
        row.docid = ""
    links.unlink(row)
    row.synced_at = None
    wanted.note_invoice(invoice)
    db.session.flush()


def _refuse_while_money_moves(invoice: SyncRow) -> None:
    """Money that lies on the record there, or is on its way to it, would stay there while the link goes."""
    sources = select(Pair.source_row_id).where(Pair.invoice_row_id == invoice.id)
    lies = select(Pair.id).where(Pair.invoice_row_id == invoice.id, Pair.applied_there != 0)
    if db.session.scalar(lies.limit(1)) is not None:
        raise NotAllowedNow(
            "Money lies on it on both sides. Nothing was changed. Take it off there, sync, then unlink."
        )
    at_work = select(Run.id).where(Run.book_id == invoice.book_id, Run.exclusive, Run.state == RunState.RUNNING)
    on_its_way = select(Posting.id).where(Posting.sync_row_id.in_(sources), Posting.state == PostingState.OPEN)
    if db.session.scalar(at_work.limit(1)) is not None or db.session.scalar(on_its_way.limit(1)) is not None:
        raise NotAllowedNow(
            "A sync is at work, or it is not known yet whether money for it arrived. Nothing was changed. Unlink it"
            " after the next sync."
        )
