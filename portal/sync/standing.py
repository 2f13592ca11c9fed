"""How sync rows stand at this moment: their open postings, their newest sequence numbers and their pairs, in as many
queries for a batch as for one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.sync import Pair, Posting, PostingState, SyncRow


@dataclass(frozen=True)
class Standing:
    """Rows by id; which of them have an open posting; the highest sequence number of each one's postings; its pairs."""

    rows: dict[int, SyncRow]
    opened: frozenset[int]
    newest: dict[int, int]
    pairs: dict[int, dict[int, Decimal]]

    def next_seq(self, row: SyncRow) -> int:
        """The sequence number of the row's next posting: above its own postings, and above what was seen there (this
        database may be older than what it wrote)."""
        return max(self.newest.get(row.id, 0), int(row.seen_there.get("seq") or 0)) + 1

    def applied(self, row_id: int) -> dict[int, Decimal]:
        """What the row's record has on each invoice here, by the invoice's row."""
        return self.pairs.get(row_id, {})


def stand(row_ids: Sequence[int], *, also_lock: bool = False) -> Standing:
    """The rows as the database has them now; locked, where asked for, in the order that everybody locks them in."""
    query = select(SyncRow).where(SyncRow.id.in_(row_ids)).order_by(SyncRow.id)
    query = query.with_for_update() if also_lock else query
    rows = {row.id: row for row in db.session.scalars(query.execution_options(populate_existing=True))}
    newest = select(Posting.sync_row_id, func.max(Posting.seq)).where(Posting.sync_row_id.in_(row_ids))
    pairs: dict[int, dict[int, Decimal]] = {}
    of_pairs = select(Pair.source_row_id, Pair.invoice_row_id, Pair.applied_here)
    for source, invoice, applied in db.session.execute(of_pairs.where(Pair.source_row_id.in_(row_ids))):
        pairs.setdefault(source, {})[invoice] = applied
    seqs = {row_id: seq for row_id, seq in db.session.execute(newest.group_by(Posting.sync_row_id))}
    return Standing(rows, opened(row_ids), seqs, pairs)


def opened(row_ids: Sequence[int]) -> frozenset[int]:
    """Which of the rows have an open posting."""
    query = select(Posting.sync_row_id).where(Posting.sync_row_id.in_(row_ids), Posting.state == PostingState.OPEN)
    return frozenset(db.session.scalars(query))
