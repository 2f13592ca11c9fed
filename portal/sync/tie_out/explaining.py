"""The documents that differ, looked at once more: both sides anew, and the money on them source by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import func, select, update

from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.sync import Kind, SyncRow
from portal.models.tie_out import TieOutDocument
from portal.money import ZERO
from portal.problems.catalogue import guide_for
from portal.queries.sync_states import State, SyncState, states
from portal.sync import scope
from portal.sync.tie_out import here as ours
from portal.sync.tie_out import laid
from portal.sync.tie_out import there as theirs
from portal.sync.tie_out.causes import Amounts, Case, Standing, explain
from portal.sync.tie_out.here import HereDoc
from portal.sync.tie_out.laid import Laid
from portal.sync.tie_out.there import ThereDoc
from portal.sync.tie_out.work import Listed, Work

AT_ONCE = 200


def explain_all(work: Work) -> None:
    """Give every document that differs its cause, and take out of the differences what agrees by now."""
    differing = (
        TieOutDocument.tie_out_id == work.tie_out_id, TieOutDocument.difference != ZERO, TieOutDocument.cause == ""
    )  # fmt: skip
    total = db.session.scalar(select(func.count(TieOutDocument.id)).where(*differing)) or 0
    work.ctx.begin("explain", total=total)
    after = done = 0
    while True:
        query = select(*TieOutDocument.__table__.c).where(*differing, TieOutDocument.id > after)
        batch = [_listed(row) for row in db.session.execute(query.order_by(TieOutDocument.id).limit(AT_ONCE))]
        work.ctx.commit()
        if not batch:
            return
        after, done = batch[-1].id, done + len(batch)
        _explain(work, batch)
        work.ctx.checkpoint(position=done)


def _explain(work: Work, batch: Sequence[Listed]) -> None:
    on_here = laid.here_of(work.ctx.book_id, batch, work.as_of)
    work.ctx.commit()
    fresh = _read_again(work, batch)
    on_there = laid.there_of(work, batch, on_here)
    here: dict[tuple[Kind, int], HereDoc] = {}
    for kind in ours.KINDS:
        ids = [item.record_id for item in batch if item.kind == kind and item.record_id is not None]
        here |= {(kind, id_): doc for id_, doc in ours.load(kind, ids, work.as_of).items()}
    standings = standings_of(work.ctx.company_id, laid.records_of(batch, on_here, on_there))
    rows = {
        row.id: row
        for row in db.session.scalars(
            select(SyncRow).where(SyncRow.id.in_([item.sync_row_id for item in batch if item.sync_row_id]))
        )
    }
    money = Laid(on_here, on_there, standings)
    changes = [_judged(work, item, here, fresh, rows, money) for item in batch]
    db.session.execute(update(TieOutDocument), changes)


def _judged(
    work: Work,
    item: Listed,
    here: Mapping[tuple[Kind, int], HereDoc],
    fresh: Mapping[tuple[str, str], ThereDoc],
    rows: Mapping[int, SyncRow],
    money: Laid,
) -> dict[str, Any]:
    """The row's new values: both sides as they are now, and the cause."""
    mine = here.get((item.kind, item.record_id)) if item.record_id is not None else None
    row = rows.get(item.sync_row_id or 0)
    here_now = Amounts(mine.total, mine.due) if mine and mine.counts else None
    there_now, gone, cannot_read = _there_now(work, item, fresh)
    case = Case(
        kind=item.kind,
        name=item.name,
        currency=item.currency,
        here=here_now,
        there=there_now,
        standing=money.standing(item.kind, item.record_id) if mine else None,
        gone=gone,
        seen_total=_seen_total(row, item.kind),
        puts=money.puts(item) if here_now and there_now else (),
        cannot_read=cannot_read,
        out_of_sight=_out_of_sight(work, row) if there_now is None else "",
    )
    found = explain(case)
    here_total, here_due = (here_now.total, here_now.due) if here_now else (ZERO, ZERO)
    there_total, there_due = (there_now.total, there_now.due) if there_now else (ZERO, ZERO)
    return {
        "id": item.id, "is_here": here_now is not None, "is_there": there_now is not None,
        "here_total": here_total, "here_due": here_due, "there_total": there_total, "there_due": there_due,
        "difference": case.difference, "unexplained": found.unexplained, "cause": found.cause or "",
        "text": found.text, "problem_id": found.problem_id,
    }  # fmt: skip


def _there_now(work: Work, item: Listed, fresh: Mapping[tuple[str, str], ThereDoc]) -> tuple[Amounts | None, str, str]:
    """Intacct's amounts; what became of a linked record that is not alive; why it could not be read."""
    if not item.key or item.object not in theirs.BY_NAME:
        return None, "", ""  # the money of an opening payment, or of a discount, has no record of its own there
    if item.object in work.unread.refused:
        return None, "", f"Intacct does not let the portal read {theirs.BY_NAME[item.object].called}"
    if work.as_of is not None and item.is_there:
        return Amounts(item.there_total, item.there_due), "", ""
    doc = fresh.get((item.object, item.key))
    if doc is None:
        return None, "deleted", ""
    if not doc.alive:
        return None, "reversed", ""
    if work.as_of is not None:
        return None, "", ""
    return Amounts(doc.total, doc.due), "", ""


def _out_of_sight(work: Work, row: SyncRow | None) -> str:
    """A link keeps its entity: what lies in another than the connection's is not gone, it is not seen."""
    if row is None or not row.key or scope.sees(work.ctx, row.entity):
        return ""
    return f"it is in entity {row.entity} of Intacct, which this connection does not see"


def _read_again(work: Work, batch: Sequence[Listed]) -> dict[tuple[str, str], ThereDoc]:
    found: dict[tuple[str, str], ThereDoc] = {}
    for object_ in sorted({item.object for item in batch if item.object in theirs.BY_NAME}):
        keys = [item.key for item in batch if item.object == object_ and item.key]
        found |= {(object_, key): doc for key, doc in theirs.by_key(work.ctx, object_, keys, work.unread).items()}
    return found


def standings_of(company_id: int, records: Mapping[Kind, set[int]]) -> dict[tuple[Kind, int], Standing]:
    """How these records stand with Intacct."""
    company = db.session.get_one(Company, company_id)
    found: dict[tuple[Kind, int], Standing] = {}
    for kind, ids in records.items():
        known = states(company, kind, ids)
        row_ids = [state.sync_row_id for state in known.values() if state.sync_row_id]
        rows = {row.id: row for row in db.session.scalars(select(SyncRow).where(SyncRow.id.in_(row_ids)))}
        found |= {(kind, id_): _standing(kind, state, rows.get(state.sync_row_id or 0)) for id_, state in known.items()}
    return found


def _standing(kind: Kind, state: SyncState, row: SyncRow | None) -> Standing:
    reason = state.reason
    if state.state == State.PROBLEM:
        reason = guide_for("", state.problem_title).title
    elif state.state in (State.PENDING, State.SYNCED):
        reason = ""
    return Standing(
        state=state.state,
        reason=reason,
        linked=bool(state.intacct_key),
        hold=row.hold if row else "",
        problem_id=state.problem_id,
        is_credit=kind == Kind.CREDIT_NOTE,
        came_from_there=bool(row and row.origin == Origin.INTACCT),
    )


def _seen_total(row: SyncRow | None, kind: Kind) -> Decimal | None:
    text = row.seen_there.get("total") if row is not None else None
    try:
        total = Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None
    return -total if total is not None and kind == Kind.PAYMENT else total


def _listed(row: Any) -> Listed:
    return Listed(
        row.id, Kind(row.kind), row.record_id, row.sync_row_id, row.object, row.key, row.number or row.number_there,
        row.currency, row.is_there, row.there_total, row.there_due, row.here_total, row.here_due, row.is_here,
    )  # fmt: skip
