"""A tie-out of both sides, held against sums that the test works out by itself."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from functools import cache

from intacct_sandbox.clock import SandboxClock
from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.models.tie_out import TieOut, TieOutDocument
from portal.queries import tie_out as queries
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok

OPEN_THERE = (("ARINVOICE", 1), ("ARADJUSTMENT", 1), ("ARPYMT", -1), ("ARADVANCE", -1))


def tie(world: World, as_of: dt.date | None = None, *, sees_all: bool = True) -> TieOut:
    """Compare both sides now, check every sum of the result, and return it."""
    subject = {"as_of": as_of.isoformat()} if as_of else {}
    run = ok(world.sync(RunKind.TIE_OUT, subject=subject))
    found = queries.of_run(run.id)
    assert found is not None
    assert found.finished
    for total in queries.totals(found):
        if as_of is None and sees_all:
            assert total.here == here_open()[total.currency]
            assert total.there == there_open(world.core)[total.currency]
        assert total.difference == total.here - total.there
        by_cause = sum((cause.amount for cause in queries.causes(found, total.currency)), Decimal(0))
        assert by_cause + total.unexplained == total.difference
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in queries.customers(found, queries.Wanted(everything=True), limit=2000).items:
        sums[row.currency] += row.difference
    assert all(sums[total.currency] == total.difference for total in queries.totals(found))
    return found


def explained(world: World, as_of: dt.date | None = None) -> list[tuple[str, str, Decimal]]:
    """(number, cause, difference) of every document that differs; nothing may be left without a cause."""
    found = tie(world, as_of)
    assert [total.unexplained for total in queries.totals(found) if total.unexplained] == [], told(found)
    return rows(found)


def rows(found: TieOut) -> list[tuple[str, str, Decimal]]:
    """(number, cause, difference) of what differs, by number."""
    return sorted((row.number or row.number_there, row.cause, row.difference) for row in documents(found))


def documents(found: TieOut) -> list[TieOutDocument]:
    """The documents that differ. The sandbox's demo company comes with invoices of its own, which are left out here:
    nobody of ours made them, and the tie-out has to say so."""
    differing = queries.documents(found, queries.Wanted(), limit=2000).items
    seeded = [row for row in differing if row.key and int(row.key) <= last_seeded()]
    assert {row.cause for row in seeded} <= {"not_ours"}
    return [row for row in differing if row not in seeded]


@cache
def last_seeded() -> int:
    """The highest record number of the demo company before anybody did anything."""
    core = SandboxCore(clock=SandboxClock())
    try:
        return max(row["RECORDNO"] for object_, _ in OPEN_THERE for row in core.books.store.rows(object_))
    finally:
        core.close()


def said(found: TieOut, number: str) -> str:
    """What is said of a document."""
    query = db.select(TieOutDocument.text).where(
        TieOutDocument.tie_out_id == found.id,
        (TieOutDocument.number == number) | (TieOutDocument.number_there == number),
    )
    return db.session.scalars(query).one()


def here_open() -> dict[str, Decimal]:
    """What is open here by currency, from the records themselves."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in db.session.scalars(db.select(Invoice)):
        sums[invoice.currency] += Decimal(0) if invoice.draft else invoice.balance
    for model in (Payment, CreditNote):
        for source in db.session.scalars(db.select(model)):
            sums[source.currency] -= source.balance
    db.session.commit()
    return sums


def there_open(core: SandboxCore) -> dict[str, Decimal]:
    """What is open in the sandbox by currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with core.lock:
        for object_, sign in OPEN_THERE:
            for row in core.books.store.rows(object_):
                if row["STATE"] not in ("Reversed", "Draft", "V", "D"):
                    sums[row["CURRENCY"]] += sign * row["TRX_TOTALDUE"]
    return sums


def told(found: TieOut) -> str:
    """What differs, for the message of a test that fails."""
    return "\n".join(
        f"{row.kind} {row.number or row.number_there}: here {row.here_total}/{row.here_due}, there {row.there_total}/"
        f"{row.there_due}, {row.cause} ({row.text}), unexplained {row.unexplained}"
        for row in documents(found)
    )
