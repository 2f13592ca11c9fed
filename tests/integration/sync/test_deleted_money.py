"""A payment or credit note of ours that is deleted in Intacct keeps its money here until a person decides."""

from __future__ import annotations

from decimal import Decimal

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.models.sync import Kind
from portal.problems import ledger
from portal.problems.catalogue import GUIDES
from portal.services import payments
from portal.services.payments import PaymentData
from portal.sync import choice_options, choices, gone
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of
from tests.integration.sync.scenes import due, ok, posted
from tests.integration.sync.tied import rows, said, tie

D = Decimal


def paid(world: World, amount: str = "40.00") -> tuple[Invoice, Payment]:
    """INV-1 of 100, on which PMT-1 of ours lies in Intacct."""
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    payment = make_payment(amount, on={invoice: amount}, number="PMT-1")
    ok(world.sync())
    return invoice, payment


def credited(world: World) -> tuple[Invoice, CreditNote]:
    """INV-1 of 100, on which CN-1 of ours lies in Intacct with 30."""
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    note = make_credit_note("30.00", customer=invoice.customer, number="CN-1", on={invoice: "30.00"})
    ok(world.sync())
    return invoice, note


def touch(world: World, number: str = "INV-1", amount: str = "5") -> None:
    """Have somebody put money on the invoice in Intacct, so that what lies on it is read."""
    world.act("receive_payment", invoice_recordid=number, amount=amount, document=f"THEIRS-{amount}")


def balance(invoice: Invoice) -> Decimal:
    db.session.refresh(invoice)
    return invoice.balance


def test_a_payment_of_ours_deleted_there_keeps_its_money_here_and_is_told(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    touch(world)
    world.sync()
    problem = only_problem(world, "gone_there")
    assert "Payment PMT-1 was deleted in Intacct" in problem.text
    assert (balance(invoice), payment.voided, due(world, "INV-1")) == (D("55.00"), False, "95")
    assert [option.name for option in choice_options.options(problem)] == ["void_here", "post_again", "leave"]
    assert GUIDES[problem.guide].title == "A payment or credit note was deleted in Intacct"


def test_a_credit_note_of_ours_deleted_there_keeps_its_money_here_and_is_told(world: World) -> None:
    invoice, note = credited(world)
    world.act("delete_credit", number="CN-1")
    touch(world)
    world.sync()
    assert "Credit note CN-1 was deleted in Intacct" in only_problem(world, "gone_there").text
    assert (balance(invoice), note.voided, due(world, "INV-1")) == (D("65.00"), False, "95")


def test_it_is_told_once_and_stays_however_often_is_read(world: World) -> None:
    invoice, _ = paid(world)
    world.act("delete_payment", document="PMT-1")
    for amount in ("5", "6"):
        touch(world, amount=amount)
        world.sync()
    world.sync(RunKind.SWEEP)
    assert (only_problem(world, "gone_there").tries, balance(invoice)) == (1, D("49.00"))


def test_the_tie_out_says_that_it_was_deleted(world: World) -> None:
    posted(world)
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    found = tie(world)
    assert rows(found) == [("INV-1", "gone_there", D("-50.00")), ("PMT-1", "gone_there", D("-30.00"))]
    assert "PMT-1 was reversed or deleted in Intacct" in said(found, "INV-1")


def test_voided_here_by_choice_both_sides_agree(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    touch(world)
    world.sync()
    choices.resolve(only_problem(world, "gone_there"), "void_here", actor=ACTOR)
    ok(world.sync())
    assert (payment.voided, balance(invoice), due(world, "INV-1")) == (True, D("95.00"), "95")
    assert rows(tie(world)) == []


def test_posted_again_by_choice_it_is_there_once_and_both_sides_agree(world: World) -> None:
    invoice, payment = paid(world)
    former = row_of(world, Kind.PAYMENT, payment.id).key
    world.act("delete_payment", document="PMT-1")
    touch(world)
    world.sync()
    choices.resolve(only_problem(world, "gone_there"), "post_again", actor=ACTOR)
    ok(world.sync())
    assert row_of(world, Kind.PAYMENT, payment.id).key not in ("", former)
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1
    assert (balance(invoice), due(world, "INV-1"), world.state(payment)) == (D("55.00"), "55", "synced")
    assert rows(tie(world)) == []


def test_a_credit_note_posted_again_by_choice_lies_where_it_lay(world: World) -> None:
    invoice, note = credited(world)
    world.act("delete_credit", number="CN-1")
    touch(world)
    world.sync()
    choices.resolve(only_problem(world, "gone_there"), "post_again", actor=ACTOR)
    ok(world.sync())
    assert (balance(invoice), due(world, "INV-1"), world.state(note)) == (D("65.00"), "65", "synced")
    assert len(world.alive("ARADJUSTMENT", RECORDID="CN-1")) == 1


def test_left_by_choice_nothing_moves_and_it_is_not_told_again(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    touch(world)
    world.sync()
    choices.resolve(only_problem(world, "gone_there"), "leave", actor=ACTOR)
    touch(world, amount="6")
    ok(world.sync())
    ok(world.sync(RunKind.SWEEP))
    assert (world.problems(), balance(invoice), payment.voided) == ([], D("49.00"), False)
    found = tie(world)
    assert rows(found) == [("INV-1", "gone_there", D("-40.00"))]


def test_a_decision_to_leave_it_that_is_taken_back_asks_again(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    choices.resolve(only_problem(world, "gone_there"), "leave", actor=ACTOR)
    choices.unskip(row_of(world, Kind.PAYMENT, payment.id), actor=ACTOR)
    ok(world.sync())
    choices.resolve(only_problem(world, "gone_there"), "post_again", actor=ACTOR)
    ok(world.sync())
    assert (due(world, "INV-1"), balance(invoice)) == ("60", D("60.00"))


def test_money_that_somebody_booked_anew_there_waits_beside_ours_and_takes_its_place(world: World) -> None:
    invoice, payment = paid(world, "100.00")
    world.act("delete_payment", document="PMT-1")
    touch(world, amount="100")
    world.sync()
    codes = {problem.code: problem for problem in world.problems()}
    assert (sorted(codes), balance(invoice)) == (["gone_there", "paid_both_sides"], D("0.00"))
    choices.resolve(codes["gone_there"], "void_here", actor=ACTOR)
    ok(world.sync())
    assert (payment.voided, balance(invoice), world.problems()) == (True, D("0.00"), [])
    assert rows(tie(world)) == []


def test_a_change_made_here_does_not_post_it_again_by_itself(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    data = PaymentData(
        customer_id=payment.customer_id, date=payment.date, amount=D("40.00"), currency="USD", number="PMT-1",
        method=payment.method, reference="a new reference",
    )  # fmt: skip
    payments.edit(payment, data, actor=ACTOR)
    world.sync()
    only_problem(world, "gone_there")
    assert (world.there("ARPYMT", DOCNUMBER="PMT-1"), balance(invoice)) == ([], D("60.00"))


def test_a_credit_note_changed_here_is_not_posted_again_by_itself(world: World) -> None:
    invoice, note = credited(world)
    world.act("delete_credit", number="CN-1")
    row_of(world, Kind.CREDIT_NOTE, note.id).want_hash = "changed"
    db.session.commit()
    world.sync()
    only_problem(world, "gone_there")
    assert world.there("ARADJUSTMENT", RECORDID="CN-1") == []


def test_what_is_to_be_applied_of_it_waits_for_the_decision(world: World) -> None:
    _, second, payment = posted(world)
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    payments.apply(payment, [(second, D("10.00"))], actor=ACTOR)
    world.sync()
    problem = only_problem(world, "gone_there")
    assert [posting.act for posting in world.postings() if posting.act == "apply"] == []
    choices.resolve(problem, "post_again", actor=ACTOR)
    ok(world.sync())
    assert due(world, "INV-2") == "40"


def test_voided_here_without_the_choice_it_is_simply_no_longer_linked(world: World) -> None:
    invoice, payment = paid(world)
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    payments.void(payment, reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert (world.problems(), row_of(world, Kind.PAYMENT, payment.id).key, balance(invoice)) == ([], "", D("100.00"))


def test_one_that_is_found_after_all_is_no_problem_any_more(world: World) -> None:
    _, payment = paid(world)
    row = row_of(world, Kind.PAYMENT, payment.id)
    row.seen_there = {**row.seen_there, "gone": True}
    ledger.report(row, gone.CODE, "Payment PMT-1 was deleted in Intacct.", guide=gone.MONEY_GUIDE)
    db.session.commit()
    touch(world)
    ok(world.sync())
    assert (world.problems(), gone.stands(row_of(world, Kind.PAYMENT, payment.id))) == ([], False)


def test_a_refused_look_is_no_proof_that_a_credit_note_is_gone(world: World) -> None:
    invoice, note = credited(world)
    key = row_of(world, Kind.CREDIT_NOTE, note.id).key
    [detail] = world.there("ARPYMTDETAIL", ADJUSTMENTKEY=key)
    world.act("reverse_payment", payment_key=detail["PARENTPAYMENTKEY"])
    world.choose(read_credits=False, write_credit_notes=False)
    world.core.switch(denied=["READ ARADJUSTMENT"])
    ok(world.sync())
    assert (world.problems(), balance(invoice)) == ([], D("100.00"))


def test_one_that_reads_as_voided_there_is_still_voided_here(world: World) -> None:
    invoice, payment = paid(world)
    world.act("reverse_payment", document="PMT-1")
    ok(world.sync())
    assert (payment.voided, balance(invoice)) == (True, D("100.00"))
