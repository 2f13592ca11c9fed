"""Both sides read into rows, a page at a time: memory stays the same however many documents there are.

First Intacct's open records, each beside the document of ours that it is; then what is open here and was not met there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select

from portal.extensions import db
from portal.models.customer import Customer
from portal.models.run import Run
from portal.models.sync import Kind, SyncRow
from portal.models.tie_out import Cause, TieOut, TieOutCustomer, TieOutDocument, TieOutMoved
from portal.models.types import utcnow
from portal.money import ZERO
from portal.sync.context import RunContext
from portal.sync.mapping import reference_in
from portal.sync.rows import linked
from portal.sync.tie_out import here as ours
from portal.sync.tie_out import there as theirs
from portal.sync.tie_out.here import HereDoc
from portal.sync.tie_out.there import ThereDoc
from portal.sync.tie_out.work import Work

AT_ONCE = 1000
DOUBLE = "It carries the reference of {number}, which is another record in Intacct: one of the two is too many"


@dataclass(frozen=True)
class Match:
    """What a record of Intacct's is to us: our row, by its link or by our reference; `double` where that row is another
    record there."""

    row: SyncRow
    double: bool = False


def begin(ctx: RunContext) -> Work:
    """Make the tie-out's row; what an earlier worker of the same run left half done goes."""
    run = db.session.get_one(Run, ctx.run_id)
    text = run.subject.get("as_of")
    as_of = dt.date.fromisoformat(text) if text else None
    for old in db.session.scalars(select(TieOut.id).where(TieOut.run_id == ctx.run_id)).all():
        remove(old)
    tie_out = TieOut(book_id=ctx.book_id, run_id=ctx.run_id, as_of=as_of, read_at=utcnow(), unread=[])
    db.session.add(tie_out)
    db.session.flush()
    work = Work(ctx, tie_out.id, as_of)
    ctx.checkpoint()
    return work


def remove(tie_out_id: int) -> None:
    """Delete a tie-out with all its rows."""
    for model in (TieOutDocument, TieOutCustomer, TieOutMoved):
        db.session.execute(delete(model).where(model.tie_out_id == tie_out_id))
    db.session.execute(delete(TieOut).where(TieOut.id == tie_out_id))


def read_there(work: Work) -> None:
    """Intacct's open records, each beside ours; of a day in the past, first what was applied after it."""
    ctx = work.ctx
    ctx.begin("there")
    if work.as_of is not None:
        _read_moved(work, work.as_of)
    for kept in theirs.OBJECTS:
        for page in theirs.open_pages(ctx, kept, work.as_of, work.unread):
            _take(work, page)
    if work.as_of is not None:
        _read_settled_since(work)


def read_here(work: Work) -> None:
    """What is open here and was not met there: records that are linked are looked up by their keys."""
    ctx = work.ctx
    ctx.begin("here")
    for kind in ours.KINDS:
        after = 0
        while ids := ours.open_ids(ctx.company_id, kind, work.tie_out_id, after, work.as_of, AT_ONCE):
            after = ids[-1]
            rows = _sync_rows(ctx.book_id, kind, ids)
            keys: dict[str, list[str]] = {}
            for row in rows.values():
                if row.key:
                    keys.setdefault(row.object, []).append(row.key)
            ctx.commit()
            found = {
                (object_, key): doc
                for object_, wanted in keys.items()
                if object_ in theirs.BY_NAME
                for key, doc in theirs.by_key(ctx, object_, wanted, work.unread).items()
            }
            _store_open_here(work, kind, ids, rows, found)
            ctx.checkpoint(position=after)


def _store_open_here(
    work: Work, kind: Kind, ids: Sequence[int], rows: dict[int, SyncRow], found: dict[tuple[str, str], ThereDoc]
) -> None:
    docs = ours.load(kind, ids, work.as_of)
    moved = moved_since(work, list(found.values()))
    values: list[dict[str, Any]] = []
    for id_, doc in docs.items():
        row = rows.get(id_)
        there = found.get((row.object, row.key)) if row is not None and row.key else None
        values += _values(work, doc, there, row, moved)
    _insert(values)


def _read_moved(work: Work, as_of: dt.date) -> None:
    for page in theirs.moved_pages(work.ctx, as_of, work.unread):
        if page:
            db.session.execute(
                insert(TieOutMoved),
                [{"tie_out_id": work.tie_out_id, "object": o, "key": k, "amount": a} for o, k, a in page],
            )
        work.ctx.checkpoint()


def _read_settled_since(work: Work) -> None:
    """Records that owe nothing now but did on the day."""
    for kept in theirs.OBJECTS:
        after = ""
        while True:
            met = select(TieOutDocument.id).where(
                TieOutDocument.tie_out_id == work.tie_out_id, TieOutDocument.object == kept.object,
                TieOutDocument.key == TieOutMoved.key,
            ).exists()  # fmt: skip
            keys = list(
                db.session.scalars(
                    select(TieOutMoved.key)
                    .where(TieOutMoved.tie_out_id == work.tie_out_id, TieOutMoved.object == kept.object, ~met)
                    .where(TieOutMoved.key > after)
                    .distinct()
                    .order_by(TieOutMoved.key)
                    .limit(AT_ONCE)
                )
            )
            work.ctx.commit()
            if not keys:
                break
            after = keys[-1]
            _take(work, list(theirs.by_key(work.ctx, kept.object, keys, work.unread).values()))


def _take(work: Work, page: Sequence[ThereDoc]) -> None:
    """Store a page of Intacct's records, each beside ours."""
    docs = [doc for doc in page if doc.alive]
    matches = _match(work.ctx.book_id, docs)
    moved = moved_since(work, docs)
    here: dict[tuple[Kind, int], HereDoc] = {}
    for kind in ours.KINDS:
        ids = [match.row.record_id for match in matches.values() if match.row.kind == kind]
        here |= {(kind, id_): doc for id_, doc in ours.load(kind, ids, work.as_of).items()}
    owners = _owners(work.ctx.book_id, {doc.customer_id for doc in docs})
    values: list[dict[str, Any]] = []
    for doc in docs:
        match = matches.get(doc.key)
        if match is not None and match.double:
            values += _double(work, doc, match, here, owners, moved)
            continue
        mine = here.get((Kind(match.row.kind), match.row.record_id)) if match else None
        values += _values(work, mine, doc, match.row if match else None, moved, owners)
    _insert(values)
    work.ctx.count("read.open_there", len(docs))
    work.ctx.checkpoint(position=work.ctx.counts["read.open_there"])


def _double(
    work: Work, doc: ThereDoc, match: Match, here: dict[tuple[Kind, int], HereDoc], owners: dict[str, tuple[int, str]],
    moved: dict[tuple[str, str], Decimal],
) -> list[dict[str, Any]]:  # fmt: skip
    mine = here.get((Kind(match.row.kind), match.row.record_id))
    made = _values(work, None, doc, None, moved, owners)
    for values in made:
        values["cause"], values["unexplained"] = Cause.UNEXPLAINED, values["difference"]
        values["text"] = DOUBLE.format(number=mine.number if mine else "a record of ours")
    return made


def _match(book_id: int, docs: Sequence[ThereDoc]) -> dict[str, Match]:
    """Our rows by the keys of Intacct's records: linked ones, and those whose reference a record carries."""
    found: dict[str, Match] = {}
    for object_ in {doc.object for doc in docs}:
        for key, row in linked(book_id, object_, [doc.key for doc in docs if doc.object == object_]).items():
            found[key] = Match(row)
    refs = {ref[0]: doc for doc in docs if doc.key not in found and (ref := reference_in(doc.description))}
    for start in range(0, len(refs), 500):
        part = list(refs)[start : start + 500]
        for row in db.session.scalars(select(SyncRow).where(SyncRow.book_id == book_id, SyncRow.ref.in_(part))):
            doc = refs[row.ref]
            if row.kind == doc.kind:
                found[doc.key] = Match(row, double=bool(row.key))
    return found


def moved_since(work: Work, docs: Iterable[ThereDoc]) -> dict[tuple[str, str], Decimal]:
    """What each record's open amount was higher by on the day asked for; empty for now."""
    if work.as_of is None:
        return {}
    found: dict[tuple[str, str], Decimal] = {}
    keys = sorted({doc.key for doc in docs})
    for start in range(0, len(keys), 500):
        query = (
            select(TieOutMoved.object, TieOutMoved.key, func.sum(TieOutMoved.amount))
            .where(TieOutMoved.tie_out_id == work.tie_out_id, TieOutMoved.key.in_(keys[start : start + 500]))
            .group_by(TieOutMoved.object, TieOutMoved.key)
        )
        found |= {(object_, key): amount for object_, key, amount in db.session.execute(query)}
    return found


def _owners(book_id: int, customer_ids: set[str]) -> dict[str, tuple[int, str]]:
    """Our customers by the CUSTOMERID that they are linked to; one that several of ours share is left out."""
    found: dict[str, list[tuple[int, str]]] = {}
    ids = sorted(customer_ids - {""})
    for start in range(0, len(ids), 500):
        query = (
            select(SyncRow.number_there, Customer.id, Customer.name)
            .join(Customer, Customer.id == SyncRow.record_id)
            .where(SyncRow.book_id == book_id, SyncRow.kind == Kind.CUSTOMER, SyncRow.key != "")
            .where(SyncRow.number_there.in_(ids[start : start + 500]))
        )
        for number, id_, name in db.session.execute(query):
            found.setdefault(number, []).append((id_, name))
    return {number: owners[0] for number, owners in found.items() if len(owners) == 1}


def _sync_rows(book_id: int, kind: Kind, ids: Sequence[int]) -> dict[int, SyncRow]:
    query = select(SyncRow).where(SyncRow.book_id == book_id, SyncRow.kind == kind, SyncRow.record_id.in_(ids))
    return {row.record_id: row for row in db.session.scalars(query)}


def _values(
    work: Work, here: HereDoc | None, there: ThereDoc | None, row: SyncRow | None,
    moved: dict[tuple[str, str], Decimal], owners: dict[str, tuple[int, str]] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The row of a document; two of them where its sides are in different currencies. None where both owe nothing."""
    later_there = there is not None and work.as_of is not None and there.date is not None and there.date > work.as_of
    due_there = there.due + moved.get((there.object, there.key), ZERO) if there else ZERO
    is_here = here is not None and here.counts
    is_there = there is not None and there.alive and not later_there
    if here and there and is_here and is_there and here.currency != there.currency:
        alone = [_values(work, here, None, row, {}), _values(work, None, there, row, moved, owners)]
        return [_with_cause(one, Cause.CURRENCY, "the two sides hold it in different currencies")
                for part in alone for one in part]  # fmt: skip
    made = _described(work, here, there, row, owners or {})
    made |= {
        "is_here": is_here, "is_there": is_there,
        "here_total": here.total if here and is_here else ZERO, "here_due": here.due if here and is_here else ZERO,
        "there_total": there.total if there and is_there else ZERO, "there_due": due_there if is_there else ZERO,
    }  # fmt: skip
    made["difference"] = made["here_due"] - made["there_due"]
    if not made["here_due"] and not made["there_due"]:
        return []
    if (later_there and is_here) or (here is not None and here.is_later and is_there):
        return [_with_cause(made, Cause.OTHER_DATE, "only one side's date is up to that day")]
    return [made]


def _with_cause(made: dict[str, Any], cause: Cause, text: str) -> dict[str, Any]:
    return made | ({"cause": cause, "text": text} if made["difference"] else {})


def _described(
    work: Work, here: HereDoc | None, there: ThereDoc | None, row: SyncRow | None, owners: dict[str, tuple[int, str]]
) -> dict[str, Any]:
    """What names the document on each side. The owner is our document's customer, else Intacct's."""
    owner = (here.customer_id, here.customer_name) if here else owners.get(there.customer_id if there else "")
    key_there = f"there:{there.customer_id}" if there else ""
    kind = here.kind if here else there.kind if there else Kind.INVOICE
    return {
        "tie_out_id": work.tie_out_id,
        "kind": kind,
        "record_id": here.record_id if here else None,
        "sync_row_id": row.id if row else None,
        "object": there.object if there else row.object if row else "",
        "key": there.key if there else row.key if row else "",
        "number": here.number if here else "",
        "number_there": there.number if there else "",
        "customer_key": f"here:{owner[0]}" if owner else key_there,
        "customer_id": owner[0] if owner else None,
        "customer_name": owner[1] if owner else (there.customer_name or there.customer_id) if there else "",
        "currency": here.currency if here and (not there or here.counts) else there.currency if there else "",
        "date": here.date if here else None,
        "date_there": there.date if there else None,
        "due_date": here.due_date if here else None,
        "due_date_there": there.due_date if there else None,
        "unexplained": ZERO,
        "cause": "",
        "text": "",
        "problem_id": None,
    }


def _insert(values: Sequence[dict[str, Any]]) -> None:
    if values:
        db.session.execute(insert(TieOutDocument), list(values))
