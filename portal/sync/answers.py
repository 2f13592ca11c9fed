"""What becomes of a posting when its answer is known: from the reply itself, or from a look at Intacct's book.

A received answer is always stored, whole, if the posting is still open and the answer is a success or belongs to its
newest attempt: even a worker that lost its lease must not throw away what Intacct said.
"""

from __future__ import annotations

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
    posting = db.session.scalar(select(Posting).where(Posting.id == answer.posting_id).with_for_update())
    if posting is None or posting.state != PostingState.OPEN:
        return None
    row = db.session.get_one(SyncRow, posting.sync_row_id)
    if answer.error is None:
        posted(posting, row, answer.key, by)
        return Stored(row.id, Kind(row.kind), Act(posting.act), PostingState.POSTED)
    if answer.attempt != posting.attempts:
        return None
    return _failed(posting, row, answer.error)


def posted(posting: Posting, row: SyncRow, key: str, by: str) -> None:
    """The posting is there: what it carried is now what Intacct has."""
    posting.state, posting.key, posting.answered_at = PostingState.POSTED, key, utcnow()
    _EFFECTS[Act(posting.act)](posting, row, key)
    row.waiting_for = ""
    ledger.close_synced(row, by)
    db.session.flush()


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


def _created(posting: Posting, row: SyncRow, key: str) -> None:
    number = posting.facts.get("number", "")
    seen = {name: value for name, value in posting.facts.items() if name not in ("pairs", "customer_id")}
    links.link(row, key, number, seen, posting.entity)
    row.have_hash = posting.hash
    _tell_posting_day(posting, row)
    links.raise_applied(row.id, posting.facts.get("pairs", {}))
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


def _updated(posting: Posting, row: SyncRow, key: str) -> None:
    seen = {name: value for name, value in posting.facts.items() if name not in ("key", "customer_id")}
    known = {name: value for name, value in row.seen_there.items() if name != TOTAL_NOW}
    links.link(row, row.key, posting.facts.get("number", row.number_there), {**known, **seen}, row.entity)
    row.have_hash = posting.hash


def _taken_back(posting: Posting, row: SyncRow, key: str) -> None:
    if row.kind == Kind.CREDIT_NOTE and posting.act == Act.REVERSE:
        links.lower_applied(row.id, posting.facts["pairs"])  # only an application of it was undone
        row.synced_at = utcnow()
    else:
        links.unlink(row)


def _applied(posting: Posting, row: SyncRow, key: str) -> None:
    links.raise_applied(row.id, posting.facts["pairs"])
    row.synced_at = utcnow()


_EFFECTS = {
    Act.CREATE: _created,
    Act.UPDATE: _updated,
    Act.APPLY: _applied,
    Act.REVERSE: _taken_back,
    Act.DELETE: _taken_back,
}
