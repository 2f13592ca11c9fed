"""Where this database does not remember what it wrote: nothing is doubled, nobody's work is undone."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.services import credit_notes, facts, invoices, payments
from portal.services.payments import PaymentData
from portal.sync import looking
from tests.factories import ACTOR, make_credit_note, make_credit_note_data, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import (
    apply_rest_there,
    backup,
    ok,
    restore,
    texts,
)
from tests.integration.sync.test_rules import edited

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize("mode", ["received", "success", "ignored"])
def test_an_edit_after_a_restore_reaches_intacct(world: World, clock: MovedClock, tmp_path: Path, mode: str) -> None:
    world.core.switch(uniqueid=mode)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    invoices.edit(invoice, edited(invoice, purchase_order="PO 1"), actor=ACTOR)
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    world.sync()
    invoice = db.session.scalars(db.select(Invoice)).one()
    assert world.state(invoice) == "synced"
    invoices.edit(invoice, edited(invoice, purchase_order="PO 2"), actor=ACTOR)
    for _ in range(4):
        world.sync()
        clock.advance(minutes=25)
    there = world.there("ARINVOICE", RECORDID="INV-1")
    assert len(there) == 1
    invoice = db.session.scalars(db.select(Invoice)).one()
    assert (world.state(invoice), there[0]["DOCNUMBER"]) == ("synced", "PO 2")


def test_a_lost_update_of_an_adopted_invoice_is_not_called_posted(
    world: World, clock: MovedClock, tmp_path: Path
) -> None:
    world.core.switch(uniqueid="ignored")
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    invoices.edit(invoice, edited(invoice, purchase_order="PO 1"), actor=ACTOR)
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    world.sync()
    invoice = db.session.scalars(db.select(Invoice)).one()
    invoices.edit(invoice, edited(invoice, purchase_order="PO 2"), actor=ACTOR)
    world.fault("update_invoice", "dropped_before")
    for _ in range(4):
        world.sync()
        clock.advance(minutes=25)
    invoice = db.session.scalars(db.select(Invoice)).one()
    there = world.there("ARINVOICE", RECORDID="INV-1")
    assert (world.state(invoice), there[0]["DOCNUMBER"]) == ("synced", "PO 2")


def test_a_restored_database_finds_its_invoice_under_a_number_given_in_intacct(world: World, tmp_path: Path) -> None:
    world.core.switch(uniqueid="ignored")
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", fields={"RECORDID": "INV-1A"})
    restore(world, tmp_path / "b.db")
    world.sync()
    alive = [r["RECORDID"] for r in world.alive("ARINVOICE") if "[ref" in r["DESCRIPTION"]]
    assert alive == ["INV-1A"]


def test_a_restored_database_finds_its_invoice_under_a_number_given_later_here(world: World, tmp_path: Path) -> None:
    world.core.switch(uniqueid="ignored")
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    backup(world, tmp_path / "b.db")
    invoices.edit(invoice, edited(invoice, number="INV-1A"), actor=ACTOR)
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    world.sync()
    alive = [r["RECORDID"] for r in world.alive("ARINVOICE") if "[ref" in r["DESCRIPTION"]]
    assert len(alive) == 1, alive


MOVED_TO = dt.date(2026, 4, 7)


def move_invoice(invoice: Invoice) -> None:
    invoices.edit(invoice, edited(invoice, number="NEW-9", date=MOVED_TO, due_date=MOVED_TO), actor=ACTOR)


def move_payment(payment: Payment) -> None:
    data = PaymentData(payment.customer_id, MOVED_TO, payment.amount, number="NEW-9")
    payments.edit(payment, data, actor=ACTOR)


def move_note(note: CreditNote) -> None:
    data = make_credit_note_data(note.customer, "40.00", number="NEW-9", date=MOVED_TO)
    credit_notes.edit(note, data, actor=ACTOR)


@pytest.mark.parametrize("mode", ["received", "success", "ignored"])
@pytest.mark.parametrize(
    ("object_", "make", "move"),
    [
        ("ARINVOICE", lambda other: make_invoice("40.00", customer=other.customer, number="OLD-1"), move_invoice),
        ("ARPYMT", lambda other: make_payment("40.00", on={other: "40.00"}, number="OLD-1"), move_payment),
        ("ARADJUSTMENT", lambda other: make_credit_note("40.00", customer=other.customer, number="OLD-1"), move_note),
    ],
)
def test_what_was_sent_and_moved_after_the_backup_is_not_posted_again(
    world: World,
    clock: MovedClock,
    tmp_path: Path,
    mode: str,
    object_: str,
    make: Callable[[Invoice], Invoice | Payment | CreditNote],
    move: Callable[[Invoice | Payment | CreditNote], None],
) -> None:
    """By another number, on another day: only its reference tells that it is there already."""
    world.core.switch(uniqueid=mode)
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-0")
    ok(world.sync())
    record = make(invoice)
    mark = f"[ref {facts.reference(record.uuid)}."
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    move(record)
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    for _ in range(3):
        world.sync()
        clock.advance(minutes=25)
    ours = [row for row in world.alive(object_) if mark in row["DESCRIPTION"]]
    assert [row["RECORDID" if object_ != "ARPYMT" else "DOCNUMBER"] for row in ours] == ["NEW-9"]


def test_a_look_reads_only_what_it_looks_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what else was just written for the same customer, or a first sync would read it again with each part."""
    monkeypatch.setattr(looking, "LOOK_AT_ONCE", 10)
    monkeypatch.setattr(looking, "LIKES_AT_ONCE", 4)
    customer = make_customer(world.company, "Acme", number="C-1")
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(40)]
    random.Random(1).shuffle(days)
    for number, day in enumerate(days):
        make_invoice("10.00", customer=customer, number=f"INV-{number}", date=day)
    read: list[str] = []
    real = looking.read_invoice
    monkeypatch.setattr(looking, "read_invoice", lambda row, by: read.append(row["RECORDID"]) or real(row, by))
    assert ok(world.sync()).counts["written.invoices"] == 40
    assert read == []


def test_a_restored_database_finds_its_payment_under_a_number_given_later_here(world: World, tmp_path: Path) -> None:
    world.core.switch(uniqueid="ignored")
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    backup(world, tmp_path / "b.db")
    payments.edit(payment, PaymentData(payment.customer_id, payment.date, Decimal(40), number="PMT-X"), actor=ACTOR)
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    world.sync()
    world.sync()
    alive = [r["DOCNUMBER"] for r in world.alive("ARPYMT") if "[ref" in r["DESCRIPTION"]]
    assert len(alive) == 1, alive


def test_a_rest_applied_in_intacct_survives_a_restored_database(world: World, tmp_path: Path) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    restore(world, tmp_path / "b.db")
    for _ in range(3):
        world.sync()
    reversed_ = [r for r in world.there("ARPYMT", DOCNUMBER="PMT-1") if r["STATE"] == "V"]
    assert reversed_ == []
    second = db.session.scalars(db.select(Invoice).where(Invoice.number == "INV-2")).one()
    assert second.balance == 20


@pytest.mark.parametrize("act", ["void", "apply"])
def test_a_payment_found_after_a_restore_can_be_voided_and_applied(
    world: World, clock: MovedClock, tmp_path: Path, act: str
) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    ok(world.sync())
    payment = db.session.scalars(db.select(Payment)).one()
    if act == "void":
        payments.void(payment, reason="x", actor=ACTOR)
    else:
        second = db.session.scalars(db.select(Invoice).where(Invoice.number == "INV-2")).one()
        payments.apply(payment, [(second, Decimal(30))], actor=ACTOR)
    for _ in range(5):
        world.sync()
        clock.advance(minutes=25)
    assert texts(world) == []
    assert [p.state for p in world.postings() if p.state == "open"] == []


def test_a_record_found_only_by_its_reference_keeps_what_somebody_applied(world: World, tmp_path: Path) -> None:
    """As after a restore, where the gateway does not remember control ids: nothing of the accountant's is undone."""
    world.core.switch(uniqueid="ignored")
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    restore(world, tmp_path / "b.db")
    for _ in range(3):
        world.sync()
    assert [r["STATE"] for r in world.there("ARPYMT", DOCNUMBER="PMT-1")] == ["C"]


def made_anew_after_the_backup(world: World, path: Path, *, later: str = "45") -> Payment:
    """A payment of 40 whose amount is `later` by now, in a database from before that was changed and posted again."""
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    ok(world.sync())
    backup(world, path)
    data = PaymentData(payment.customer_id, payment.date, Decimal(later), number="PMT-1", method="wire")
    payments.edit(payment, data, actor=ACTOR)
    ok(world.sync())
    restore(world, path)
    return db.session.scalars(db.select(Payment)).one()


@pytest.mark.parametrize("mode", ["received", "success", "ignored"])
def test_a_payment_made_anew_after_the_backup_is_followed_to_its_newer_record(
    world: World, tmp_path: Path, mode: str
) -> None:
    world.core.switch(uniqueid=mode)
    payment = made_anew_after_the_backup(world, tmp_path / "b.db")
    world.sync()
    alive = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert not db.session.get_one(Payment, payment.id).voided
    assert [row["RECORDNO"] for row in alive] == [row_of(world, Kind.PAYMENT, payment.id).key]
    assert only_problem(world, "changed_there").text.startswith("Payment PMT-1 was changed in Intacct: total 40")
    world.sync()
    assert world.state(payment) == "problem"
    assert [row["RECORDNO"] for row in world.alive("ARPYMT", DOCNUMBER="PMT-1")] == [alive[0]["RECORDNO"]]


def test_a_payment_followed_to_a_record_that_says_the_same_reads_as_synced(world: World, tmp_path: Path) -> None:
    payment = made_anew_after_the_backup(world, tmp_path / "b.db", later="40")
    ok(world.sync())
    assert (world.state(payment), texts(world)) == ("synced", [])
    payments.void(db.session.get_one(Payment, payment.id), reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1") == []
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "100"


def test_a_payment_edited_here_before_it_was_followed_is_made_anew_once_more(world: World, tmp_path: Path) -> None:
    payment = made_anew_after_the_backup(world, tmp_path / "b.db")
    data = PaymentData(payment.customer_id, payment.date, Decimal(60), number="PMT-1", method="cash")
    payments.edit(payment, data, actor=ACTOR)
    ok(world.sync())
    alive = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert [(row["TRX_TOTALENTERED"], row["PAYMENTMETHOD"]) for row in alive] == [("60", "Cash")]
    assert (world.state(payment), texts(world)) == ("synced", [])


def test_a_payment_whose_every_record_was_voided_there_is_voided_here(world: World, tmp_path: Path) -> None:
    payment = made_anew_after_the_backup(world, tmp_path / "b.db")
    world.act("reverse_payment", document="PMT-1")
    ok(world.sync())
    assert db.session.get_one(Payment, payment.id).voided


@pytest.mark.parametrize("rest", ["0.00", "30.00"])
def test_money_on_an_invoice_that_is_found_later_than_its_payment_is_not_applied_again(
    world: World, clock: MovedClock, tmp_path: Path, rest: str
) -> None:
    customer = make_customer(world.company)
    first = make_invoice("50.00", customer=customer, number="INV-1")
    ok(world.sync())
    second = make_invoice("50.00", customer=customer, number="INV-2")
    total = Decimal("40.00") + Decimal(rest)
    make_payment(str(total), on={first: "20.00", second: "20.00"}, number="PMT-1")
    backup(world, tmp_path / "b.db")
    ok(world.sync())
    restore(world, tmp_path / "b.db")
    for _ in range(3):
        ok(world.sync())
        clock.advance(minutes=25)
    assert world.problems() == []
    due_there = [
        row["TRX_TOTALDUE"] for number in ("INV-1", "INV-2") for row in world.there("ARINVOICE", RECORDID=number)
    ]
    assert due_there == ["30", "30"]
    payment = db.session.scalars(db.select(Payment)).one()
    assert payment.balance == Decimal(rest)
