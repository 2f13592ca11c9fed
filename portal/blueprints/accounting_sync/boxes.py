"""The box of a record's page: how it stands with Intacct on both sides, since when, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from portal.blueprints.access import current_company
from portal.blueprints.accounting_sync.causes import ProblemShown, shown
from portal.models.run import RunItem
from portal.models.sync import Kind, SyncRow
from portal.queries import sync_overview
from portal.queries.problems import TAKEN_OUT, get_problem
from portal.queries.sync_overview import BothSides, PairHere
from portal.queries.sync_records import Named, of_kind, row_of
from portal.queries.sync_states import State, SyncState, states
from portal.sync import unlinking


@dataclass(frozen=True)
class Reason:
    """Money of one document that the two sides book differently, and how that document stands."""

    record: Named
    pair: PairHere
    state: SyncState | None

    @property
    def url(self) -> str:
        """The page of the document at the other end."""
        return record_url(self.record.kind, self.record.record_id)


@dataclass(frozen=True)
class Box:
    """What the box shows besides the state. `sides` is None where Intacct does not have the record."""

    row: SyncRow
    sides: BothSides | None
    reasons: list[Reason]
    problem: ProblemShown | None
    first: RunItem | None
    last: RunItem | None
    was_sent: bool
    can_skip: bool
    can_take_back: bool
    can_sync: bool
    can_unlink: bool


def sync_box(kind: str, record_id: int, sync: SyncState) -> Box | None:
    """The box of a record; None where it has no sync row yet."""
    row = row_of(current_company(), Kind(kind), record_id)
    if row is None:
        return None
    sides = sync_overview.both_sides(row)
    return Box(
        row=row,
        sides=sides,
        reasons=_reasons(row, sides),
        problem=shown([get_problem(current_company(), sync.problem_id)])[0] if sync.problem_id else None,
        first=sync_overview.first_mark(row),
        last=sync_overview.last_mark(row),
        was_sent=sync_overview.has_postings(row),
        can_skip=not row.hold and sync.state not in (State.SYNCED, State.NOT_SYNCED),
        can_take_back=row.hold in TAKEN_OUT,
        can_sync=bool(row.want_hash or row.have_hash or row.key),
        can_unlink=unlinking.was_linked_by_hand(row),
    )


def record_url(kind: str, record_id: int) -> str:
    """The page of a record."""
    endpoint, argument = {
        "customer": ("customers.show_customer", "customer_id"),
        "invoice": ("invoices.show_invoice", "invoice_id"),
        "payment": ("payments.show_payment", "payment_id"),
        "credit_note": ("credit_notes.show_credit_note", "credit_note_id"),
    }[kind]
    values: dict[str, Any] = {argument: record_id}
    return url_for(endpoint, **values)


def _reasons(row: SyncRow, sides: BothSides | None) -> list[Reason]:
    if sides is None or not sides.differing:
        return []
    on_invoice = row.kind == Kind.INVOICE
    others = [
        (Kind(pair.source_kind), pair.source_id) if on_invoice else (Kind.INVOICE, pair.invoice_id)
        for pair in sides.differing
    ]
    records: dict[tuple[Kind, int], Named] = {}
    known: dict[tuple[Kind, int], SyncState] = {}
    for kind in {kind for kind, _ in others}:
        ids = [id_ for other, id_ in others if other == kind]
        records |= {(kind, id_): named for id_, named in of_kind(kind, ids).items()}
        known |= {(kind, id_): state for id_, state in states(current_company(), kind, ids).items()}
    return [
        Reason(records[other], pair, known.get(other))
        for other, pair in zip(others, sides.differing, strict=True)
        if other in records
    ]
