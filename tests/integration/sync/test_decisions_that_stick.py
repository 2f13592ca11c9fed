"""What a person decides stays decided, and problems end when their cause does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.models.sync import Hold, Kind, SyncRow
from portal.models.tie_out import Cause, TieOutDocument
from portal.problems import ledger
from portal.services import customers, invoices, payments
from portal.services.customers import CustomerData
from portal.sync import choices, unlinking
from tests.factories import ACTOR, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import due, ok, texts
from tests.integration.sync.test_rules import edited

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_leaving_a_change_made_there_keeps_it_closed(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    world.sync()
    choices.resolve(only_problem(world, "changed_there"), "leave", actor=ACTOR)
    run = world.sync()
    assert (run.state, texts(world)) == ("finished", [])


def test_leaving_a_reversal_made_there_keeps_it_closed(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("reverse_invoice", invoice_recordid="INV-1")
    world.sync()
    choices.resolve(only_problem(world, "reversed_there"), "leave", actor=ACTOR)
    run = world.sync()
    assert (run.state, texts(world)) == ("finished", [])


def test_skipping_a_record_changed_there_keeps_it_closed(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    world.sync()
    choices.skip(row_of(world, Kind.INVOICE, invoice.id), "known", actor=ACTOR)
    run = world.sync()
    assert (run.state, texts(world)) == ("finished", [])


def test_paid_on_both_sides_ends_when_ours_is_voided(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    ours = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.sync()
    for problem in world.problems():
        row = db.session.get_one(SyncRow, problem.sync_row_id)
        if row.record_id == ours.id:
            choices.resolve(problem, "void_here", actor=ACTOR)
    world.sync()
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == 20
    assert texts(world) == []


def test_every_choice_that_is_offered_for_paid_on_both_sides_works(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.sync()
    assert world.problems()
    while world.problems():
        problem = world.problems()[0]
        assert "void_here" in [option.name for option in choices.options(problem)]
        choices.resolve(problem, "void_here", actor=ACTOR)
    ok(world.sync())


def test_a_payment_whose_invoice_is_gone_does_not_offer_to_void_the_payment(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("delete_invoice", invoice_recordid="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.sync()
    on_invoice = [p for p in world.problems() if p.row.kind == "invoice"]
    assert [p.code for p in on_invoice] == ["gone_there"], texts(world)
    choices.resolve(on_invoice[0], "void_here", actor=ACTOR)
    assert not db.session.get_one(Payment, payment.id).voided


def test_a_payment_left_with_its_invoice_goes_once_it_is_applied_elsewhere(world: World) -> None:
    customer = make_customer(world.company)
    world.choose(sync_from="2026-03-01")
    before = make_invoice("100.00", customer=customer, number="INV-1", date=dt.date(2026, 2, 1))
    after = make_invoice("100.00", customer=customer, number="INV-2")
    payment = make_payment("60.00", on={before: "60.00"}, number="PMT-1", date=dt.date(2026, 3, 5))
    ok(world.sync())
    payments.unapply(payment, before, actor=ACTOR)
    payments.apply(payment, [(after, Decimal(60))], actor=ACTOR)
    ok(world.sync())
    assert [r["TRX_TOTALENTERED"] for r in world.alive("ARPYMT", DOCNUMBER="PMT-1")] == ["60"], world.state(payment)


def test_a_payment_held_with_a_skipped_invoice_can_be_posted_after_it_is_unskipped(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    choices.skip(row_of(world, Kind.INVOICE, invoice.id), "later", actor=ACTOR)
    payment = make_payment("60.00", on={invoice: "60.00"}, number="PMT-1")
    ok(world.sync())
    choices.unskip(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    choices.unskip(row_of(world, Kind.PAYMENT, payment.id), actor=ACTOR)
    world.sync()
    offered = [option.name for p in world.problems() for option in choices.options(p)]
    posted = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert posted or offered, (world.state(payment), row_of(world, Kind.PAYMENT, payment.id).waiting_for)


def test_unskipping_a_document_before_the_start_does_not_send_it(world: World) -> None:
    customer = make_customer(world.company)
    world.choose(sync_from="2026-03-01")
    invoice = make_invoice("100.00", customer=customer, number="INV-1", date=dt.date(2026, 2, 1))
    row = row_of(world, Kind.INVOICE, invoice.id)
    assert row.hold == Hold.BEFORE_START
    choices.skip(row, "not ours", actor=ACTOR)
    choices.unskip(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    world.sync()
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


def test_leaving_what_cannot_be_told_stays_left(world: World, clock: MovedClock) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    make_invoice("100.00", customer=customer, number="INV-1")
    world.fault("create_invoice", "dropped_before")
    world.sync()
    world.act("create_invoice", customerid="C-1", invoiceno="OTHER", amount="100", date="03/01/2026")
    clock.advance(minutes=25)
    world.sync()
    choices.resolve(only_problem(world, "cannot_tell"), "leave", actor=ACTOR)
    clock.advance(hours=2)
    world.sync()
    assert texts(world) == []


@pytest.fixture
def typed_there(world: World, clock: MovedClock) -> Payment:
    """A payment of ours whose request was lost, and whose receipt somebody typed into Intacct; the wait is over."""
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    payment = make_payment("50.00", on={invoice: "50.00"}, number="PMT-1")
    world.fault({"function": "create", "object": "ARPYMT"}, "dropped_before")
    world.sync()
    world.act(
        "receive_payment", invoice_recordid="INV-1", amount="50", document="CHK-4711", date=f"{payment.date:%m/%d/%Y}"
    )
    clock.advance(minutes=25)
    return payment


@pytest.mark.parametrize("first", [RunKind.SETTLE, RunKind.SYNC])
def test_a_receipt_typed_there_in_place_of_a_lost_one_is_asked_about_even_once_it_was_read(
    world: World, clock: MovedClock, typed_there: Payment, first: RunKind
) -> None:
    world.sync(first)
    for _ in range(3):
        clock.advance(minutes=65)
        world.sync()
    assert "Nothing is sent again until you decide" in only_problem(world, "cannot_tell").text
    assert len(world.alive("ARPYMT", CUSTOMERID="C-1")) == 1


def test_a_receipt_that_was_read_can_be_called_the_lost_one(
    world: World, clock: MovedClock, typed_there: Payment
) -> None:
    world.sync()
    problem = only_problem(world, "cannot_tell")
    choices.resolve(problem, "link", to=problem.details["near"]["key"], actor=ACTOR)
    ok(world.sync())
    assert (world.state(typed_there), due(world, "INV-1")) == ("synced", "50")
    assert db.session.get_one(Invoice, typed_there.applications[0].invoice_id).balance == 50


def test_a_lost_payment_that_was_left_is_not_sent_and_goes_once_it_is_taken_back(
    world: World, clock: MovedClock, typed_there: Payment
) -> None:
    world.sync()
    choices.resolve(only_problem(world, "cannot_tell"), "leave", actor=ACTOR)
    world.act("reverse_payment", payment_key=world.alive("ARPYMT", CUSTOMERID="C-1")[0]["RECORDNO"])
    for _ in range(3):
        clock.advance(minutes=65)
        world.sync()
    assert (world.alive("ARPYMT", CUSTOMERID="C-1"), world.state(typed_there)) == ([], "excluded")
    choices.unskip(row_of(world, Kind.PAYMENT, typed_there.id), actor=ACTOR)
    ok(world.sync())
    assert [row["DOCNUMBER"] for row in world.alive("ARPYMT", CUSTOMERID="C-1")] == ["PMT-1"]


def test_who_was_told_that_nothing_is_sent_before_a_decision_decides(
    world: World, clock: MovedClock, typed_there: Payment
) -> None:
    world.sync(RunKind.SETTLE)
    only_problem(world, "cannot_tell")
    world.act("reverse_payment", payment_key=world.alive("ARPYMT", CUSTOMERID="C-1")[0]["RECORDNO"])
    clock.advance(minutes=65)
    world.sync()
    assert world.alive("ARPYMT", CUSTOMERID="C-1") == []
    choices.resolve(only_problem(world, "cannot_tell"), "post_again", actor=ACTOR)
    clock.advance(minutes=65)
    ok(world.sync())
    assert [row["DOCNUMBER"] for row in world.alive("ARPYMT", CUSTOMERID="C-1")] == ["PMT-1"]


def test_a_doubt_lasts_even_where_its_problem_made_way_for_another(
    world: World, clock: MovedClock, typed_there: Payment
) -> None:
    world.sync(RunKind.SETTLE)
    ledger.report(row_of(world, Kind.PAYMENT, typed_there.id), "by_hand", "Another question about it.")
    world.act("reverse_payment", payment_key=world.alive("ARPYMT", CUSTOMERID="C-1")[0]["RECORDNO"])
    clock.advance(minutes=65)
    world.sync()
    assert world.alive("ARPYMT", CUSTOMERID="C-1") == []
    assert "Nothing is sent again until you decide" in only_problem(world, "cannot_tell").text


def test_a_payment_number_taken_by_a_payment_on_a_linked_invoice_can_be_linked(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", document="PMT-1")
    world.sync()
    problem = only_problem(world, "number_taken")
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 60
    assert world.state(payment) == "synced"


def test_a_record_of_another_customer_is_named_as_that(world: World) -> None:
    make_customer(world.company, "Brook", number="C-2")
    ok(world.sync())
    make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    world.act("create_invoice", customerid="C-2", invoiceno="INV-1", amount="100", date="03/01/2026")
    world.sync()
    problem = only_problem(world, "number_taken")
    assert "It belongs to customer C-2 there." in problem.text
    assert [option.name for option in choices.options(problem)] == ["renumber", "link", "skip"]


def test_linking_to_another_total_is_told_as_that_by_the_tie_out(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    make_invoice("100.00", customer=customer, number="INV-1")
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1", amount="90", date="03/01/2026")
    world.sync()
    problem = only_problem(world, "number_taken")
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    ok(world.sync())
    ok(world.sync(RunKind.TIE_OUT))
    found = db.session.scalars(db.select(TieOutDocument).filter_by(number="INV-1")).one()
    assert (found.cause, found.difference, found.unexplained) == (Cause.SKIPPED, Decimal(10), Decimal(0))
    assert "linked to a record there with another total" in found.text


def test_a_link_made_by_hand_can_be_taken_back_and_nothing_there_is_touched(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1", amount="90", date="03/01/2026")
    world.sync()
    problem = only_problem(world, "number_taken")
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    ok(world.sync())
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.fault({"function": "create", "object": "ARPYMT"}, "reply_lost")
    world.sync()
    with pytest.raises(NotAllowedNow, match="not known yet whether money for it arrived"):
        unlinking.unlink(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    ok(world.sync())
    with pytest.raises(NotAllowedNow, match="Money lies on it on both sides"):
        unlinking.unlink(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    payments.void(payment, reason="wrong", actor=ACTOR)
    ok(world.sync())
    unlinking.unlink(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    world.sync()
    assert only_problem(world, "number_taken").details["there"]["total"] == "90"
    choices.resolve(only_problem(world, "number_taken"), "renumber", to="INV-1b", actor=ACTOR)
    ok(world.sync())
    found = [(row["RECORDID"], row["TRX_TOTALENTERED"]) for row in world.alive("ARINVOICE", CUSTOMERID="C-1")]
    assert found == [("INV-1", "90"), ("INV-1b", "100")]
    with pytest.raises(NotAllowedNow, match="It was not linked by hand"):
        unlinking.unlink(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)


def test_a_reactivated_customer_makes_its_invoice_due_at_once(world: World, clock: MovedClock) -> None:
    world.choose(auto_sync=True)
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    world.act("edit_customer", customerid="C-1", fields={"STATUS": "inactive"})
    make_invoice("10.00", customer=customer, number="INV-1")
    world.sync()
    assert len(world.problems()) == 1
    customers.edit(customer, CustomerData("Acme", number="C-1", email="x@y.example"), actor=ACTOR)
    db.session.commit()
    problem = world.problems()[0]
    assert problem.retry_at is not None
    assert problem.retry_at <= dt.datetime.now(dt.UTC)


def test_a_held_payment_of_both_sides_finds_its_way_back(world: World) -> None:
    """Theirs is taken off there: ours goes by the next sync."""
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.sync()
    world.act("reverse_payment", payment_key=made["payment_key"])
    world.sync()
    ok(world.sync())
    assert texts(world) == []
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1


def test_an_overpayment_there_of_part_of_a_payment_comes_right_when_room_appears(world: World) -> None:
    """Ours 60 on a 100 invoice, theirs 80: 40 fits. Ours is voided: all 80 lie on it, as there."""
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    ours = make_payment("60.00", on={invoice: "60.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.sync()
    payments.void(ours, reason="paid twice", actor=ACTOR)
    world.sync()
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == 20
    assert texts(world) == []


def test_an_edit_that_takes_the_record_out_of_trouble_closes_its_problem(world: World) -> None:
    """A refused draft-like record: voided here before it was ever sent, its problem has nothing left to say."""
    invoice = make_invoice(
        "10.00", customer=make_customer(world.company), number="INV-1", lines=(make_line("10.00", account="9999-none"),)
    )
    world.sync()
    assert len(world.problems()) == 1
    invoices.void(invoice, reason="never mind", actor=ACTOR)
    ok(world.sync())
    assert texts(world) == []


def test_a_reverted_edit_closes_its_problem(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    ok(world.sync())
    invoices.edit(invoice, edited(invoice, purchase_order="PO 2"), actor=ACTOR)
    world.sync()
    only_problem(world, "changed_here")
    invoices.edit(invoice, edited(invoice, purchase_order=""), actor=ACTOR)
    ok(world.sync())
    assert texts(world) == []


def test_a_payment_problem_ends_when_its_money_is_taken_off(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.choose(read_payments=False)
    world.sync()
    only_problem(world, "paid_both_sides")
    payments.unapply(payment, invoice, actor=ACTOR)
    world.sync()
    assert texts(world) == [], world.state(payment)
    assert made
