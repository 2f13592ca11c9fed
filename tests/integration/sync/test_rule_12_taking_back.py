"""Rule 12: what is voided on one side is taken back on the other; a credit note's applications are undone first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intacct_sandbox.money import SOURCES, Use
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import applying, credit_notes, payments
from portal.services.payments import PaymentData
from tests.factories import ACTOR, make_credit_note, make_credit_note_data, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World, only_problem
from tests.integration.sync.scenes import apply_rest_there, due, ok, posted, receive_there, texts
from tests.integration.sync.test_exactly_once import settle_everything

MODES = ("received", "success", "ignored")


def applied_note(world: World, *, amount: str = "80.00") -> tuple[CreditNote, Invoice, Invoice]:
    """A credit note of 80 in Intacct: 30 lie on INV-1, 20 on INV-2, both of 100."""
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second = (make_invoice("100.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    note = make_credit_note(amount, customer=customer, number="CN-1", on={first: "30.00", second: "20.00"})
    ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2"), rest(world)) == ("70", "80", ["-30"])
    return note, first, second


def rest(world: World) -> list[str]:
    """What is left of the credit note in Intacct, once for each time that it is there."""
    return [row["TRX_TOTALDUE"] for row in world.there("ARADJUSTMENT", RECORDID="CN-1")]


@pytest.mark.rule(12, "out")
def test_a_payment_voided_here_is_reversed_there(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    ok(world.sync())
    payments.void(payment, reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert (world.alive("ARPYMT", DOCNUMBER="PMT-1"), due(world, "INV-1")) == ([], "100")


@pytest.mark.rule(12, "in")
def test_a_payment_of_ours_voided_there_is_voided_here_and_its_counter_record_is_ignored(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    ok(world.sync())
    world.act("reverse_payment", document="PMT-1")
    ok(world.sync())
    assert db.session.get_one(Payment, payment.id).voided
    assert db.session.get_one(Invoice, invoice.id).balance == 100
    assert db.session.scalar(db.select(db.func.count(Payment.id))) == 1


@pytest.mark.rule(12, "out")
def test_a_credit_note_voided_here_is_taken_off_its_invoices_and_deleted_there(world: World) -> None:
    note, _, _ = applied_note(world)
    credit_notes.void(note, reason="wrong", actor=ACTOR)
    run = ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2"), rest(world), texts(world)) == ("100", "100", [], [])
    assert (run.counts["unapplied.credit_notes"], run.counts["reversed.credit_notes"]) == (1, 1)
    assert world.state(note) == "excluded"


@pytest.mark.rule(12, "out")
def test_an_application_made_in_intacct_is_undone_before_the_credit_note_is_deleted(world: World) -> None:
    note, _, _ = applied_note(world)
    third = make_invoice("100.00", customer=note.customer, number="INV-3")
    ok(world.sync())
    key = world.there("ARADJUSTMENT", RECORDID="CN-1")[0]["RECORDNO"]
    world.act("apply_credit", credit_key=key, invoice_recordid="INV-3", amount="5")
    ok(world.sync())
    assert db.session.get_one(Invoice, third.id).balance == 95
    credit_notes.void(db.session.get_one(CreditNote, note.id), reason="wrong", actor=ACTOR)
    run = ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-3"), rest(world)) == ("100", "100", [])
    assert run.counts["unapplied.credit_notes"] == 2


@pytest.mark.rule(12, "out")
def test_a_refusal_stops_the_chain_with_a_problem_and_nothing_is_deleted(world: World) -> None:
    note, _, _ = applied_note(world)
    credit_notes.void(note, reason="wrong", actor=ACTOR)
    world.fault("reverse_arpayment", "function_error")
    world.sync()
    assert len(world.problems()) == 1
    assert (rest(world), world.state(note)) == (["-30"], "problem")
    assert [posting.act for posting in world.postings() if posting.act == "delete"] == []
    ok(world.sync())
    assert (rest(world), texts(world)) == ([], [])


@pytest.mark.rule(12, "out")
def test_a_credit_note_applied_there_together_with_cash_is_left_and_named(world: World) -> None:
    note, _, _ = applied_note(world)
    with_cash(world, "INV-1", cash="10", credit="5")
    ok(world.sync())
    credit_notes.void(db.session.get_one(CreditNote, note.id), reason="wrong", actor=ACTOR)
    world.sync()
    assert "together with other money" in only_problem(world, "changed_here").text
    assert rest(world) == ["-25"]


def with_cash(world: World, number: str, *, cash: str, credit: str) -> None:
    """Have somebody inside Intacct receive a payment that also uses the credit note."""
    [note] = world.there("ARADJUSTMENT", RECORDID="CN-1")
    receive_there(world, {number: cash}, uses=[Use(SOURCES["ADJUSTMENT"], int(note["RECORDNO"]), Decimal(credit))])


UNKNOWN = "it was put on more than this portal knows of: 30.00 USD on invoice Z-1"


@pytest.mark.parametrize("how", ["edited", "unapplied", "voided"])
@pytest.mark.rule(12, "out")
def test_a_payment_of_which_people_there_put_a_rest_on_an_invoice_unknown_here_is_not_taken_back(
    world: World, how: str
) -> None:
    first, _, payment = posted(world)
    world.act("create_invoice", customerid="C-1", invoiceno="Z-1", amount="30", date="03/01/2026")
    apply_rest_there(world, "PMT-1", "Z-1", "30")
    ok(world.sync())
    if how == "edited":
        payments.edit(
            payment,
            PaymentData(
                payment.customer_id, payment.date, payment.amount, number=payment.number, reference="corrected"
            ),
            actor=ACTOR,
        )
    elif how == "unapplied":
        payments.set_applied(payment, first, Decimal(40), actor=ACTOR)
    else:
        payments.void(payment, reason="bounced", actor=ACTOR)
    world.sync()
    assert UNKNOWN in only_problem(world, "changed_here").text
    assert (due(world, "Z-1"), due(world, "INV-1")) == ("0", "0")
    [z] = world.there("ARINVOICE", RECORDID="Z-1")
    [lying] = world.there("ARPYMTDETAIL", RECORDKEY=z["RECORDNO"])
    world.act("reverse_payment", payment_key=lying["PARENTPAYMENTKEY"])
    ok(world.sync())
    assert (texts(world), due(world, "Z-1")) == ([], "30")
    assert due(world, "INV-1") == {"edited": "0", "unapplied": "10", "voided": "50"}[how]


@pytest.mark.parametrize("how", ["unapplied", "voided"])
@pytest.mark.rule(12, "out")
def test_a_credit_note_that_people_there_put_on_an_invoice_unknown_here_is_only_taken_off_what_is_known(
    world: World, how: str
) -> None:
    note, first, _ = applied_note(world)
    world.act("create_invoice", customerid="C-1", invoiceno="Z-1", amount="30", date="03/01/2026")
    key = world.there("ARADJUSTMENT", RECORDID="CN-1")[0]["RECORDNO"]
    world.act("apply_credit", credit_key=key, invoice_recordid="Z-1", amount="5")
    ok(world.sync())
    if how == "voided":
        credit_notes.void(note, reason="wrong", actor=ACTOR)
        world.sync()
        assert UNKNOWN.replace("30.00", "5.00") in only_problem(world, "changed_here").text
        assert due(world, "INV-1") == "70"
    else:
        applying.unapply(note, first, actor=ACTOR)
        ok(world.sync())
        assert due(world, "INV-1") == "100"
    assert due(world, "Z-1") == "25"


@pytest.mark.rule(12, "out")
def test_a_credit_note_taken_off_an_invoice_here_is_taken_off_there_and_the_rest_stays(world: World) -> None:
    note, first, _ = applied_note(world)
    credit_notes.unapply(note, first, actor=ACTOR, amount=Decimal(10))
    db.session.commit()
    assert world.state(note) == "pending"
    ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2"), rest(world)) == ("80", "80", ["-40"])
    assert (world.state(note), texts(world)) == ("synced", [])
    sent = len(world.postings())
    ok(world.sync())
    assert len(world.postings()) == sent


@pytest.mark.rule(12, "out")
def test_a_credit_note_changed_here_is_made_anew_there_and_applied_again(world: World) -> None:
    note, _, _ = applied_note(world)
    data = make_credit_note_data(note.customer, "90.00", number="CN-1")
    credit_notes.edit(note, data, actor=ACTOR)
    ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2"), rest(world)) == ("70", "80", ["-40"])
    assert (world.state(note), texts(world)) == ("synced", [])


@pytest.mark.rule(12, "out")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", ["reply_lost", "dropped_before", "524_late"])
@pytest.mark.parametrize(
    "function", ["create_aradjustment", "apply_arpayment", "reverse_arpayment", "delete_aradjustment"]
)
def test_a_fault_at_any_write_of_a_credit_note_does_it_once_and_loses_nothing(
    world: World, clock: MovedClock, mode: str, what: str, function: str
) -> None:
    world.core.switch(uniqueid=mode)
    if function in ("create_aradjustment", "apply_arpayment"):
        world.fault(function, what)
        customer = make_customer(world.company, "Acme", number="C-1")
        invoice = make_invoice("100.00", customer=customer, number="INV-1")
        make_credit_note("80.00", customer=customer, number="CN-1", on={invoice: "30.00"})
        expected = ("70", ["-50"])
    else:
        note, _, _ = applied_note(world)
        world.fault(function, what)
        credit_notes.void(note, reason="wrong", actor=ACTOR)
        expected = ("100", [])
    settle_everything(world, clock)
    world.sync()
    assert all(fault.spent for fault in world.core.faults.ordered), "the fault never struck"
    assert [posting.act for posting in world.postings() if posting.state == "open"] == []
    assert ((due(world, "INV-1"), rest(world)), texts(world)) == (expected, [])
