"""Which records have something to send: asked of the book without looking at what has nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, CompoundSelect, Select, String, bindparam, exists, select, union

from portal.extensions import db
from portal.models.sync import SOURCES, Kind, Pair, Posting, PostingState, Problem, SyncRow
from portal.models.types import utcnow
from portal.queries import left_out
from portal.sync import scope
from portal.sync.context import RunContext


def candidates(ctx: RunContext, kind: Kind, *, there: bool = False) -> list[int]:
    """Ids of the sync rows of `kind` with something to send, oldest first: none with an open posting, none whose
    problem waits for a later hour (a person's Sync Now tries all, each once however often the run is taken up).
    With `there` only those that Intacct has, as far as we know: nothing else can be taken back (a preview looks at all,
    since what it linked is not kept)."""
    asks = _Candidates(
        kind, there and ctx.pretence is None, bool(ctx.entity), ctx.by_hand, ctx.taken_up_again_since is not None,
        ctx.only_rows is not None,
    )  # fmt: skip
    given = {
        "book": ctx.book_id, "entity": ctx.entity, "now": utcnow(), "taken_up": ctx.taken_up_again_since,
        "only_rows": list(ctx.only_rows or ()), "otherwise": [],
    }  # fmt: skip
    if kind == Kind.PAYMENT:
        given["otherwise"] = list(left_out.posted_otherwise(ctx.book_id, ctx.only_rows))
    return list(db.session.scalars(_question(asks), given))


@dataclass(frozen=True)
class _Candidates:
    """What a question for candidates depends on, besides values. Each form of it is built once: a sync with nothing to
    do asks seven, and building one takes longer than its answer."""

    kind: Kind
    there: bool
    of_entity: bool
    by_hand: bool
    taken_up: bool
    of_rows: bool


@cache
def _question(asks: _Candidates) -> Select[Any]:
    """The question, with its values still open."""
    book, entity = bindparam("book", type_=BigInteger), bindparam("entity", type_=String) if asks.of_entity else ""
    query = select(SyncRow.id).where(*scope.seen(book, entity), SyncRow.kind == asks.kind, SyncRow.hold == "")
    if asks.there:
        query = query.where(SyncRow.have_hash != "")
    if asks.kind in SOURCES:
        differing = _differing(book, asks.kind).subquery()
        query = query.join(differing, differing.c.id == SyncRow.id)
    else:
        query = query.where(SyncRow.want_hash != SyncRow.have_hash)
    is_open = exists().where(Posting.sync_row_id == SyncRow.id, Posting.state == PostingState.OPEN)
    query = query.where(~is_open)
    has_problem = (Problem.sync_row_id == SyncRow.id) & Problem.closed_at.is_(None)
    if not asks.by_hand:
        query = query.where(~exists().where(has_problem, Problem.retry_at > bindparam("now")))
    if asks.taken_up:
        query = query.where(~exists().where(has_problem, Problem.last_seen >= bindparam("taken_up")))
    if asks.of_rows:
        query = query.where(SyncRow.id.in_(bindparam("only_rows", expanding=True)))
    return query.order_by(SyncRow.id)


def _differing(book: BindParameter[int], kind: Kind) -> CompoundSelect[Any]:
    """Rows of payments or credit notes of which anything differs: each kind of difference has an index that holds
    only what differs, which one condition with "or" would pass over."""
    unequal = select(SyncRow.id).where(
        SyncRow.book_id == book, SyncRow.kind == kind, SyncRow.hold == "",
        SyncRow.want_hash != SyncRow.have_hash,
    )  # fmt: skip
    owing = select(Pair.source_row_id).where(Pair.applied_here != Pair.applied_there, Pair.hold == "")
    otherwise = select(SyncRow.id).where(SyncRow.id.in_(bindparam("otherwise", expanding=True)))
    return union(unequal, owing, otherwise)
