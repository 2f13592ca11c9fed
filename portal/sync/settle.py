"""Settling: what became of postings whose answer never came. A look tells; nothing is sent again before it is certain
that Intacct is not still working on it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.intacct.errors import ControlIdUsed, IntacctError
from portal.intacct.gateway import Call
from portal.intacct.queries import Filter, Query, all_of, any_of, at_least, equal, like
from portal.intacct.stamps import format_stamp
from portal.models.sync import SOURCES, Act, Kind, Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.sync import answers, directory, judging, links, looking, sending
from portal.sync.answers import Answer, Stored
from portal.sync.context import RunContext
from portal.sync.looking import There

BORN_BEFORE = timedelta(hours=1)
"""Intacct stamps records before they become visible; its clock need not be ours."""


@dataclass(frozen=True)
class Open:
    """An open posting as settling takes it to the network."""

    posting_id: int
    row_id: int
    kind: Kind
    act: Act
    ref: str
    seq: int
    key: str
    body: str
    facts: dict[str, Any]
    attempts: int
    sent_at: datetime
    send_before: datetime
    id_was_used: bool

    @property
    def control_id(self) -> str:
        """The same for every attempt."""
        return sending.control_id(self.ref, self.seq)


@dataclass
class Finding:
    """What a look says of an open posting: it is there (under `key`), something near it is, or neither. `moved` says
    that money moved where it was to go, though not as it was to."""

    there: bool = False
    key: str = ""
    near: There | None = None
    moved: bool = False
    applied: dict[str, Decimal] = field(default_factory=dict)


def settle(ctx: RunContext) -> None:
    """Look for every open posting of this Intacct company and entity, and end those whose fate is certain."""
    opened = _load(ctx)
    ctx.begin("settle", len(opened))
    _tell_of_other_entities(ctx)
    for item in opened:
        began = utcnow()
        finding = _LOOKS[item.act](ctx, item)
        _conclude(ctx, item, finding, began)


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
        posting.answer.get("error") == "ControlIdUsed",
    )  # fmt: skip


def _conclude(ctx: RunContext, item: Open, finding: Finding, began: datetime) -> None:
    if finding.there:
        _found(ctx, item, finding)
        return
    wait_over = began > item.send_before + ctx.settle_wait
    if not _is_still_open(item):
        ctx.commit()  # its answer came after all, while this was looking
    elif not wait_over:
        ctx.count("unknown")
        ctx.item("unknown", "Not found in Intacct yet, which may still be working on it.", row_id=item.row_id)
        ctx.checkpoint()
    elif finding.near is not None or finding.moved:
        _cannot_tell(ctx, item, finding.near)
    elif item.id_was_used:
        _id_is_used(ctx, item)
    else:
        _send_again(ctx, item)


def _is_still_open(item: Open) -> bool:
    """Whether nobody settled the posting since it was taken up here: a worker that lost its run still stores what
    Intacct answers. Holds it for this transaction."""
    query = select(Posting.state, Posting.attempts).where(Posting.id == item.posting_id).with_for_update()
    return db.session.execute(query).one() == (PostingState.OPEN, item.attempts)


def _found(ctx: RunContext, item: Open, finding: Finding) -> None:
    key = finding.key or item.key
    if item.act == Act.CREATE and _is_another_rows(ctx, item, key):
        return
    stored = answers.store(Answer(item.posting_id, item.attempts, key), ctx.by)
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
        f"Intacct has {item.kind.value} {item.facts.get('number', '')} as record {key}, but that record is linked to"
        " another one here. Nothing was sent. Skip this one, or post it again."
    )
    judging.problem(ctx, row, "cannot_tell", text, near={})
    ctx.checkpoint()
    return True


def _note_settled(ctx: RunContext, stored: Stored, item: Open) -> None:
    sending.note(ctx, stored, str(item.facts.get("number", "")))
    ctx.count("settled")


def _cannot_tell(ctx: RunContext, item: Open, near: There | None = None) -> None:
    row = db.session.get_one(SyncRow, item.row_id)
    if not row.hold:  # else a person has decided to leave it
        _tell_of_doubt(ctx, row, item, near)
    ctx.checkpoint()


def _tell_of_doubt(ctx: RunContext, row: SyncRow, item: Open, near: There | None) -> None:
    number = item.facts.get("number", "")
    like_it = f" Record {near.key} there has the same customer, date and total." if near else ""
    judging.problem(
        ctx, row, "cannot_tell",
        f"It cannot be told whether {item.kind.value} {number} is in Intacct: its answer was lost.{like_it}"
        " Nothing is sent again until you decide: link it to a record there, post it again, or leave it.",
        near={**near.seen(), "key": near.key} if near else {},
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
    posting = db.session.get_one(Posting, item.posting_id)
    posting.state, posting.answered_at = PostingState.NOT_EXECUTED, utcnow()
    ctx.item("not_sent", "Intacct does not have it; it goes again under a new control id.", row_id=item.row_id)
    ctx.checkpoint()


def _send_again(ctx: RunContext, item: Open) -> None:
    """The same body under the same control id, through transaction 1 with a new moment."""
    if ctx.pretence is not None:
        ctx.item("unknown", "Intacct does not have it; it would be sent again under the same control id.",
                 row_id=item.row_id)  # fmt: skip
        return
    ctx.commit()
    turn = ctx.wait_for_turn()
    with ctx.given_back_on_failure(turn):
        attempt, leave_before = _born_again(ctx, item)
        if attempt:
            ctx.depart([Call(item.control_id, item.body)], leave_before, turn, item)
    if attempt:
        _store_again(ctx, item, attempt)
    else:
        turn.give_back()


def _born_again(ctx: RunContext, item: Open) -> tuple[int, float]:
    """The number of the new attempt and when it must have left; 0 when the posting was answered meanwhile."""
    if not _is_still_open(item):
        ctx.checkpoint()
        return 0, 0.0
    posting = db.session.get_one(Posting, item.posting_id)
    leave_before = time.monotonic() + sending.LEAVES_WITHIN_SECONDS
    posting.attempts += 1
    posting.sent_at = utcnow()
    posting.send_before = posting.sent_at + timedelta(seconds=sending.LEAVES_WITHIN_SECONDS)
    posting.answer = {}
    attempt = posting.attempts
    ctx.save()  # no cancelling here: what is on record as sent is sent
    return attempt, leave_before


def _store_again(ctx: RunContext, item: Open, attempt: int) -> None:
    failed: IntacctError | None = None
    try:
        results, _ = ctx.land().results()
        result = results[item.control_id]
        answer = Answer(item.posting_id, attempt, result.key or item.key, result.error)
    except IntacctError as error:
        failed, answer = error, Answer(item.posting_id, attempt, error=error)
    stored = answers.store(answer, ctx.by)
    ctx.commit()
    if failed is not None:
        raise failed
    if stored is None:
        return  # it was settled meanwhile
    if isinstance(answer.error, ControlIdUsed):
        _id_is_used(ctx, item)  # the look came before: nothing of this attempt can have been done since
        return
    sending.note(ctx, stored, str(item.facts.get("number", "")))
    ctx.checkpoint()


def _look_for_created(ctx: RunContext, item: Open) -> Finding:
    if item.kind == Kind.CUSTOMER:
        return _look_for_customer(ctx, item)
    found = _records(ctx, item)
    ours = [there for there in found if there.ref == item.ref and not there.gone_back and not there.is_application]
    if ours:
        applied = looking.applied_of(ctx, [ours[0].key], links.OBJECTS[item.kind]) if item.kind in SOURCES else {}
        return Finding(True, ours[0].key, applied=applied.get(ours[0].key, {}))
    return Finding(near=_near(ctx, item, found))


def _look_for_customer(ctx: RunContext, item: Open) -> Finding:
    query = Query("CUSTOMER", directory.FIELDS, equal("CUSTOMERID", item.facts["number"]), show_private=not ctx.entity)
    for row in ctx.rows(query):
        if row["NAME"] == item.facts["name"]:
            return Finding(True, row["RECORDNO"])
    return Finding()


def _records(ctx: RunContext, item: Open) -> list[There]:
    """The records of the number that was sent, and the customer's that were born since it was sent."""
    number_field, fields, read = _READ_AS[item.kind]
    where = _where(ctx, item, number_field)
    rows = ctx.rows(Query(links.OBJECTS[item.kind], fields, where, show_private=not ctx.entity))
    return [read(row, ctx.offset) for row in rows]


_READ_AS = {
    Kind.INVOICE: ("RECORDID", looking.INVOICE_FIELDS, looking.read_invoice),
    Kind.PAYMENT: ("DOCNUMBER", looking.PAYMENT_FIELDS, looking.read_payment),
    Kind.CREDIT_NOTE: ("RECORDID", looking.ADJUSTMENT_FIELDS, looking.read_adjustment),
}


def _where(ctx: RunContext, item: Open, number_field: str) -> Filter:
    born = at_least("AUWHENCREATED", format_stamp(item.sent_at - BORN_BEFORE, ctx.offset))
    near = all_of(equal("CUSTOMERID", item.facts["customer_id"]), born)
    return any_of(equal(number_field, item.facts["number"]), near)


def _near(ctx: RunContext, item: Open, found: Sequence[There]) -> There | None:
    """A record of the same customer, date and total that carries no reference and is linked to nothing of ours."""
    for there in found:
        same = (there.customer_id, there.date) == (item.facts["customer_id"], item.facts["date"])
        if same and not there.ref and not there.gone_back and Decimal(there.total) == Decimal(item.facts["total"]):
            object_ = links.OBJECTS[item.kind]
            taken = links.linked_row(ctx.book_id, object_, there.key)
            ctx.commit()
            if taken is None:
                return there
    return None


def _look_for_update(ctx: RunContext, item: Open) -> Finding:
    if item.kind == Kind.CUSTOMER:
        return Finding()  # a customer carries no reference; sending the same values again changes nothing
    there = looking.invoices_by_key(ctx, [item.facts["key"]]).get(item.facts["key"])
    return Finding(there is not None and there.ref == item.ref and there.seq >= item.seq, item.facts["key"])


def _look_for_reversed(ctx: RunContext, item: Open) -> Finding:
    key = item.facts["key"]
    if item.kind == Kind.INVOICE:
        there = looking.invoices_by_key(ctx, [key]).get(key)
        return Finding(there is None or there.gone_back, key)
    if item.act == Act.DELETE:
        return Finding(key not in looking.adjustments_by_key(ctx, [key]), key)
    payment = looking.payments_by_key(ctx, [key]).get(key)
    return Finding(payment is None or payment.gone_back, key)


def _look_for_applied(ctx: RunContext, item: Open) -> Finding:
    """An apply is there when a record carries its reference, even one that was taken back since, or when the sum of
    each of its pairs has risen by what it carried. Where only some have risen, or by less, nobody can tell."""
    key = item.facts["key"]
    if _carries_reference(ctx, item):
        return Finding(True, key, applied=dict.fromkeys(item.facts["invoice_keys"].values(), Decimal(0)))
    lies = looking.applied_of(ctx, [key], links.OBJECTS[item.kind]).get(key, {})
    rises = [
        (
            lies.get(item.facts["invoice_keys"][row_id], Decimal(0)) - Decimal(item.facts["before"][row_id]),
            Decimal(amount),
        )
        for row_id, amount in item.facts["pairs"].items()
    ]
    if all(risen >= amount for risen, amount in rises):
        return Finding(True, key)
    return Finding(moved=any(risen > 0 for risen, _ in rises))


def _carries_reference(ctx: RunContext, item: Open) -> bool:
    """Whether an application there carries this very posting's reference in its memo."""
    where = like("DESCRIPTION", f"%[ref {item.ref}.{item.seq}]%")
    rows = ctx.rows(Query("ARPYMT", looking.PAYMENT_FIELDS, where, show_private=not ctx.entity))
    return any(looking.read_payment(row, ctx.offset).is_application for row in rows)


_LOOKS = {
    Act.CREATE: _look_for_created,
    Act.UPDATE: _look_for_update,
    Act.REVERSE: _look_for_reversed,
    Act.DELETE: _look_for_reversed,
    Act.APPLY: _look_for_applied,
}
