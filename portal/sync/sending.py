"""Sending postings: born in one transaction, sent outside any, answered in another.

A posting exists, open, before its request leaves, and the request leaves only before the moment written on it. So
whatever dies, the next run knows what may be there. Two requests may be on their way at once; each is landed and stored
whatever becomes of the other.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import insert, select

from portal.extensions import db
from portal.intacct.departure import clock
from portal.intacct.errors import IntacctError, Level, NoReply, SchemaError, SessionExpired, Throttled
from portal.intacct.gateway import Call, Result
from portal.models.base import JsonDict
from portal.models.sync import Act, Kind, Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.services.turns import Turn
from portal.sync import answers, judging, pretending
from portal.sync.answers import Answer, Stored
from portal.sync.context import RunContext
from portal.sync.mapping import Built, CannotSend
from portal.sync.snapshots import Snapshot, is_as_taken
from portal.sync.standing import stand

log = logging.getLogger(__name__)

LEAVES_WITHIN_SECONDS = 30
PAUSES_SECONDS = (1, 2, 4, 8)
"""Between tries of a batch that Intacct would not take at all (throttled, off-line); each try is a new posting."""


@dataclass(frozen=True)
class Ready:
    """A record that was looked at and may be sent. `build` makes the function for a sequence number (the reference in
    its text carries it); `above` is the highest sequence number of ours that was seen there."""

    row_id: int
    kind: Kind
    act: Act
    number: str
    snapshot: Snapshot
    hash: str
    build: Callable[[int], Built]
    above: int = 0


@dataclass(frozen=True)
class Born:
    """An open posting as it goes to the wire."""

    posting_id: int
    attempt: int
    control_id: str
    body: str
    ready: Ready

    @property
    def act(self) -> Act:
        """What it does in Intacct."""
        return self.ready.act


class OnItsWay(Protocol):
    """What the answer to a posting is matched by and judged by."""

    @property
    def posting_id(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def control_id(self) -> str: ...
    @property
    def act(self) -> Act: ...


Received = list[tuple[Any, Answer]]
"""Each posting that was sent, as it was let out, with its answer."""


@dataclass(frozen=True)
class NotTaken:
    """A request that Intacct did not take at all, for a reason that another try may mend."""

    items: Sequence[Ready]
    error: IntacctError


def ready(
    snapshot: Snapshot, act: Act, build: Callable[[int], Built], *, above: int = 0, hash_: str | None = None
) -> Ready:
    """A snapshot made ready; its posting carries the hash of what the snapshot wanted."""
    carried = snapshot.want if hash_ is None else hash_
    return Ready(snapshot.row_id, snapshot.kind, act, snapshot.number, snapshot, carried, build, above)


def send_all(ctx: RunContext, items: Sequence[Ready]) -> None:
    """Send every item, in batches; problems and answers are stored as they come. A preview only notes them, and a run
    of what a preview showed sends those alone.

    Raises StepFailed-worthy IntacctErrors when Intacct cannot be worked with now; what was not sent is sent by the
    next run.
    """
    if ctx.pretence is not None:
        for item in pretending.pretend(ctx, ctx.pretence, items):
            count_written(ctx, item.act, item.kind)
        return
    stop = ""
    if ctx.as_shown is not None:
        items, stop = pretending.only_shown(ctx, ctx.as_shown, items)
        ctx.checkpoint()
    _send_in_flight(ctx, items)
    if stop:
        raise pretending.stop(stop)


def _send_in_flight(ctx: RunContext, items: Sequence[Ready]) -> None:
    """Keep two requests on their way until all is sent; what was not taken goes again one request at a time."""
    waiting = list(items)
    with _all_landed(ctx):
        while waiting or ctx.flight.busy:
            while waiting and (turn := ctx.next_turn()) is not None:
                batch, waiting = waiting[: ctx.pace.size], waiting[ctx.pace.size :]
                _let_go(ctx, batch, turn)
            if ctx.flight.busy and (refused := _land(ctx)):
                _again(ctx, [refused, *_land_others(ctx)])
            if waiting:
                ctx.give_way()


@contextmanager
def _all_landed(ctx: RunContext) -> Iterator[None]:
    """Whatever ends the sending: what is still on its way is awaited, and what Intacct says of it is stored."""
    try:
        yield
    except Exception:
        db.session.rollback()
        landed = []
        while ctx.flight.busy:
            received, seconds, error = receive(ctx)
            if error is not None:
                log.warning("run %s: another request failed too: %s", ctx.run_id, error)
            landed += _keep(ctx, received)
        if landed:
            _note_all(ctx, landed)
            ctx.save()
        raise


def _let_go(ctx: RunContext, items: Sequence[Ready], turn: Turn) -> None:
    """Have postings born and send them in one request, which gives the turn back at its end."""
    with ctx.given_back_on_failure(turn):
        born, leave_before = _give_birth(ctx, items)
        if born:
            ctx.depart([Call(item.control_id, item.body) for item in born], leave_before, turn, born)
            return
    turn.give_back()


def _land(ctx: RunContext) -> NotTaken | None:
    """Store what became of the request that left first. Raises the error of one that failed for good, or for which
    the line is not to be trusted now: the run ends in words."""
    received, seconds, error = receive(ctx)
    if error is None:
        ctx.pace.took(len(received), seconds)
    _store(ctx, received)
    if error is None:
        stop_if_silent(received)
        return None
    items = [item.ready for item, _ in received]
    if is_malformed(error) and len(items) == 1:
        return None
    if isinstance(error, SessionExpired | Throttled) or is_malformed(error):
        return NotTaken(items, error)
    raise error


def _land_others(ctx: RunContext) -> list[NotTaken]:
    refused = []
    while ctx.flight.busy:
        if (more := _land(ctx)) is not None:
            refused.append(more)
    return refused


def receive(ctx: RunContext) -> tuple[Received, float, IntacctError | None]:
    """The answers to the request that left first, the seconds that it took, and the error if it failed as a whole."""
    landing = ctx.land()
    born: Sequence[OnItsWay] = landing.cargo
    try:
        results, seconds = landing.results()
    except IntacctError as error:
        alone = is_malformed(error) and len(born) == 1
        answer = _for_one(error, alone)
        return [(item, Answer(item.posting_id, item.attempt, error=answer)) for item in born], 0.0, error
    return [(item, _answer(item, results[item.control_id])) for item in born], seconds, None


def _again(ctx: RunContext, refused: Sequence[NotTaken]) -> None:
    """Send what was not taken, one request after the other: after a pause, in a new session, or each document alone."""
    pauses = iter(PAUSES_SECONDS)
    renewed = False
    left = list(refused)
    while left:
        first = left.pop(0)
        if isinstance(first.error, SessionExpired):
            if renewed:
                raise first.error
            renewed = True
            ctx.gateway.sign_in()
        elif isinstance(first.error, Throttled):
            pause = next(pauses, None)
            if pause is None:
                raise first.error
            time.sleep(pause * random.uniform(0.75, 1.25))
        # One malformed document must not refuse its batch: each goes again alone, and the bad one gets the problem.
        alone = is_malformed(first.error)
        for batch in [[item] for item in first.items] if alone else [first.items]:
            _let_go(ctx, batch, ctx.wait_for_turn())
            left = _land_others(ctx) + left


def _answer(item: OnItsWay, result: Result) -> Answer:
    error = result.error
    if error is None and item.act == Act.CREATE and not result.key:
        error = NoReply("Intacct said yes but not under which key.", code="reply")
    return Answer(item.posting_id, item.attempt, result.key, error)


def is_malformed(error: IntacctError) -> bool:
    """Whether Intacct found a document at fault. A 400 from the edge says nothing about any document."""
    return isinstance(error, SchemaError) and error.level != Level.HTTP


def _for_one(error: IntacctError, alone: bool) -> IntacctError:
    """A document refused as malformed in a request of its own is refused for good; in a batch it never ran."""
    if isinstance(error, SchemaError):
        error.executed = "refused" if alone else "no"
    return error


def stop_if_silent(received: Received) -> None:
    """A reply that left out records means the line is not to be trusted now: the run ends in words."""
    for _, answer in received:
        if isinstance(answer.error, NoReply):
            raise answer.error


def _give_birth(ctx: RunContext, items: Sequence[Ready]) -> tuple[list[Born], float]:
    # Two clocks from the same moment: the wall's for those who look later, the worker's own for itself, so that one
    # that was frozen, or whose machine slept, does not send what others have given up waiting for.
    ctx.stop_if_asked()
    send_before = utcnow() + ctx.clock_ahead + timedelta(seconds=LEAVES_WITHIN_SECONDS)
    leave_before = clock() + LEAVES_WITHIN_SECONDS
    standing = stand([item.row_id for item in items], also_lock=True)
    postings: list[tuple[SyncRow, Ready, JsonDict]] = []
    for item in items:
        row = standing.rows.get(item.row_id)
        if row is None or row.id in standing.opened or not is_as_taken(row, item.snapshot, standing.applied(row.id)):
            continue  # edited, applied, linked, held or opened since it was looked at: the next run looks again
        posting = _posting(ctx, row, item, standing.next_seq(row), send_before)
        if posting is not None:
            postings.append((row, item, posting))
    ids = _insert([posting for _, _, posting in postings])
    born = [
        Born(ids[row.id], 1, control_id(row.ref, posting["seq"]), posting["body"], item)
        for row, item, posting in postings
    ]
    ctx.save()  # no cancelling here: a posting that was born is sent, or it would be open for nothing
    return born, leave_before


def _posting(ctx: RunContext, row: SyncRow, item: Ready, next_seq: int, send_before: datetime) -> JsonDict | None:
    """The posting as it is stored; None for a record that is not sent as it is, which has its problem then."""
    seq = max(next_seq, item.above + 1)
    try:
        built = item.build(seq)
    except (CannotSend, ValueError) as error:
        judging.refuse(ctx, row, error)
        return None
    return {
        "sync_row_id": row.id, "seq": seq, "act": item.act, "body": built.body, "hash": item.hash, "facts": built.facts,
        "intacct_company_id": ctx.intacct_company_id, "entity": ctx.entity, "run_id": ctx.run_id,
        "send_before": send_before, "sent_at": utcnow(), "state": PostingState.OPEN, "attempts": 1,
    }  # fmt: skip


def _insert(postings: Sequence[JsonDict]) -> dict[int, int]:
    """Store postings in one statement; their ids by sync row, of which each has at most one that is open."""
    if not postings:
        return {}
    db.session.execute(insert(Posting), list(postings))
    rows = [posting["sync_row_id"] for posting in postings]
    query = select(Posting.sync_row_id, Posting.id).where(Posting.sync_row_id.in_(rows))
    return {row_id: id_ for row_id, id_ in db.session.execute(query.where(Posting.state == PostingState.OPEN))}


def control_id(ref: str, seq: int) -> str:
    """What names one function on the wire; the same for every attempt of a posting."""
    return f"{ref}.{seq}"


def _store(ctx: RunContext, received: Received) -> None:
    """Write the answers down, whoever holds the run now; then note them in the run, if it is still ours."""
    _note_all(ctx, _keep(ctx, received))
    ctx.checkpoint()


def _keep(ctx: RunContext, received: Received) -> list[tuple[Born, Stored]]:
    stored = ctx.again_after_deadlock(lambda: answers.store_all([answer for _, answer in received], ctx.by))
    ctx.commit()
    return [(item, outcome) for (item, _), outcome in zip(received, stored, strict=True) if outcome is not None]


def _note_all(ctx: RunContext, stored: Sequence[tuple[Born, Stored]]) -> None:
    with ctx.noting_together():
        for item, outcome in stored:
            note(ctx, outcome, item.ready.number)


def note(ctx: RunContext, outcome: Stored, number: str) -> None:
    """Count a stored answer and list it on the run's page."""
    if outcome.state == PostingState.POSTED:
        count_written(ctx, outcome.act, outcome.kind)
        ctx.item(judging.WRITTEN[outcome.act], "", row_id=outcome.row_id)
    elif outcome.state == PostingState.REFUSED:
        ctx.count("problems")
        ctx.item("problem", outcome.text, row_id=outcome.row_id)
    elif outcome.state == PostingState.OPEN:
        ctx.count("unknown")
        ctx.item(
            "unknown", "It is not known yet whether Intacct has it. It will not be sent twice.", row_id=outcome.row_id
        )
    else:
        ctx.count("waiting")
        ctx.item("not_sent", f"Intacct did not take it now: {outcome.text}", row_id=outcome.row_id)


_FIGURES = {Act.APPLY: "applied", Act.REVERSE: "reversed", Act.DELETE: "reversed"}


def count_written(ctx: RunContext, act: Act, kind: Kind) -> None:
    """Add one to the run's figure for an act on a kind of record; what is reversed of a credit note is only an
    application of it."""
    figure = "unapplied" if (act, kind) == (Act.REVERSE, Kind.CREDIT_NOTE) else _FIGURES.get(act, "written")
    ctx.count(f"{figure}.{kind.value}s")
