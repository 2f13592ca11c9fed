"""Whatever happens, in whatever order: nothing is posted twice, nothing is lost, every difference is explained.

PORTAL_SIM_SEEDS and PORTAL_SIM_FIRST choose how many seeds are run, and from which on; PORTAL_SIM_STEPS how many steps
each has, and PORTAL_SIM_ONLY (such as 3,7,9) which of them are done.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from portal.extensions import db
from portal.models.base import Origin
from portal.models.connection import Book, Connection, IntegrationSettings
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunState
from portal.models.sync import (
    BY_HAND,
    FULL_CREDIT,
    SETTLED_BY_CREDIT,
    Kind,
    Pair,
    Posting,
    PostingState,
    Problem,
    SyncRow,
)
from portal.services import secrets, users
from portal.sync.mapping import reference_in
from tests.factories import make_company
from tests.integration.conftest import running
from tests.integration.sync.simulation import Clock, Interruptions, Simulation, controlled
from tests.integration.sync.simulation_steps import STEPS as DEEDS

FIRST = int(os.environ.get("PORTAL_SIM_FIRST", "1"))
SEEDS = int(os.environ.get("PORTAL_SIM_SEEDS", "9"))
STEPS = int(os.environ.get("PORTAL_SIM_STEPS", "25"))
ONLY = [int(place) for place in os.environ.get("PORTAL_SIM_ONLY", "").split(",") if place]
NOTHING = Decimal(0)


class Disagreement(AssertionError):
    """The promise was broken."""


@pytest.fixture(scope="module")
def connected(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path, Path]]:
    """The portal, its database file, and a copy of that with a company that is connected and has synced nothing."""
    folder = tmp_path_factory.mktemp("simulation")
    path, start = folder / "portal.db", folder / "start.db"
    shutil.copyfile(sqlite_template, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with running(f"sqlite:///{path}") as app:
            app.extensions["portal_settings"] = replace(
                app.extensions["portal_settings"], intacct_sender_password=sessions.SENDER_PASSWORD
            )
            connect()
            db.session.remove()
            db.engine.dispose()
            shutil.copyfile(path, start)
            yield app, path, start


def connect() -> None:
    company = make_company("Northfield Supply")
    book = Book(company_id=company.id, intacct_company_id=COMPANY_ID, entity="", active=True)
    db.session.add(book)
    db.session.flush()
    db.session.add(
        Connection(
            company_id=company.id, book_id=book.id, intacct_user_id=sessions.USER_ID,
            password_encrypted=secrets.encrypt(sessions.USER_PASSWORD), base_currency="USD",
        )
    )  # fmt: skip
    values = {"income_account": "4000", "deposit_to": "bank:CHK-01"}
    db.session.add(IntegrationSettings(company_id=company.id, values=values))
    db.session.commit()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_both_books_agree_whatever_happened(connected: tuple[Flask, Path, Path], seed: int) -> None:
    live(connected, seed, ONLY or range(STEPS))


def test_the_simulation_sees_what_is_there_twice_and_what_is_lost(connected: tuple[Flask, Path, Path]) -> None:
    sim = live(connected, FIRST, range(0))
    ours = [row for row in sim.there("ARINVOICE") if reference_in(row.get("DESCRIPTION") or "")]
    sim.act("create_invoice", customerid=ours[0]["CUSTOMERID"], invoiceno="TWICE", amount="1", date="03/01/2026")
    sim.act("edit_invoice", invoice_recordid="TWICE", fields={"DESCRIPTION": ours[0]["DESCRIPTION"]})
    assert "2 times" in " ".join(doubles(sim))
    sim.act("reverse_invoice", invoice_recordid="TWICE")
    assert doubles(sim) + disagreements(sim) == []
    unpaid = next(row for row in ours if not row["TRX_TOTALPAID"])
    sim.act("edit_invoice", invoice_key=unpaid["RECORDNO"], amount="7777")
    assert "7777" in " ".join(disagreements(sim))
    sim.act("reverse_invoice", invoice_key=unpaid["RECORDNO"])
    assert "nowhere" in " ".join(disagreements(sim))


def live(connected: tuple[Flask, Path, Path], seed: int, places: range | list[int]) -> Simulation:
    """Live through a seed. Raises Disagreement with the steps and the command that replays them."""
    app, path, start = connected
    db.session.remove()
    db.engine.dispose()
    for leftover in path.parent.glob("portal.db*"):
        leftover.unlink()
    shutil.copyfile(start, path)
    clock, interruptions = Clock(), Interruptions()
    with controlled(clock, interruptions):
        sim = Simulation(app, seed, DEEDS, clock, interruptions)
        try:
            sim.begin()
            for place in places:
                sim.step(place)
                refuse(sim, doubles(sim))
            sim.calm()
            refuse(sim, doubles(sim) + disagreements(sim))
        except Disagreement:
            raise
        except Exception as error:
            raise Disagreement("\n".join((f"{type(error).__name__}: {error}", *story(sim)))) from error
        finally:
            db.session.remove()
    return sim


def refuse(sim: Simulation, found: list[str]) -> None:
    db.session.commit()
    if found:
        raise Disagreement("\n".join((*found, *story(sim))))


def story(sim: Simulation) -> list[str]:
    test = "tests/integration/sync/test_simulation.py"
    return [
        f"replay: PORTAL_SIM_FIRST={sim.seed} PORTAL_SIM_SEEDS=1 PORTAL_SIM_STEPS={STEPS} .venv/bin/pytest {test}",
        *sim.log,
    ]


def doubles(sim: Simulation) -> list[str]:
    """Records of ours that are in Intacct twice at this moment."""
    found = Counter(
        (object_, carried[0])
        for object_ in ("ARINVOICE", "ARPYMT", "ARADJUSTMENT")
        for row in sim.there(object_)
        if (carried := reference_in(row.get("DESCRIPTION") or ""))
    )
    return [f"{object_} {ref} is in Intacct {count} times" for (object_, ref), count in found.items() if count > 1]


class Books:
    """Both books side by side, read once."""

    def __init__(self, sim: Simulation) -> None:
        self.invoices_there = {str(row["RECORDNO"]): row for row in sim.there("ARINVOICE")}
        self.payments_there = {str(row["RECORDNO"]): row for row in sim.there("ARPYMT")}
        self.credits_there = {str(row["RECORDNO"]): row for row in sim.there("ARADJUSTMENT")}
        self.rows = {row.id: row for row in db.session.scalars(db.select(SyncRow))}
        self.pairs = list(db.session.scalars(db.select(Pair).order_by(Pair.id)))
        self.by_hand = sim.linked_by_hand
        self.problems = {
            problem.sync_row_id: problem
            for problem in db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)))
        }
        self.problems_there = {
            (problem.object, problem.key)
            for problem in db.session.scalars(db.select(Problem).where(Problem.closed_at.is_(None)))
            if problem.sync_row_id is None
        }
        self.lies_there: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in sim.there("ARPYMTDETAIL"):
            if row.get("ADJUSTMENTKEY"):
                place = (str(row["ADJUSTMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_ADJUSTMENTAMOUNT"]
            elif row.get("OVERPAYMENTKEY"):
                place = (str(row["OVERPAYMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_POSTEDOVERPAYMENTAMOUNT"]
            else:
                place = (str(row["PARENTPAYMENTKEY"]), str(row["RECORDKEY"]))
                self.lies_there[place] += row["TRX_PAYMENTAMOUNT"]

    def record(self, row: SyncRow) -> Invoice | Payment | CreditNote:
        models: dict[str, Any] = {Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote}
        found: Invoice | Payment | CreditNote = db.session.get_one(models[row.kind], row.record_id)
        return found

    def kept_there(self, row: SyncRow) -> dict[str, Any]:
        """Intacct's records of the row's kind that count, by key."""
        return {Kind.INVOICE: self.invoices_there, Kind.PAYMENT: self.payments_there}.get(
            Kind(row.kind), self.credits_there
        )

    def settled_there(self, row: SyncRow) -> bool:
        """Whether credits settle an invoice in full there, so that they stay there, and its page says so."""
        return bool(row.seen_there.get(SETTLED_BY_CREDIT))

    def explained(self, row: SyncRow) -> bool:
        """Whether a page says why the record is not, or not the same, in Intacct."""
        waits = row.waiting_for and (row.want_hash != row.have_hash or self.owes(row))
        return bool(row.id in self.problems or row.hold or waits)

    def owes(self, row: SyncRow) -> bool:
        return any(p.source_row_id == row.id and p.applied_here != p.applied_there for p in self.pairs)

    def pair_explained(self, pair: Pair) -> bool:
        source, invoice = self.rows[pair.source_row_id], self.rows[pair.invoice_row_id]
        return bool(pair.hold in (BY_HAND, FULL_CREDIT) or self.explained(source) or self.explained(invoice))


def disagreements(sim: Simulation) -> list[str]:
    """What is not as promised when everything has come to rest.

    A restored database knows nothing of what was changed since: then only that nothing is there twice is promised, and
    that everything has ended."""
    books = Books(sim)
    if sim.restored:
        return unfinished(books)
    found = []
    for row in books.rows.values():
        if row.kind != Kind.CUSTOMER and row.origin == Origin.PORTAL and not books.explained(row):
            found += of_ours(books, row)
    for pair in books.pairs:
        if not books.pair_explained(pair):
            found += of_pair(books, pair)
    for row in books.rows.values():
        if row.kind == Kind.INVOICE and row.key and not books.explained(row):
            found += of_linked_invoice(books, row)
    return found + unfinished(books)


def of_ours(books: Books, row: SyncRow) -> list[str]:
    """A document of ours is in Intacct once when it should be, and not at all when it should not."""
    record = books.record(row)
    where = books.kept_there(row)
    ours = [
        there
        for key, there in where.items()
        if (reference_in(there.get("DESCRIPTION") or "") or ("",))[0] == row.ref or key == row.key
    ]
    if record.voided or isinstance(record, Invoice | CreditNote) and record.draft:
        return [f"{record.number} is not to be in Intacct but is"] if ours else []
    if not ours:
        return [f"{record.number} is nowhere in Intacct"]
    there = ours[0]
    if len(ours) > 1 or str(there["RECORDNO"]) != row.key:
        return [f"{record.number} is linked to {row.key}, in Intacct as {[each['RECORDNO'] for each in ours]}"]
    if row.id in books.by_hand:
        return []
    number = there["DOCNUMBER"] if row.kind == Kind.PAYMENT else there["RECORDID"]
    held = sum(
        (pair.applied_here for pair in books.pairs if pair.source_row_id == row.id and pair.hold == BY_HAND), NOTHING
    )
    total = record.amount - held if isinstance(record, Payment) else record.total
    if (number, abs(there["TRX_TOTALENTERED"])) != (record.number, total):
        return [f"{record.number} {total} is {number} {there['TRX_TOTALENTERED']} in Intacct"]
    return []


def of_pair(books: Books, pair: Pair) -> list[str]:
    """What of a source lies on an invoice is equal: here, there, and in what we think of there."""
    source, invoice = books.rows[pair.source_row_id], books.rows[pair.invoice_row_id]
    real = books.lies_there.get((source.key, invoice.key), NOTHING) if source.key and invoice.key else NOTHING
    if pair.applied_here == pair.applied_there == real:
        return []
    return [
        f"{books.record(source).number} on {books.record(invoice).number}: {pair.applied_here} here,"
        f" {pair.applied_there} as we think there, {real} there"
    ]


def of_linked_invoice(books: Books, row: SyncRow) -> list[str]:
    """A linked invoice owes the same on both sides, and all money on it there is here once."""
    invoice = books.record(row)
    assert isinstance(invoice, Invoice)
    there = books.invoices_there.get(row.key)
    if there is None:
        return [f"{invoice.number} is linked to {row.key}, which does not count in Intacct"]
    on_it = [pair for pair in books.pairs if pair.invoice_row_id == row.id]
    sources = Counter(books.rows[pair.source_row_id].key for pair in on_it)
    found = [f"payment {key} of Intacct is {count} times on {invoice.number}" for key, count in sources.items()
             if key and count > 1]  # fmt: skip
    for (source, key), amount in books.lies_there.items():
        unknown = not {("ARPYMT", source), ("ARADJUSTMENT", source)} & books.problems_there
        if key == row.key and amount and not sources[source] and unknown and not books.settled_there(row):
            found.append(f"{amount} of payment {source} of Intacct on {invoice.number} is not here")
    explained = any(books.pair_explained(pair) for pair in on_it) or books.problems_there or row.id in books.by_hand
    explained = explained or books.settled_there(row)
    if there["TRX_TOTALDUE"] != invoice.balance and not explained and not found:
        found.append(f"{invoice.number} owes {invoice.balance} here, {there['TRX_TOTALDUE']} in Intacct")
    return found


def unfinished(books: Books) -> list[str]:
    """Runs that did not end, and postings of which nobody can say what became of them."""
    runs = db.session.scalars(db.select(Run).where(Run.state.in_((RunState.RUNNING, RunState.QUEUED)))).all()
    postings = db.session.scalars(db.select(Posting).where(Posting.state == PostingState.OPEN)).all()
    newest = db.session.scalars(db.select(Run).order_by(Run.id.desc())).first()
    found = [f"run {run.id} is {run.state}" for run in runs]
    if newest is not None and newest.state == RunState.FAILED:
        found.append(f"the last run failed: {newest.error}")
    return found + [
        f"a posting of {books.rows[posting.sync_row_id].kind} {posting.facts.get('number')} is open"
        for posting in postings
        if not books.explained(books.rows[posting.sync_row_id])
    ]
