"""Payments that are in Intacct without a part that was to be booked by hand, where by now another part should be
missing there: it was un-applied here, or put on another invoice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.models.base import Origin
from portal.models.payment import Payment
from portal.models.sync import BY_HAND, Act, Kind, Pair, Posting, PostingState, SyncRow


@dataclass
class _Split:
    """What is held of a payment: `by_hand` is to be booked by somebody; `settled_otherwise` where a person or the
    other side decided about a part, so that nothing is to be concluded from the sum."""

    amount: Decimal
    key: str
    by_hand: Decimal = Decimal(0)
    settled_otherwise: bool = False


def posted_otherwise(book_id: int, row_ids: Collection[int] | None = None) -> set[int]:
    """The sync rows of payments whose posting carried another sum than the payment less what is held to be booked by
    hand; of these rows, or of the whole book. An adopted record has no posting and is left as it is."""
    splits = _splits(book_id, row_ids)
    if not splits:
        return set()
    query = select(Posting).where(
        Posting.sync_row_id.in_(splits), Posting.act == Act.CREATE, Posting.state == PostingState.POSTED
    )
    carried = {
        posting.sync_row_id: Decimal(posting.facts["total"])
        for posting in db.session.scalars(query.order_by(Posting.seq))
        if posting.key == splits[posting.sync_row_id].key
    }
    return {row_id for row_id, total in carried.items() if total != splits[row_id].amount - splits[row_id].by_hand}


def _splits(book_id: int, row_ids: Collection[int] | None) -> dict[int, _Split]:
    held = select(Pair.source_row_id).where(
        Pair.hold != "", Pair.hold == BY_HAND
    )  # the first for the index of held ones
    query = (
        select(SyncRow.id, SyncRow.key, Payment.amount, Pair.hold, Pair.applied_here)
        .join(Pair, Pair.source_row_id == SyncRow.id)
        .join(Payment, Payment.id == SyncRow.record_id)
        .where(SyncRow.book_id == book_id, SyncRow.kind == Kind.PAYMENT, SyncRow.origin == Origin.PORTAL)
        .where(SyncRow.key != "", SyncRow.id.in_(held))
    )
    if row_ids is not None:
        query = query.where(SyncRow.id.in_(list(row_ids)))
    found: dict[int, _Split] = {}
    for row_id, key, amount, hold, applied in db.session.execute(query):
        split = found.setdefault(row_id, _Split(amount, key))
        if hold == BY_HAND:
            split.by_hand += applied
        elif hold:
            split.settled_otherwise = True
    return {row_id: split for row_id, split in found.items() if not split.settled_otherwise}
