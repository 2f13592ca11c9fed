"""The drill of docs/operating.md: back up, go on working, lose everything since, restore, sync.

Nothing is posted twice, nothing that Intacct has is lost, and what only Intacct still knows is named. SQLite is backed
up by `portal db backup` and restored by putting the file in its place, PostgreSQL by pg_dump and pg_restore.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.cli.main import cli
from portal.extensions import db
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Posting, SyncRow
from portal.services import invoices, payments
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited
from tests.integration.sync.tied import explained
from tests.postgres import Databases, programs

SETTLED_AFTER_MINUTES = 25


@dataclass(frozen=True)
class Drill:
    """Backs the database up and brings it back, as the documentation says for this kind of database."""

    back_up: Callable[[], None]
    restore: Callable[[], None]


@pytest.fixture
def drill(app: Flask, backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Drill:
    """The drill of the database at hand."""
    if backend == "sqlite":
        return _of_file(app, tmp_path / "yesterday.db")
    return _of_server(request.getfixturevalue("postgres_databases"), tmp_path / "yesterday.dump")


def _of_file(app: Flask, kept: Path) -> Drill:
    def back_up() -> None:
        assert command(app, "db", "backup", str(kept)).exit_code == 0

    def restore() -> None:
        path = Path(db.engine.url.database or "")
        stop()
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        shutil.copyfile(kept, path)

    return Drill(back_up, restore)


def _of_server(databases: Databases, kept: Path) -> Drill:
    name = db.engine.url.database or ""
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def back_up() -> None:
        db.session.commit()
        run_program("pg_dump", "--format=custom", f"--file={kept}", f"--dbname={address}")

    def restore() -> None:
        stop()
        databases.drop(name)
        databases.create(name)
        run_program("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={address}", str(kept))

    return Drill(back_up, restore)


def run_program(name: str, *arguments: str) -> None:
    folder = programs()
    found = folder / name if folder and (folder / name).exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([str(found), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def command(app: Flask, *arguments: str) -> Result:
    db.session.commit()
    return CliRunner().invoke(cli, list(arguments), obj=app)


def stop() -> None:
    """As when every process is stopped: no connection stays open."""
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()


def ours(world: World, object_: str) -> list[dict[str, str]]:
    """What is alive in Intacct and carries a reference of ours, for the records that are sent with one."""
    return [row for row in world.alive(object_) if "[ref" in row["DESCRIPTION"]]


def numbers(world: World) -> dict[str, Counter[str]]:
    """How often each document of ours is in Intacct."""
    return {
        "ARINVOICE": Counter(row["RECORDID"] for row in ours(world, "ARINVOICE")),
        "ARPYMT": Counter(row["DOCNUMBER"] for row in ours(world, "ARPYMT")),
        "ARADJUSTMENT": Counter(row["RECORDID"] for row in ours(world, "ARADJUSTMENT")),
    }


def settle(world: World, clock: MovedClock, times: int = 4) -> None:
    """Sync until all that is open has been looked for."""
    for _ in range(times):
        world.sync()
        clock.advance(minutes=SETTLED_AFTER_MINUTES)


def named(model: type[Invoice] | type[Payment], number: str) -> Invoice | Payment:
    found: Invoice | Payment = db.session.scalars(db.select(model).where(model.number == number)).one()
    return found


@pytest.mark.parametrize(
    ("backend", "mode"),
    [
        ("sqlite", "received"),
        ("sqlite", "success"),
        ("sqlite", "ignored"),
        pytest.param("postgresql", "ignored", marks=pytest.mark.postgres),
    ],
    indirect=["backend"],
)
def test_yesterdays_database_is_restored_and_every_document_is_in_intacct_exactly_once(
    world: World, clock: MovedClock, drill: Drill, mode: str
) -> None:
    world.core.switch(uniqueid=mode)
    customer = make_customer(world.company, "Harbor Lane Dental", number="C-1")
    first = make_invoice("100.00", customer=customer, number="INV-1")
    make_payment("40.00", on={first: "40.00"}, number="PMT-1")
    ok(world.sync())
    # Before the backup: recorded and not sent (INV-2, PMT-2, CN-1), and sent without an answer (INV-3).
    make_invoice("70.00", customer=customer, number="INV-3")
    world.fault("create_invoice", "reply_lost")
    world.sync()
    assert [posting.state for posting in world.postings()].count("open") == 1
    second = make_invoice("80.00", customer=customer, number="INV-2")
    make_payment("30.00", on={second: "30.00"}, number="PMT-2")
    make_credit_note("10.00", on={first: "10.00"}, customer=customer, number="CN-1")
    drill.back_up()

    # After it: all of that is sent, Intacct receives money, INV-1 is changed, and INV-4 is born and sent.
    settle(world, clock)
    world.act("receive_payment", invoice_recordid="INV-1", amount="25")
    ok(world.sync())
    born = make_invoice("60.00", customer=customer, number="INV-4")
    make_payment("15.00", on={born: "15.00"}, number="PMT-4")
    ok(world.sync())
    there_before = numbers(world)
    assert there_before == {
        "ARINVOICE": Counter(("INV-1", "INV-2", "INV-3", "INV-4")),
        "ARPYMT": Counter(("PMT-1", "PMT-2", "PMT-4", "")),  # the last is how Intacct keeps the application of CN-1
        "ARADJUSTMENT": Counter(("CN-1",)),
    }

    drill.restore()
    assert db.session.scalar(db.select(Invoice).where(Invoice.number == "INV-4")) is None
    settle(world, clock)

    assert numbers(world) == there_before
    balances = {"INV-1": Decimal(25), "INV-2": Decimal(50), "INV-3": Decimal(70)}
    for number, balance in balances.items():
        invoice = named(Invoice, number)
        [there] = world.alive("ARINVOICE", RECORDID=number)
        assert (invoice.balance, Decimal(there["TRX_TOTALDUE"])) == (balance, balance)
        assert world.state(invoice) == "synced"
    assert not [posting for posting in world.postings() if posting.state == "open"]
    # What was born after the backup is known to Intacct alone; the tie-out names it, and nothing is left unexplained.
    assert [(number, cause) for number, cause, _ in explained(world)] == [("INV-4", "not_ours")]


def test_a_number_given_out_again_after_a_restore_meets_what_intacct_has(
    world: World, clock: MovedClock, drill: Drill
) -> None:
    customer = make_customer(world.company, "Harbor Lane Dental", number="C-1")
    ok(world.sync())
    drill.back_up()
    make_invoice("60.00", customer=customer, number="INV-4")
    ok(world.sync())
    drill.restore()
    again = make_invoice("99.00", customer=db.session.scalars(db.select(Customer)).one(), number="INV-4")
    settle(world, clock)
    [there] = world.alive("ARINVOICE", RECORDID="INV-4")
    assert there["TRX_TOTALENTERED"] == "60"
    assert [problem.code for problem in world.problems()] == ["number_taken"]
    assert world.state(again) == "problem"


def test_an_edit_and_a_void_after_the_backup_are_not_undone_in_intacct(
    world: World, clock: MovedClock, drill: Drill
) -> None:
    customer = make_customer(world.company, "Harbor Lane Dental", number="C-1")
    make_invoice("100.00", customer=customer, number="INV-1")
    second = make_invoice("80.00", customer=customer, number="INV-2")
    make_payment("80.00", on={second: "80.00"}, number="PMT-2")
    ok(world.sync())
    drill.back_up()
    invoice = named(Invoice, "INV-1")
    invoices.edit(invoice, edited(invoice, purchase_order="PO 9"), actor=ACTOR)
    payments.void(named(Payment, "PMT-2"), reason="bounced", actor=ACTOR)
    ok(world.sync())
    drill.restore()
    settle(world, clock)
    assert [row["DOCNUMBER"] for row in world.alive("ARINVOICE", RECORDID="INV-1")] == ["PO 9"]
    assert world.alive("ARPYMT", DOCNUMBER="PMT-2") == []
    assert named(Payment, "PMT-2").voided
    assert named(Invoice, "INV-2").balance == 80


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_taken_while_others_write_is_whole(world: World, tmp_path: Path) -> None:
    """Each transaction of the writer adds an invoice and its sync row; a copy never holds one without the other."""
    customer_id, over = make_customer(world.company).id, threading.Event()
    db.session.commit()
    written: list[int] = []

    def write() -> None:
        with world.app.app_context():
            while not over.is_set():
                make_invoice("10.00", customer=db.session.get_one(Customer, customer_id))
                db.session.commit()
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            wait_for(lambda seen=len(written): len(written) > seen + 2)  # type: ignore[misc]
            done = command(world.app, "db", "backup", str(tmp_path / f"{number}.db"))
            assert done.exit_code == 0, done.output
    finally:
        over.set()
        writer.join()
    seen = [look_into(tmp_path / f"{number}.db") for number in range(5)]
    assert all(rows == invoices_ == counted for invoices_, rows, counted in seen)
    assert [one[0] for one in seen] == sorted({one[0] for one in seen})


def wait_for(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(600):
        if true():
            return
        pause.wait(0.05)
    raise AssertionError("the writer does not write")


def look_into(path: Path) -> tuple[int, int, int]:
    """(invoices, their sync rows, the kept count of invoices) in a copy."""
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (invoices_,) = copy.execute("SELECT count(*) FROM invoice").fetchone()
        (rows,) = copy.execute("SELECT count(*) FROM sync_row WHERE kind = 'invoice'").fetchone()
        (counted,) = copy.execute("SELECT sum(count) FROM book_sum WHERE kind = 'invoice'").fetchone()
    return invoices_, rows, counted


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_is_its_owners_alone_and_replaces_nothing(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    assert command(world.app, "db", "backup", str(kept)).exit_code == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    before = kept.read_bytes()
    again = command(world.app, "db", "backup", str(kept))
    assert again.exit_code == 3
    assert kept.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "kept" in path.name] == ["kept.db"]
    assert command(world.app, "db", "backup", str(tmp_path / "no" / "such" / "folder.db")).exit_code == 2


@pytest.mark.parametrize("backend", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_of_a_server_s_database_the_command_names_the_program_to_use(world: World, tmp_path: Path) -> None:
    done = command(world.app, "db", "backup", str(tmp_path / "x.db"))
    assert done.exit_code == 3
    assert "pg_dump" in done.output
    assert not (tmp_path / "x.db").exists()


def test_the_scenes_begin_with_rows_and_end_with_the_same_references(world: World, drill: Drill) -> None:
    """A restore brings back the references as they were: they are born with the records and no sync makes new ones."""
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    before = sorted(db.session.scalars(db.select(SyncRow.ref)))
    postings = len(list(db.session.scalars(db.select(Posting))))
    drill.back_up()
    drill.restore()
    ok(world.sync())
    assert sorted(db.session.scalars(db.select(SyncRow.ref))) == before
    assert len(list(db.session.scalars(db.select(Posting)))) == postings
