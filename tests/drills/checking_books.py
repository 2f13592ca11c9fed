"""Both books of a simulation side by side, read once."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import BY_HAND, FULL_CREDIT, SETTLED_BY_CREDIT, Kind, Pair, Problem, SyncRow
from tests.drills.simulation import Simulation


class Books:
    """Both books side by side, read once."""

    def __init__(self, sim: Simulation) -> None:
        self.invoices_there = {str(row["RECORDNO"]): row for row in sim.there("ARINVOICE")}
        self.payments_there = {str(row["RECORDNO"]): row for row in sim.there("ARPYMT")}
        self.credits_there = {str(row["RECORDNO"]): row for row in sim.there("ARADJUSTMENT")}
        self.rows = {row.id: row for row in db.session.scalars(db.select(SyncRow))}
        self.pairs = list(db.session.scalars(db.select(Pair).order_by(Pair.id)))
        self.by_hand = sim.linked_by_hand
        self.problems = {
            problem.sync_row_id: problem
            for problem in db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)))
        }
        self.problems_there = {
            (problem.object, problem.key)
            for problem in db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)))
            if problem.sync_row_id is None
        }
        self.lies_there: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in sim.there("ARPYMTDETAIL"):
            if row.get("ADJUSTMENTKEY"):
                place = (str(row["ADJUSTMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_ADJUSTMENTAMOUNT"]
            elif row.get("OVERPAYMENTKEY"):
                place = (str(row["OVERPAYMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_POSTEDOVERPAYMENTAMOUNT"]
            else:
                place = (str(row["PARENTPAYMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_PAYMENTAMOUNT"]

    def record(self, row: SyncRow) -> Invoice | Payment | CreditNote:
        models: dict[str, Any] = {Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote}
        found: Invoice | Payment | CreditNote = db.session.get_one(models[row.kind], row.record_id)
        return found

    def kept_there(self, row: SyncRow) -> dict[str, Any]:
        """Intacct's records of the row's kind that count, by key."""
        return {Kind.INVOICE: self.invoices_there, Kind.PAYMENT: self.payments_there}.get(
            Kind(row.kind), self.credits_there
        )

    def settled_there(self, row: SyncRow) -> bool:
        """Whether credits settle an invoice in full there, so that they stay there, and its page says so."""
        return bool(row.seen_there.get(SETTLED_BY_CREDIT))

    def explained(self, row: SyncRow) -> bool:
        """Whether a page says why the record is not, or not the same, in Intacct."""
        waits = row.waiting_for and (row.want_hash != row.have_hash or self.owes(row))
        return bool(row.id in self.problems or row.hold or waits)

    def owes(self, row: SyncRow) -> bool:
        return any(p.source_row_id == row.id and p.applied_here != p.applied_there for p in self.pairs)

    def pair_explained(self, pair: Pair) -> bool:
        source, invoice = self.rows[pair.source_row_id], self.rows[pair.invoice_row_id]
        return bool(pair.hold in (BY_HAND, FULL_CREDIT) or self.explained(source) or self.explained(invoice))
