"""One run at work: whose it is, what it may use, and its checkpoints.

The context is the only way from the engine to the network, so that it can refuse a call made inside a database
transaction, and the only place where a run commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portal.extensions import db
from portal.intacct.gateway import Call, Gateway, Result
from portal.intacct.queries import Page, Query
from portal.models.run import Run, RunItem, RunKind
from portal.services.audit import Actor
from portal.services.integration_settings import Choices
from portal.sync import runs
from portal.sync.mapping import Currencies


class Cancelled(Exception):
    """Somebody asked the run to stop; it does so at this record's edge."""


class StepFailed(Exception):
    """A step cannot go on. The text is for people: what happened, what was not done, what comes next."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.text, self.code = text, code


@dataclass
class RunContext:
    """What every step of a run is given. Holds no ORM object: steps load what they need in their own transactions."""

    run_id: int
    token: str
    kind: RunKind
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
    lease_seconds: int
    settle_wait: timedelta
    step: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """Who the book's history names for what this run does."""
        return Actor(f"accounting sync {self.run_id}")

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

    def write(self, calls: Sequence[Call], leave_before: float) -> dict[str, Result]:
        """Send functions that change Intacct's book; never inside a transaction, never twice."""
        _no_transaction()
        return self.gateway.write(calls, leave_before=leave_before)

    def item(
        self, outcome: str, text: str = "", *, row_id: int | None = None, object_: str = "", key: str = ""
    ) -> None:
        """Note what the run did with one record."""
        db.session.add(
            RunItem(
                run_id=self.run_id, sync_row_id=row_id, object=object_, key=key, step=self.step, outcome=outcome,
                text=text,
            )
        )  # fmt: skip

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the run's figures, such as "written.invoices"."""
        self.counts[name] += by

    def begin(self, step: str, total: int = 0) -> None:
        """Enter a step: its name and size show on the run's page."""
        self.step = step
        self.checkpoint(position=0, total=total)

    def commit(self) -> None:
        """End the transaction: what was read is let go of, what was stored is kept. Steps commit in no other way."""
        db.session.commit()

    def save(self, **progress: Any) -> None:
        """Commit what was done, if the run is still ours. Raises LostLease."""
        runs.write(
            self.run_id, self.token, step=self.step, counts=self.figures(), warnings=list(self.warnings), **progress
        )  # fmt: skip
        self.commit()

    def checkpoint(self, **progress: Any) -> None:
        """Commit as `save` does, at a record's edge: Cancelled when somebody asked the run to stop."""
        self.save(**progress)
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Raise Cancelled when somebody asked the run to stop."""
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


def _no_transaction() -> None:
    if db.session().in_transaction():
        raise AssertionError("a network call inside a database transaction")
