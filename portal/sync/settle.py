"""Settling: what became of postings whose answer never came. A look tells; nothing is sent again before it is certain
that Intacct is not still working on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.database import in_parts
from portal.extensions import db
from portal.intacct.departure import clock
from portal.intacct.errors import ControlIdUsed, SessionExpired
from portal.intacct.gateway import Call
from portal.models.sync import SOURCES, Act, Hold, Kind, Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.sync import answers, judging, links, sending
from portal.sync.answers import Answer, Stored
from portal.sync.context import RunContext
from portal.sync.looking import There
from portal.sync.settle_looks import Finding, Open, look

LOOK_AT_ONCE = 50
"""Open postings that are looked for together. What is sent again leaves within some seconds of the look that did not
find it."""


def settle(ctx: RunContext) -> None:
    """Look for every open posting of this Intacct company and entity, and end those whose fate is certain."""
    opened = _load(ctx)
    ctx.begin("settle", len(opened))
    _tell_of_other_entities(ctx)
    for together in in_parts(opened, LOOK_AT_ONCE):
        began = utcnow() + ctx.clock_ahead
        findings = look(ctx, together)
        lost = [item for item in together if _is_lost(ctx, item, findings[item.posting_id], began)]
        _send_again(ctx, lost)


def _tell_of_other_entities(ctx: RunContext) -> None:
    """A posting is settled in the entity it was sent to; from another one nothing can be said of it."""
    query = (
        select(Posting, SyncRow)
        .join(SyncRow, SyncRow.id == Posting.sync_row_id)
        .where(SyncRow.book_id == ctx.book_id, Posting.state == PostingState.OPEN, Posting.entity != ctx.entity)
    )
    for posting, row in db.session.execute(query).all():
        place = f"entity {posting.entity}" if posting.entity else "the top level of the company"
        text = (
            f"It is not known whether Intacct has {row.kind} {posting.facts.get('number', '')}: it was sent to {place},"
            " and this connection looks elsewhere. Nothing is sent again. Connect to it again to find out."
        )
        judging.problem(ctx, row, "cannot_tell", text, near={})
    ctx.checkpoint()


def _load(ctx: RunContext) -> list[Open]:
    query = (
        select(Posting, SyncRow)
        .join(SyncRow, SyncRow.id == Posting.sync_row_id)
        .where(SyncRow.book_id == ctx.book_id, Posting.state == PostingState.OPEN)
        .where(Posting.intacct_company_id == ctx.intacct_company_id, Posting.entity == ctx.entity)
        .order_by(Posting.id)
    )
    opened = [_open(posting, row) for posting, row in db.session.execute(query)]
    ctx.commit()
    return opened


def _open(posting: Posting, row: SyncRow) -> Open:
    return Open(
        posting.id, row.id, Kind(row.kind), Act(posting.act), row.ref, posting.seq, row.key, posting.body,
        dict(posting.facts), posting.attempts, posting.sent_at, posting.send_before,
        posting.answer.get("error") == "ControlIdUsed", bool(posting.answer.get("doubt")),
    )  # fmt: skip


def _is_lost(ctx: RunContext, item: Open, finding: Finding, began: datetime) -> bool:
    """Conclude from a look that began then; True when the posting certainly did not arrive and is to be sent again."""
    if finding.there:
        _found(ctx, item, finding)
        return False
    wait_over = began > item.send_before + ctx.settle_wait
    if not _still_open([item]):
        ctx.commit()  # its answer came after all, while this was looking
    elif not wait_over:
        ctx.count("unknown")
        ctx.item("unknown", "Not found in Intacct yet, which may still be working on it.", row_id=item.row_id)
        ctx.checkpoint()
    elif finding.near is not None or finding.moved:
        _cannot_tell(ctx, item, finding.near)
    elif item.id_was_used:
        _id_is_used(ctx, item)
    elif _is_left(item):
        _not_executed(ctx, item, "Intacct does not have it. It was decided to leave it, so it does not go again.")
    elif item.is_doubted:
        _cannot_tell(ctx, item)
    else:
        ctx.commit()
        return True
    return False


def _still_open(items: Sequence[Open]) -> list[Open]:
    """Those that nobody settled since they were taken up here: a worker that lost its run still stores what Intacct
    answers. Holds them for this transaction."""
    query = select(Posting.id, Posting.attempts).where(
        Posting.id.in_([item.posting_id for item in items]), Posting.state == PostingState.OPEN
    )
    found = {id_: attempts for id_, attempts in db.session.execute(query.order_by(Posting.id).with_for_update())}
    return [item for item in items if found.get(item.posting_id) == item.attempt]


def _found(ctx: RunContext, item: Open, finding: Finding) -> None:
    key = finding.key or item.key
    if item.act == Act.CREATE and _is_another_rows(ctx, item, key):
        return
    stored = answers.store(Answer(item.posting_id, item.attempt, key), ctx.by)
    for invoice_key in finding.applied:  # what lies there otherwise than it was sent is somebody's work since
        links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_key, "history of a settled payment")
    ctx.commit()
    if stored is not None:
        _note_settled(ctx, stored, item)
    ctx.checkpoint()


def _is_another_rows(ctx: RunContext, item: Open, key: str) -> bool:
    """Whether somebody linked what this posting made to another record of ours: then only people can tell."""
    taken = links.linked_row(ctx.book_id, links.OBJECTS[item.kind], key)
    if taken is None or taken.id == item.row_id:
        return False
    row = db.session.get_one(SyncRow, item.row_id)
    text = (
        f"Intacct has {item.kind.value} {item.number} as record {key}, but that record is linked to"
        " another one here. Nothing was sent. Skip this one, or post it again."
    )
    judging.problem(ctx, row, "cannot_tell", text, near={})
    ctx.checkpoint()
    return True


def _note_settled(ctx: RunContext, stored: Stored, item: Open) -> None:
    sending.note(ctx, stored, item.number)
    ctx.count("settled")


def _is_left(item: Open) -> bool:
    """Whether a person decided to leave it: as it is, or, where that was asked, by skipping it. Who only skips what is
    on its way touches no open posting."""
    hold = db.session.get_one(SyncRow, item.row_id).hold
    return hold == Hold.LEFT or bool(hold) and item.is_doubted


def _cannot_tell(ctx: RunContext, item: Open, near: There | None = None) -> None:
    row = db.session.get_one(SyncRow, item.row_id)
    if not row.hold:  # else a person has decided to leave it
        _tell_of_doubt(ctx, row, item, near)
    ctx.checkpoint()


def _tell_of_doubt(ctx: RunContext, row: SyncRow, item: Open, near: There | None) -> None:
    """Ask people; the posting remembers it, since its problem may make way for another one of the same record."""
    posting = db.session.get_one(Posting, item.posting_id)
    posting.answer = {**posting.answer, "doubt": True}
    like_it, ways, no_link = "", "link it to a record there, post it again, or leave it", False
    if near is not None:
        like_it = f" Record {near.key} there has the same customer, date and total."
        # A payment that was read in can be given up for the one that was recorded here; other documents cannot.
        no_link = (
            item.kind != Kind.PAYMENT and links.linked_row(row.book_id, links.OBJECTS[item.kind], near.key) is not None
        )
    if no_link:
        like_it, ways = f"{like_it} It came in here, too.", "post it again, or leave it"
    judging.problem(
        ctx, row, "cannot_tell",
        f"It cannot be told whether {item.kind.value} {item.number} is in Intacct: its answer was lost.{like_it}"
        f" Nothing is sent again until you decide: {ways}.",
        near={**near.seen(), "key": near.key} if near else {}, no_link=no_link,
    )  # fmt: skip


def _id_is_used(ctx: RunContext, item: Open) -> None:
    """Intacct calls the control id used, and a look after the wait did not find the record. Money is never sent under
    another one: only people can tell."""
    if item.kind in SOURCES:
        _cannot_tell(ctx, item)
    else:
        _burnt(ctx, item)


def _burnt(ctx: RunContext, item: Open) -> None:
    """Intacct calls the control id used and certainly does not have the record: the next posting gets a new one."""
    _not_executed(ctx, item, "Intacct does not have it; it goes again under a new control id.")


def _not_executed(ctx: RunContext, item: Open, text: str) -> None:
    posting = db.session.get_one(Posting, item.posting_id)
    posting.state, posting.answered_at = PostingState.NOT_EXECUTED, utcnow()
    ctx.item("not_sent", text, row_id=item.row_id)
    ctx.checkpoint()


def _send_again(ctx: RunContext, items: Sequence[Open]) -> None:
    """The same bodies under the same control ids, in requests of as many as others, through transaction 1 with a new
    moment."""
    if ctx.pretence is not None:
        for item in items:
            ctx.item("unknown", "Intacct does not have it; it would be sent again under the same control id.",
                     row_id=item.row_id)  # fmt: skip
        return
    waiting = list(items)
    while waiting:
        batch, waiting = waiting[: ctx.pace.size], waiting[ctx.pace.size :]
        _send_together(ctx, batch)


def _send_together(ctx: RunContext, items: Sequence[Open]) -> None:
    turn = ctx.wait_for_turn()
    with ctx.given_back_on_failure(turn):
        born, leave_before = _born_again(ctx, items)
        if born:
            ctx.depart([Call(item.control_id, item.body) for item in born], leave_before, turn, born)
    if born:
        _store_again(ctx)
    else:
        turn.give_back()


def _born_again(ctx: RunContext, items: Sequence[Open]) -> tuple[list[Open], float]:
    """The new attempts, without those that were answered meanwhile, and when their request must have left."""
    left = {item.posting_id: item for item in _still_open(items)}
    leave_before = clock() + sending.LEAVES_WITHIN_SECONDS
    sent_at, born = utcnow(), []
    for posting in db.session.scalars(select(Posting).where(Posting.id.in_(left)).order_by(Posting.id)):
        posting.attempts += 1
        posting.sent_at = sent_at
        posting.send_before = sent_at + ctx.clock_ahead + timedelta(seconds=sending.LEAVES_WITHIN_SECONDS)
        posting.answer = {}
        born.append(replace(left[posting.id], attempt=posting.attempts))
    ctx.save()  # no cancelling here: what is on record as sent is sent
    return born, leave_before


def _store_again(ctx: RunContext) -> None:
    """Store what became of the request. Raises its error when it failed as a whole and nothing here mends that."""
    received, seconds, failed = sending.receive(ctx)
    stored = ctx.again_after_deadlock(lambda: answers.store_all([answer for _, answer in received], ctx.by))
    ctx.commit()
    if failed is None:
        ctx.pace.took(len(received), seconds)
    burnt = []
    for (item, answer), outcome in zip(received, stored, strict=True):
        if outcome is None:
            continue  # it was settled meanwhile
        if isinstance(answer.error, ControlIdUsed):
            burnt.append(item)
        else:
            sending.note(ctx, outcome, item.number)
    ctx.checkpoint()
    for item in burnt:
        _id_is_used(ctx, item)  # the look came before: nothing of this attempt can have been done since
    if isinstance(failed, SessionExpired):
        ctx.gateway.sign_in()  # what was not done is sent by the steps that follow, as if for the first time
    elif failed is not None and not sending.is_malformed(failed):
        raise failed
    sending.stop_if_silent(received)
