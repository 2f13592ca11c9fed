"""Faults at every later write, workers killed in a rich sync, people who act while an outcome is unknown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intacct_sandbox import receipts
from intacct_sandbox.money import SOURCES, Application, Use
from intacct_sandbox.receipts import Receipt
from portal.extensions import db
from portal.intacct import queries
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind, Pair
from portal.services import customers, invoices, payments
from portal.services.customers import CustomerData
from portal.services.payments import PaymentData
from portal.services.renumbering import renumber
from portal.sync import choices, engine
from tests.factories import ACTOR, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import MovedClock, World, row_of
from tests.integration.sync.test_exactly_once import settle_everything
from tests.integration.sync.test_rules import edited
from tests.integration.sync.test_runs import Killed, die_at, expire, start

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

FAULTS = ("reply_lost", "dropped_before")
DUES = {
    "apply_arpayment": ({"INV-1": "0", "INV-2": "20"}, [("80", "0")]),
    "reverse_arpayment": ({"INV-1": "50", "INV-2": "50"}, []),
    "update_invoice": ({"INV-1": "0", "INV-2": "45"}, [("80", "30")]),
    "reverse_invoice": ({"INV-1": "0"}, [("80", "30")]),
    "update": ({"INV-1": "0", "INV-2": "50"}, [("80", "30")]),
}


def settled(world: World) -> None:
    """Nothing is open, nothing is a problem, both sides hold the same."""
    assert [posting.act for posting in world.postings() if posting.state == "open"] == []
    assert [problem.text for problem in world.problems()] == []
    db.session.expire_all()
    pairs = db.session.scalars(db.select(Pair)).all()
    assert [(pair.applied_here, pair.applied_there) for pair in pairs if pair.applied_here != pair.applied_there] == []


def ours_alive(world: World) -> dict[str, str]:
    """What the invoices that we made still owe there, by number."""
    rows = [row for row in world.alive("ARINVOICE") if "[ref" in row["DESCRIPTION"]]
    assert len({row["RECORDID"] for row in rows}) == len(rows)
    return {row["RECORDID"]: row["TRX_TOTALDUE"] for row in rows}


def payments_alive(world: World) -> list[tuple[str, str, str]]:
    """(number, total, rest) of our payments there."""
    rows = [row for row in world.alive("ARPYMT") if row["DOCNUMBER"].startswith("PMT")]
    return [(row["DOCNUMBER"], row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in rows]


def posted(world: World) -> tuple[Invoice, Invoice, Payment]:
    """Two invoices of 50 in Intacct, the first paid by a payment of 80, whose rest is 30."""
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    payment = make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    assert world.sync().state == "finished"
    return first, second, payment


def apply_rest_there(world: World, document: str, number: str, amount: str) -> None:
    """Have somebody inside Intacct put a payment's rest on an invoice."""
    books = world.core.books
    with world.core.lock:
        source = next(row for row in books.store.where("ARPYMT", "DOCNUMBER", document) if row["STATE"] == "C")
        invoice = books.store.one("ARINVOICE", "RECORDID", number)
        assert invoice is not None
        books.store.begin()
        use = Use(SOURCES["OVERPAYMENT"], source["RECORDNO"], Decimal(amount))
        receipt = Receipt(
            customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]],
            method="Printed Check",
            received=books.today(),
            applications=[Application("ARINVOICE", invoice["RECORDNO"], uses=[use])],
        )
        receipts.apply_credit(books, receipt)
        books.store.commit()


def change(act: str, first: Invoice, second: Invoice, payment: Payment) -> None:
    """The change here that makes the next sync do `act` there."""
    if act == "apply_arpayment":
        payments.apply(payment, [(second, Decimal(30))], actor=ACTOR)
    elif act == "reverse_arpayment":
        payments.void(payment, reason="bounced", actor=ACTOR)
    elif act == "update_invoice":
        invoices.edit(second, edited(second, lines=(make_line("45.00"),)), actor=ACTOR)
    elif act == "reverse_invoice":
        invoices.void(second, reason="wrong", actor=ACTOR)
    else:
        customer = db.session.get_one(Customer, first.customer_id)
        customers.edit(customer, CustomerData("Acme", number="C-1", email="ap@acme.example"), actor=ACTOR)


@pytest.mark.parametrize("mode", ["received", "ignored"])
@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize("act", DUES)
def test_a_fault_at_any_later_write_does_it_once_and_loses_nothing(
    world: World, clock: MovedClock, mode: str, what: str, act: str
) -> None:
    world.core.switch(uniqueid=mode)
    change(act, *posted(world))
    world.fault(act, what)
    settle_everything(world, clock)
    world.sync()
    assert all(fault.spent for fault in world.core.faults.ordered), "the fault never struck"
    settled(world)
    assert (ours_alive(world), [paid[1:] for paid in payments_alive(world)]) == DUES[act]
    assert db.session.scalar(db.select(db.func.count(Payment.id))) == 1


@pytest.mark.parametrize("commit", range(3, 56, 7))
def test_a_worker_killed_anywhere_in_a_rich_sync_leaves_both_sides_equal(
    world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    world.core.switch(uniqueid="ignored")
    _, second, payment = posted(world)
    third = make_invoice("70.00", customer=make_customer(world.company, "Brook"), number="INV-3")
    make_payment("30.00", on={third: "30.00"}, number="PMT-2")
    payments.apply(payment, [(second, Decimal(20))], actor=ACTOR)
    world.act("receive_payment", invoice_recordid="INV-2", amount="5", document="Q-1")
    apply_rest_there(world, "PMT-1", "INV-2", "10")
    run_id = start(world)
    with monkeypatch.context() as patch:
        die_at(patch, commit)
        try:
            engine.perform(run_id)
        except Killed:
            db.session.rollback()
    expire(run_id)
    engine.perform(run_id)
    for _ in range(3):
        clock.advance(minutes=25)
        world.sync()
    settled(world)
    balances = {invoice.number: invoice.balance for invoice in db.session.scalars(db.select(Invoice))}
    assert {number: Decimal(due) for number, due in ours_alive(world).items()} == balances
    assert sorted(number for number, _, _ in payments_alive(world)) == ["PMT-1", "PMT-2"]


@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize(
    ("act", "alive"),
    [("number", {"INV-9": "100"}), ("void", {}), ("total", {"INV-1": "80"}), ("skip", {"INV-1": "100"})],
)
def test_an_invoice_touched_while_it_is_unknown_is_there_once_as_it_should_be(
    world: World, clock: MovedClock, what: str, act: str, alive: dict[str, str]
) -> None:
    world.core.switch(uniqueid="ignored")
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.fault("create_invoice", what)
    world.sync()
    if act == "number":
        renumber(invoice, "INV-9", actor=ACTOR)
    elif act == "void":
        invoices.void(invoice, reason="wrong", actor=ACTOR)
    elif act == "skip":
        choices.skip(row_of(world, Kind.INVOICE, invoice.id), "booked by hand", actor=ACTOR)
    else:
        invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    settle_everything(world, clock)
    world.sync()
    settled(world)
    assert ours_alive(world) == alive


@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize(
    ("act", "alive"),
    [
        ("void", []),
        ("unapply", [("PMT-1", "80", "70")]),
        ("apply", [("PMT-1", "80", "0")]),
        ("amount", [("PMT-1", "90", "30")]),
        ("number", [("PMT-9", "80", "20")]),
    ],
)
def test_a_payment_touched_while_it_is_unknown_is_there_once_as_it_should_be(
    world: World, clock: MovedClock, what: str, act: str, alive: list[tuple[str, str, str]]
) -> None:
    world.core.switch(uniqueid="ignored")
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    world.sync()
    payment = make_payment("80.00", on={first: "50.00", second: "10.00"}, number="PMT-1")
    world.fault({"function": "create", "object": "ARPYMT"}, what)
    world.sync()
    if act == "void":
        payments.void(payment, reason="bounced", actor=ACTOR)
    elif act == "unapply":
        payments.unapply(payment, first, actor=ACTOR)
    elif act == "apply":
        payments.apply(payment, [(second, Decimal(20))], actor=ACTOR)
    else:
        amount, number = (Decimal(90), "PMT-1") if act == "amount" else (Decimal(80), "PMT-9")
        payments.edit(payment, PaymentData(customer.id, payment.date, amount, number=number), actor=ACTOR)
    settle_everything(world, clock)
    world.sync()
    settled(world)
    assert payments_alive(world) == alive
    assert db.session.scalar(db.select(db.func.count(Payment.id))) == 1


def test_a_rest_of_ours_that_somebody_applies_in_intacct_arrives(world: World) -> None:
    _, second, _ = posted(world)
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    world.sync()
    assert db.session.get_one(Invoice, second.id).balance == 20
    world.sync()
    settled(world)
    assert payments_alive(world) == [("PMT-1", "80", "0")]


def test_money_taken_off_in_intacct_and_applied_elsewhere_there_follows(world: World) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("100.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", document="Q1", rest="30")
    world.sync()
    apply_rest_there(world, "Q1", "INV-2", "30")
    world.sync()
    assert db.session.get_one(Invoice, second.id).balance == 70
    application = next(row["RECORDNO"] for row in world.there("ARPYMT", RECORDTYPE="ro"))
    world.act("reverse_payment", payment_key=application)
    world.sync()
    assert db.session.get_one(Invoice, second.id).balance == 100
    apply_rest_there(world, "Q1", "INV-1", "30")
    world.sync()
    settled(world)
    assert db.session.get_one(Invoice, first.id).balance == 30
    assert [payment.amount for payment in db.session.scalars(db.select(Payment)) if not payment.voided] == [70]


def test_a_copy_that_somebody_makes_of_our_invoice_with_its_reference_is_not_ours(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    world.sync()
    text = world.there("ARINVOICE", RECORDID="INV-1")[0]["DESCRIPTION"]
    made = world.act("create_invoice", customerid="C-1", invoiceno="COPY", amount="100", date="03/01/2026")
    world.act("edit_invoice", invoice_key=made["invoice_key"], fields={"DESCRIPTION": text})
    world.sync()
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    assert ours_alive(world) == {"INV-1": "80", "COPY": "100"}
    invoices.void(invoice, reason="wrong", actor=ACTOR)
    world.sync()
    settled(world)
    assert ours_alive(world) == {"COPY": "100"}


def test_pages_of_two_rows_bring_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries.Query, "__init__", with_pages_of_two(queries.Query.__init__))
    customer = make_customer(world.company)
    made = [make_invoice("10.00", customer=customer, number=f"INV-{number}") for number in range(5)]
    world.sync()
    for number in range(5):
        world.act("receive_payment", invoice_recordid=f"INV-{number}", amount="1")
    assert world.sync().state == "finished"
    assert [db.session.get_one(Invoice, invoice.id).balance for invoice in made] == [9] * 5


def with_pages_of_two(real):  # type: ignore[no-untyped-def]
    """The constructor of a query whose pages are small enough for a test to have several."""

    def init(self, object, fields, where=None, page_size=2, **more):  # type: ignore[no-untyped-def]
        real(self, object, fields, where, page_size, **more)

    return init
