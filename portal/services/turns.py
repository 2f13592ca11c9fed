"""Taking turns at an Intacct company: at most two requests at once, from all processes together.

Each request holds one of the company's places (`gateway_slot`) while it is on its way. Whoever takes up the run of a
worker that died frees its places; a place has a lease besides, longer than any request, should nobody do so. All is
done on a database connection of its own, in transactions of one statement, from any thread.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BigInteger, Engine, Executable, bindparam, update
from sqlalchemy import Connection as Database
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.database import now_ms, writing
from portal.intacct.errors import Throttled
from portal.models.gateway_slot import AT_ONCE, GatewaySlot

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.5


class NoTurn(Throttled):
    """Other requests of this portal had both places at the Intacct company all the time. Intacct was not asked."""


@dataclass(frozen=True)
class Turn:
    """A place at the company, held until it is given back."""

    turns: Turns
    slot: int

    def give_back(self) -> None:
        """Let the next request in. Does nothing when the lease ran out and somebody else has the place."""
        self.turns.free(self.slot)


@dataclass(frozen=True)
class Turns:
    """The places at one Intacct company, as one run (or one check) takes them. `token` says whose they are."""

    engine: Engine
    intacct_company_id: str
    token: str
    lease_seconds: int
    wait_seconds: float

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place while a request is on its way. Raises NoTurn, with nothing sent, when none becomes free."""
        turn = self.take()
        try:
            yield
        finally:
            turn.give_back()

    def take(self) -> Turn:
        """Wait for a place. Raises NoTurn when none becomes free in time."""
        until = time.monotonic() + self.wait_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            turn = self.take_if_free()
            if turn is not None:
                return turn
            if time.monotonic() >= until:
                raise NoTurn(
                    f"{AT_ONCE} other requests of this portal are at this Intacct company, and none of them ended"
                    f" within {self.wait_seconds:.0f} s. Nothing was sent.",
                    code="own_requests",
                )
            time.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def take_if_free(self) -> Turn | None:
        """A place, or None when all are taken now."""
        with writing(), self.engine.begin() as database:
            for slot in range(1, AT_ONCE + 1):
                if self._seize(database, slot):
                    return Turn(self, slot)
        return None

    def free(self, slot: int) -> None:
        """Give a place back that this token holds."""
        ours = {"company": self.intacct_company_id, "place": slot, "whose": self.token}
        with writing(), self.engine.begin() as database:
            database.execute(_FREEING, ours)

    def _seize(self, database: Database, slot: int) -> bool:
        """Enter the place, or take it over where its lease is over: one statement, so that one of many succeeds."""
        given = {
            "company": self.intacct_company_id, "place": slot, "whose": self.token,
            "lease_ms": self.lease_seconds * 1000,
        }  # fmt: skip
        return database.scalar(_seizing(database.dialect.name), given) is not None


# Statements that each request to Intacct needs twice are made once.


@cache
def _seizing(dialect: str) -> Executable:
    insert = pg_insert if dialect == "postgresql" else sqlite_insert
    entered = insert(GatewaySlot).values(
        intacct_company_id=bindparam("company"), slot=bindparam("place"), token=bindparam("whose"),
        lease_until=now_ms() + bindparam("lease_ms", type_=BigInteger),
    )  # fmt: skip
    return entered.on_conflict_do_update(
        index_elements=["intacct_company_id", "slot"],
        set_={"token": entered.excluded.token, "lease_until": entered.excluded.lease_until},
        where=GatewaySlot.lease_until < now_ms(),
    ).returning(GatewaySlot.slot)


_FREEING = (
    update(GatewaySlot)
    .where(GatewaySlot.intacct_company_id == bindparam("company"), GatewaySlot.slot == bindparam("place"))
    .where(GatewaySlot.token == bindparam("whose"))
    .values(token="", lease_until=0)
)


def free_all(engine: Engine, token: str) -> None:
    """Give back every place of `token`: its run is over, or another worker has taken it up."""
    with writing(), engine.begin() as database:
        database.execute(update(GatewaySlot).where(GatewaySlot.token == token).values(token="", lease_until=0))
