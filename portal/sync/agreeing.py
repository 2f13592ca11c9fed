"""Number collisions that are most likely the same document: customer, date and total agree, so they may be linked
together (rule 7). One that agrees in part is left for a person to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from sqlalchemy import select

from portal.extensions import db
from portal.models.sync import Kind, Problem, SyncRow
from portal.queries.sync_records import Named, named
from portal.services.audit import Actor
from portal.services.records import hold_customers
from portal.sync import choices

CODE = "number_taken"


def agreeing(problems: Sequence[Problem]) -> list[tuple[Problem, Named]]:
    """The open collisions among `problems` whose record there has the same customer, date and total, with the record
    here. A customer counts as the same when ours is linked to the one that Intacct's record names."""
    open_ = [
        problem
        for problem in problems
        if problem.code == CODE and problem.closed_at is None and problem.row is not None
    ]
    records = named([problem.row for problem in open_ if problem.row is not None])
    ids = _customers_there([record.customer_id for record in records.values() if record.customer_id])
    return [
        (problem, record)
        for problem in open_
        if (record := records.get(problem.sync_row_id or 0)) is not None and _agrees(problem, record, ids)
    ]


def link_all(problems: Sequence[Problem], *, actor: Actor) -> list[Problem]:
    """Link every one of `problems` that agrees to the record that its look showed. Flushes; returns the linked ones."""
    found = agreeing(problems)
    hold_customers(record.customer_id for _, record in found if record.customer_id)  # a copy that came in is voided
    linked = [problem for problem, _ in found]
    for problem in linked:
        choices.resolve(problem, "link", to=str(problem.details["there"]["key"]), actor=actor)
    return linked


def _agrees(problem: Problem, record: Named, ids_there: dict[int, str]) -> bool:
    there = problem.details.get("there") or {}
    id_there = ids_there.get(record.customer_id or 0, "")
    return (
        bool(there.get("key"))
        and bool(id_there)
        and str(there.get("customer_id", "")) == id_there
        and record.date is not None
        and str(there.get("date") or "") == record.date.isoformat()
        and record.amount is not None
        and _amount(there.get("total")) == record.amount
    )


def _amount(text: object) -> Decimal | None:
    try:
        return Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None


def _customers_there(customer_ids: Sequence[int]) -> dict[int, str]:
    """The CUSTOMERID that each of our customers is linked to, in whichever book its collision stands."""
    if not customer_ids:
        return {}
    query = select(SyncRow.record_id, SyncRow.number_there).where(
        SyncRow.kind == Kind.CUSTOMER, SyncRow.record_id.in_(sorted(set(customer_ids))), SyncRow.key != ""
    )
    return {record_id: number for record_id, number in db.session.execute(query)}
