"""One run at work: whose it is, what it may use, and its checkpoints.

The context is the only way from the engine to the network, so that it can refuse a call made inside a database
transaction, and the only place where a run commits. That makes a preview the same code: its context keeps nothing of
what the steps store and refuses to write to Intacct; only what it noted about each record is kept.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from portal.database import is_deadlock
from portal.extensions import db
from portal.intacct.gateway import Call, Gateway, Result
from portal.intacct.queries import Page, Query
from portal.models.audit import IMPORT_ACTOR, SYNC_ACTOR
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import SyncRow
from portal.models.types import utcnow
from portal.services.audit import Actor
from portal.services.gateway_usage import Meter
from portal.services.integration_settings import Choices
from portal.services.turns import Turn
from portal.sync import runs
from portal.sync.flight import Flight, Landing
from portal.sync.mapping import Currencies
from portal.sync.pace import Pace
from portal.sync.shown import AsShown
from portal.sync.slices import HandedBack, Slice

Kept = TypeVar("Kept")

log = logging.getLogger(__name__)

NOT_THERE_YET = "preview:"
"""Begins the key of a record that is not in Intacct but, as a preview sees it, would be by then."""


class Cancelled(Exception):
    """Somebody asked the run to stop; it does so at this record's edge."""


class StepFailed(Exception):
    """A step cannot go on. The text is for people: what happened, what was not done, what comes next."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.text, self.code = text, code


@dataclass(frozen=True)
class AsIf:
    """How a sync row would stand had the preview's sync done what it would do: where the record would be ("" = nowhere
    any more), what is to be paid of it there, and what its negative lines are worth to its first payment."""

    object: str
    key: str
    number_there: str
    have: str
    due: str = ""
    inline: Decimal = Decimal(0)


@dataclass
class Pretence:
    """What makes a run a preview: rows as they would stand, and notes that are kept when all else is rolled back."""

    newest_row: int
    """The highest id of a sync row when the preview began: a higher one is born in a transaction that is not kept."""
    rows: dict[str, AsIf] = field(default_factory=dict)
    """By the row's reference: a row that is not kept may leave its id to another."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    counted: set[tuple[str, str]] = field(default_factory=set)
    """(figure, record): what was counted and, not being kept, would be met as new again."""


@dataclass
class RunContext:
    """What every step of a run is given. Holds no ORM object: steps load what they need in their own transactions."""

    run_id: int
    token: str
    kind: RunKind
    does: RunKind
    """What is performed: the kind itself, and of a preview the kind that it previews."""
    book_id: int
    company_id: int
    by_hand: bool
    only_rows: frozenset[int] | None
    intacct_company_id: str
    entity: str
    choices: Choices
    currencies: Currencies
    offset: timedelta
    intacct_user_id: str
    gateway: Gateway
    flight: Flight
    meter: Meter
    lease_seconds: int
    settle_wait: timedelta
    clock_ahead: timedelta
    """How far the database's clock is ahead of this machine's. By it is told until when a request may leave, since a
    worker of another machine judges by that whether it may be sent again."""
    subject: dict[str, Any] = field(default_factory=dict)
    resumed: dict[str, Any] = field(default_factory=dict)
    """How far an earlier worker of this run came, by step."""
    step: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    pretence: Pretence | None = None
    as_shown: AsShown | None = None
    slice: Slice = field(default_factory=Slice)
    together: list[dict[str, Any]] | None = None
    """Items that wait to be written in one statement."""
    taken_up_again_since: datetime | None = None
    """When a run began that an earlier worker or slice has worked on: what that told is not told again."""

    @property
    def actor(self) -> Actor:
        """Who the book's history names for what this run does."""
        imports = self.does in (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)
        return Actor(f"{IMPORT_ACTOR if imports else SYNC_ACTOR} {self.run_id}")

    @property
    def by(self) -> str:
        """Who closes a problem that this run saw healed."""
        return f"run {self.run_id}"

    def read(self, calls: Sequence[Call]) -> list[Result]:
        """Ask Intacct; never inside a transaction."""
        _no_transaction()
        return self.gateway.read(calls)

    def pages(self, query: Query) -> list[Page]:
        """All pages of a bounded query (a look for known records); never inside a transaction."""
        _no_transaction()
        return list(self.gateway.query(query))

    def rows(self, query: Query) -> list[dict[str, str]]:
        """All rows of a bounded query."""
        return [row for page in self.pages(query) for row in page.rows]

    def rows_of_all(self, queries: Sequence[Query]) -> list[list[dict[str, str]]]:
        """All rows of each of some bounded queries, asked in one request."""
        _no_transaction()
        return self.gateway.query_all(queries)

    def wait_for_turn(self) -> Turn:
        """The right to send one request; outside transactions, since others may have to end first."""
        _no_transaction()
        return self.flight.wait_for_turn()

    def next_turn(self) -> Turn | None:
        """As `wait_for_turn`, but None when a request that is out is to be landed first."""
        _no_transaction()
        return self.flight.turn_beside() if self.flight.busy else self.flight.wait_for_turn()

    @contextmanager
    def given_back_on_failure(self, turn: Turn) -> Iterator[None]:
        """Give the turn back when the block, which is to let a request out with it, fails."""
        try:
            yield
        except BaseException:
            db.session.rollback()  # on SQLite its transaction would keep the turn from being given back
            turn.give_back()
            raise

    def depart(self, calls: Sequence[Call], leave_before: float, turn: Turn, cargo: object) -> None:
        """Send functions that change Intacct's book; never inside a transaction, never twice, never in a preview."""
        _no_transaction()
        if self.pretence is not None:
            raise AssertionError("a preview must not write to Intacct")
        self.flight.send(calls, leave_before, turn, cargo)

    def land(self) -> Landing[Any]:
        """Wait for the end of the request that left first; never inside a transaction."""
        _no_transaction()
        return self.flight.land()

    def item(
        self,
        outcome: str,
        text: str = "",
        *,
        row_id: int | None = None,
        object_: str = "",
        key: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        """Note what the run did with one record (in a preview: would do)."""
        values = {
            "run_id": self.run_id, "sync_row_id": row_id, "object": object_, "key": key, "step": self.step,
            "outcome": outcome, "text": text, "details": details or {}, "at": utcnow(),
        }  # fmt: skip
        if self.pretence is None and self.together is not None:
            self.together.append(values)
            return
        if self.pretence is None:
            db.session.add(RunItem(**values))
            return
        if row_id is not None and row_id > self.pretence.newest_row:
            values["sync_row_id"] = None
        self.pretence.notes.append(values)

    @contextmanager
    def noting_together(self) -> Iterator[None]:
        """Write what is noted inside in one statement, at its end; nothing of it when it ends in an exception."""
        self.together = []
        try:
            yield
            if self.together:
                db.session.execute(insert(RunItem), self.together)
        finally:
            self.together = None

    def told_of(self, row_ids: Sequence[int], outcome: str) -> set[int]:
        """Which of these records an earlier worker or slice of this run has listed with this outcome."""
        if self.taken_up_again_since is None:
            return set()
        query = select(RunItem.sync_row_id).where(RunItem.run_id == self.run_id, RunItem.outcome == outcome)
        return set(db.session.scalars(query.where(RunItem.sync_row_id.in_(row_ids))))

    def told_together_up_to(self, outcome: str, of: str) -> int:
        """The highest row of which an earlier worker or slice of this run has told together with others in this part of
        the step; 0 for none. A step takes its rows in their order."""
        if self.taken_up_again_since is None:
            return 0
        query = select(RunItem.details).where(
            RunItem.run_id == self.run_id, RunItem.outcome == outcome, RunItem.step == self.step,
            RunItem.sync_row_id.is_(None),
        )  # fmt: skip
        told = db.session.scalars(query).all()
        return max((int(details.get("up_to", 0)) for details in told if details.get("of") == of), default=0)

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the run's figures, such as "written.invoices"."""
        self.counts[name] += by

    def count_once(self, name: str, record: str) -> None:
        """Add a record to one of the run's figures; a preview, which keeps nothing of it, adds it the first time."""
        if self.pretence is not None:
            if (name, record) in self.pretence.counted:
                return
            self.pretence.counted.add((name, record))
        self.count(name)

    def stand(self, rows: Iterable[SyncRow]) -> None:
        """Let rows stand as they would by now in a preview. They are changed for the transaction, which is not kept."""
        stood = self.pretence.rows if self.pretence is not None else {}
        for row in rows if stood else ():
            if as_if := stood.get(row.ref):
                row.object, row.key, row.number_there = as_if.object, as_if.key, as_if.number_there
                row.have_hash = as_if.have

    def remember(self, row: SyncRow) -> None:
        """Let later steps of a preview see the row as it was just linked or unlinked, though that is not kept."""
        if self.pretence is not None:
            self.pretence.rows[row.ref] = AsIf(row.object, row.key, row.number_there, row.have_hash)

    def there_by_then(self, keys: Iterable[str]) -> dict[str, AsIf]:
        """The records among these keys that are not in Intacct yet but, in this preview, would be by now."""
        wanted = {key for key in keys if key.startswith(NOT_THERE_YET)}
        stood = self.pretence.rows.values() if self.pretence is not None and wanted else ()
        return {as_if.key: as_if for as_if in stood if as_if.key in wanted}

    def begin(self, step: str, total: int = 0) -> None:
        """Enter a step: its name and size show on the run's page."""
        self.step = step
        self.checkpoint(position=0, total=total)

    def begin_if(self, step: str, total: int) -> bool:
        """Enter a step that has so much to do; False when it is nothing, which the run's page is not told of."""
        self.commit()
        self.step = step
        if total:
            self.begin(step, total)
        return total > 0

    def commit(self) -> None:
        """End the transaction: what was read is let go of; what was stored is kept (not in a preview). Steps commit in
        no other way."""
        if self.pretence is not None:
            db.session.rollback()
        db.session.commit()

    def keep_copy(self) -> None:
        """Commit what is only a copy of Intacct's lists, such as the directory of its customers; a preview keeps it."""
        if self.pretence is not None:
            db.session.commit()
        else:
            self.save()

    def save(self, **progress: Any) -> bool:
        """Commit what was done, if the run is still ours, and push its lease out with it; whether somebody asked the
        run to stop. Raises LostLease."""
        if self.pretence is not None:
            db.session.rollback()
            self._keep_notes(self.pretence)
        with self.meter.noting():
            asked = runs.write(
                self.run_id, self.token, step=self.step, counts=self.figures(), warnings=list(self.warnings),
                lease_seconds=self.lease_seconds, **progress,
            )  # fmt: skip
            db.session.commit()
        return asked

    def _keep_notes(self, pretence: Pretence) -> None:
        if pretence.notes:
            db.session.execute(insert(RunItem), pretence.notes)
            pretence.notes.clear()

    def checkpoint(self, **progress: Any) -> None:
        """Commit as `save` does, at a record's edge: Cancelled when somebody asked the run to stop, HandedBack when
        somebody asked its process to."""
        if self.save(**progress):
            raise Cancelled
        if self.slice.must_leave():
            raise HandedBack

    def again_after_deadlock(self, store: Callable[[], Kept]) -> Kept:
        """What `store` gives, which begins a transaction and flushes what it did. Once more, from the start, where the
        database took it back because it and another transaction waited for each other: that one has ended by then."""
        counts, warnings, pretence = self.counts.copy(), list(self.warnings), self.pretence
        notes, counted = (list(pretence.notes), set(pretence.counted)) if pretence else ([], set())
        try:
            kept = store()
            db.session.flush()
        except DBAPIError as error:
            db.session.rollback()
            if not is_deadlock(error):
                raise
            log.warning("run %s: a deadlock took back what was to be stored; it is stored again", self.run_id)
            self.counts, self.warnings = counts, warnings
            if pretence is not None:
                pretence.notes, pretence.counted = notes, counted
            kept = store()
        return kept

    def give_way(self) -> None:
        """Where something was stored and more is to come: HandedBack when this slice is over."""
        if self.kind.in_slices and self.slice.is_over():
            raise HandedBack

    def stop_if_asked(self) -> None:
        """Raise Cancelled when somebody asked the run to stop, HandedBack when somebody asked its process to."""
        if self.slice.must_leave():
            self.commit()
            raise HandedBack
        asked = db.session.scalar(db.select(Run.cancel_asked).where(Run.id == self.run_id))
        self.commit()
        if asked:
            raise Cancelled

    def figures(self) -> dict[str, int]:
        """The counts so far, the gateway's with them."""
        return {
            **self.counts,
            "gateway_requests": self.counts["gateway_requests"] + self.gateway.requests,
            "gateway_functions": self.counts["gateway_functions"] + self.gateway.functions,
        }


def begin_pretence(book_id: int) -> Pretence:
    """What a preview of this book starts from."""
    newest = db.session.scalar(select(func.max(SyncRow.id)).where(SyncRow.book_id == book_id))
    return Pretence(newest or 0)


def _no_transaction() -> None:
    if db.session().in_transaction():
        raise AssertionError("a network call inside a database transaction")
