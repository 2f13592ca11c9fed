"""What becomes of a posting when its answer is known: from the reply itself, or from a look at Intacct's book.

A received answer is always stored, whole, if the posting is still open and the answer is a success or belongs to its
newest attempt: even a worker that lost its lease must not throw away what Intacct said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.models.connection import Book
from portal.models.sync import TOTAL_NOW, Act, Kind, Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.problems import ledger
from portal.problems.matching import told
from portal.services import audit
from portal.services.audit import Actor
from portal.sync import links


@dataclass(frozen=True)
class Answer:
    """One posting's answer: the key on success, else the error. `attempt` says to which sending it belongs."""

    posting_id: int
    attempt: int
    key: str = ""
    error: IntacctError | None = None


@dataclass(frozen=True)
class Stored:
    """What the answer made of the posting: its new state (or open still), for the run's figures and items."""

    row_id: int
    kind: Kind
    act: Act
    state: PostingState
    text: str = ""


def store(answer: Answer, by: str) -> Stored | None:
    """Write down an answer; None when the posting was settled meanwhile or asks a newer attempt. Flushes."""
    return store_all([answer], by)[0]


def store_all(received: Sequence[Answer], by: str) -> list[Stored | None]:
    """As `store`, all answers to one request, in their order, in as few statements as one takes. Flushes."""
    query = select(Posting).where(Posting.id.in_([answer.posting_id for answer in received])).order_by(Posting.id)
    postings = {posting.id: posting for posting in db.session.scalars(query.with_for_update())}
    row_ids = [posting.sync_row_id for posting in postings.values()]
    rows = {row.id: row for row in db.session.scalars(select(SyncRow).where(SyncRow.id.in_(row_ids)))}
    beside = _beside(list(postings.values()))
    stored = [_store(answer, postings.get(answer.posting_id), rows, beside, by) for answer in received]
    db.session.flush()
    return stored


@dataclass(frozen=True)
class _Beside:
    """What an answer may change beside the posting and its row: the row's pairs, and its problem if it has one."""

    pairs: links.Pairs
    troubled: frozenset[int]


def _beside(postings: Sequence[Posting]) -> _Beside:
    row_ids = [posting.sync_row_id for posting in postings]
    sources = [posting.sync_row_id for posting in postings if "pairs" in posting.facts]
    return _Beside(links.pairs_of(sources), ledger.troubled(row_ids))


def _store(
    answer: Answer, posting: Posting | None, rows: Mapping[int, SyncRow], beside: _Beside, by: str
) -> Stored | None:
    if posting is None or posting.state != PostingState.OPEN:
        return None
    row = rows[posting.sync_row_id]
    if answer.error is None:
        _posted(posting, row, answer.key, beside, by)
        return Stored(row.id, Kind(row.kind), Act(posting.act), PostingState.POSTED)
    if answer.attempt != posting.attempts:
        return None
    return _failed(posting, row, answer.error)


def posted(posting: Posting, row: SyncRow, key: str, by: str) -> None:
    """The posting is there: what it carried is now what Intacct has. Flushes."""
    _posted(posting, row, key, _beside([posting]), by)
    db.session.flush()


def _posted(posting: Posting, row: SyncRow, key: str, beside: _Beside, by: str) -> None:
    posting.state, posting.key, posting.answered_at = PostingState.POSTED, key, utcnow()
    _EFFECTS[Act(posting.act)](posting, row, key, beside.pairs)
    row.waiting_for = ""
    if row.id in beside.troubled:
        ledger.close_synced(row, by)


def _failed(posting: Posting, row: SyncRow, error: IntacctError) -> Stored:
    posting.answer = _words(error)
    text = error.text
    if error.executed == "no":
        posting.state, posting.answered_at = PostingState.NOT_EXECUTED, utcnow()
    elif error.executed == "refused":
        posting.state, posting.answered_at = PostingState.REFUSED, utcnow()
        guide, text = told(error, Kind(row.kind), posting.facts.get("number", ""))
        ledger.report(row, error.code or type(error).__name__, text, guide=guide, details={"intacct": posting.answer})
    db.session.flush()
    return Stored(row.id, Kind(row.kind), Act(posting.act), PostingState(posting.state), text)


def _words(error: IntacctError) -> dict[str, Any]:
    return {
        "error": type(error).__name__,
        "code": error.code,
        "text": error.text,
        "level": str(error.level),
        "messages": [
            {"errorno": message.errorno, "text": message.description2 or message.description,
             "correction": message.correction}
            for message in error.errors
        ],
    }  # fmt: skip


def _created(posting: Posting, row: SyncRow, key: str, pairs: links.Pairs) -> None:
    number = posting.facts.get("number", "")
    seen = {name: value for name, value in posting.facts.items() if name not in ("pairs", "customer_id")}
    links.mark(row, key, number, seen, posting.entity)
    row.have_hash = posting.hash
    _tell_posting_day(posting, row)
    links.raise_applied(pairs, row.id, posting.facts.get("pairs", {}))
    if row.kind == Kind.CUSTOMER:
        links.remember_customer(row.book_id, int(key), number, posting.facts["name"], entity=posting.entity)


def _tell_posting_day(posting: Posting, row: SyncRow) -> None:
    """A record that was posted on another day than its own, by choice, says so in its history and its problem's."""
    if "posted_on" not in posting.facts:
        return
    day = date.fromisoformat(posting.facts["posted_on"])
    text = (
        f"In Intacct it is posted on {day:%-d %b %Y}, the first open day: the period of its own date is closed there."
    )
    book = db.session.get_one(Book, row.book_id)
    audit.record(
        book.company_id, Actor(f"accounting sync {posting.run_id}"), row.kind, row.record_id, "sync", text=text
    )
    problem = ledger.open_problem(row.id)
    if problem is not None:
        problem.text = f"{problem.text} Then, by choice: {text}"


def _updated(posting: Posting, row: SyncRow, key: str, pairs: links.Pairs) -> None:
    seen = {name: value for name, value in posting.facts.items() if name not in ("key", "customer_id")}
    known = {name: value for name, value in row.seen_there.items() if name != TOTAL_NOW}
    links.mark(row, row.key, posting.facts.get("number", row.number_there), {**known, **seen}, row.entity)
    row.have_hash = posting.hash


def _taken_back(posting: Posting, row: SyncRow, key: str, pairs: links.Pairs) -> None:
    if row.kind == Kind.CREDIT_NOTE and posting.act == Act.REVERSE:
        links.lower_applied(pairs, row.id, posting.facts["pairs"])  # only an application of it was undone
        row.synced_at = utcnow()
    else:
        links.unlink(row)


def _applied(posting: Posting, row: SyncRow, key: str, pairs: links.Pairs) -> None:
    links.raise_applied(pairs, row.id, posting.facts["pairs"])
    row.synced_at = utcnow()


_EFFECTS = {
    Act.CREATE: _created,
    Act.UPDATE: _updated,
    Act.APPLY: _applied,
    Act.REVERSE: _taken_back,
    Act.DELETE: _taken_back,
}
