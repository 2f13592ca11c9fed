"""The documented edge cases, each named after its rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Hold, Kind, Pair
from portal.services import integration_settings, invoices, payments
from portal.services.invoices import InvoiceData, LineData
from portal.services.payments import PaymentData
from portal.sync import choices
from tests.factories import ACTOR, TODAY, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of


def edited(invoice: Invoice, **changes: object) -> InvoiceData:
    lines = tuple(
        LineData(line.description, line.quantity, line.unit_cost, line.account, line.location, line.department)
        for line in invoice.lines
    )
    data = InvoiceData(
        customer_id=invoice.customer_id, date=invoice.date, due_date=invoice.due_date, currency=invoice.currency,
        number=invoice.number, purchase_order=invoice.purchase_order, lines=lines,
    )  # fmt: skip
    return replace(data, **changes)  # type: ignore[arg-type]


# Rule 2: only non-draft invoices changed since they were last synced


@pytest.mark.rule(2, "out")
def test_rule_2_a_draft_is_not_sent_until_it_is_issued(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1", draft=True)
    assert world.sync().counts.get("written.invoices", 0) == 0
    assert world.state(invoice) == "excluded"
    invoices.issue(invoice, actor=ACTOR)
    assert world.sync().counts["written.invoices"] == 1
    assert world.sync().counts.get("written.invoices", 0) == 0


# Rule 4: changes after writing


@pytest.mark.rule(4, "out")
def test_rule_4_an_invoice_changed_here_is_updated_there(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"), make_line("55.00"))), actor=ACTOR)
    run = world.sync()
    assert run.state == "finished", [problem.text for problem in world.problems()]
    there = world.there("ARINVOICE", RECORDID="INV-1")
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in there] == [("135", "135")]


@pytest.mark.rule(4, "out")
def test_rule_4_an_invoice_with_money_on_it_there_is_not_updated(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    world.choose(read_payments=False)
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    assert "10" in only_problem(world, "changed_here").text
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALENTERED"] == "100"


@pytest.mark.rule(4, "out")
def test_rule_4_an_invoice_changed_on_both_sides_is_a_problem_with_both_versions(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    problem = only_problem(world, "changed_here")
    assert problem.details["here"]["total"] == "80.00"
    assert problem.details["there"]["total"] == "90"


def test_an_invoice_changed_in_intacct_only_is_shown_and_heals_when_it_is_undone(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    world.sync()
    assert only_problem(world, "changed_there").details["there"]["total"] == "90"
    world.act("edit_invoice", invoice_recordid="INV-1", amount="100")
    world.sync()
    assert world.problems() == []


@pytest.mark.rule(4, "out")
def test_rule_4_an_invoice_voided_here_is_reversed_there(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.sync()
    invoices.void(invoice, reason="wrong", actor=ACTOR)
    run = world.sync()
    assert run.state == "finished", [problem.text for problem in world.problems()]
    assert world.alive("ARINVOICE", RECORDID="INV-1") == []
    assert world.state(payment) == "waiting"
    assert db.session.get_one(Payment, payment.id).balance == Decimal(40)


@pytest.mark.rule(4, "in")
@pytest.mark.parametrize("do", ["reverse_invoice", "delete_invoice"])
def test_rule_4_an_invoice_taken_back_in_intacct_can_be_voided_here(world: World, do: str) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act(do, invoice_recordid="INV-1")
    if do == "delete_invoice":
        invoices.edit(invoice, edited(invoice, purchase_order="PO 2"), actor=ACTOR)
    world.sync()
    problem = only_problem(world, "reversed_there" if do == "reverse_invoice" else "gone_there")
    choices.resolve(problem, "void_here", actor=ACTOR)
    assert world.sync().state == "finished"
    assert db.session.get_one(Invoice, invoice.id).voided
    assert world.problems() == []


@pytest.mark.rule(4, "in")
def test_rule_4_an_invoice_reversed_in_intacct_can_be_posted_again_under_a_new_number(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.act("reverse_invoice", invoice_recordid="INV-1")
    world.sync()
    choices.resolve(only_problem(world, "reversed_there"), "post_again", to="INV-1B", actor=ACTOR)
    assert world.sync().state == "finished"
    assert [row["TRX_TOTALDUE"] for row in world.alive("ARINVOICE", RECORDID="INV-1B")] == ["100"]
    assert world.state(invoice) == "synced"


# Rule 7: a number in use


def collide(world: World) -> Invoice:
    customer = make_customer(world.company, "Acme", number="C-1")
    world.sync()
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1", amount="100", date="03/01/2026")
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    assert world.sync().state == "finished_with_problems"
    return invoice


@pytest.mark.rule(7, "out")
def test_rule_7_a_number_in_use_is_a_problem_with_both_records(world: World) -> None:
    collide(world)
    problem = only_problem(world, "number_taken")
    assert problem.text.startswith("A transaction with the number 'INV-1' already exists")
    assert problem.details["there"]["total"] == "100"
    assert [option.name for option in choices.options(problem)] == ["renumber", "link", "skip"]


@pytest.mark.rule(7, "out")
def test_rule_7_renumbering_posts_it_under_the_new_number(world: World) -> None:
    collide(world)
    choices.resolve(only_problem(world, "number_taken"), "renumber", to="INV-2", actor=ACTOR)
    assert world.sync().state == "finished"
    assert len(world.there("ARINVOICE", RECORDID="INV-2")) == 1


@pytest.mark.rule(7, "out")
def test_rule_7_linking_brings_what_was_paid_there(world: World) -> None:
    invoice = collide(world)
    world.act("receive_payment", invoice_recordid="INV-1", amount="25")
    problem = only_problem(world, "number_taken")
    with pytest.raises(InvalidInput):
        choices.resolve(problem, "link", to="1", actor=ACTOR)
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    assert world.sync().state == "finished"
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(75)
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


@pytest.mark.rule(7, "out")
def test_rule_7_skipping_leaves_it_out(world: World) -> None:
    invoice = collide(world)
    choices.resolve(only_problem(world, "number_taken"), "skip", actor=ACTOR)
    assert world.sync().state == "finished"
    assert world.state(invoice) == "skipped"


# Rule 11: waiting payments


@pytest.mark.rule(11, "out")
def test_rule_11_a_payment_waits_for_its_invoice_and_goes_by_itself(world: World) -> None:
    world.choose(income_account="")
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    world.sync()
    assert only_problem(world, "income_account_missing")
    assert world.state(payment) == "waiting"
    world.choose(income_account="4000")
    assert world.sync().state == "finished"
    assert world.state(payment) == "synced"


@pytest.mark.rule(11, "out")
def test_rule_11_a_payment_on_an_invoice_dated_before_the_start_is_left_alone_and_says_so(world: World) -> None:
    customer = make_customer(world.company)
    world.choose(sync_from="2026-03-01")
    before = make_invoice("100.00", customer=customer, number="INV-1", date=dt.date(2026, 2, 1))
    after = make_invoice("100.00", customer=customer, number="INV-2")
    alone = make_payment("60.00", on={before: "60.00"}, number="PMT-1", date=dt.date(2026, 3, 5))
    shared = make_payment("50.00", on={before: "10.00", after: "40.00"}, number="PMT-2", date=dt.date(2026, 3, 5))
    assert world.sync().state == "finished"
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    assert world.there("ARPYMT", DOCNUMBER="PMT-1") == []
    assert world.state(alone) == "excluded"
    assert [row["TRX_TOTALENTERED"] for row in world.there("ARPYMT", DOCNUMBER="PMT-2")] == ["40"]
    held = db.session.scalars(db.select(Pair).where(Pair.hold == "by_hand")).all()
    assert sorted(pair.applied_here for pair in held) == [Decimal(10), Decimal(60)]
    assert shared.balance == 0


# Rule 12: voids of payments


@pytest.mark.rule(12, "in")
def test_rule_12_a_payment_of_ours_voided_in_intacct_is_voided_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("100.00", on={invoice: "60.00"}, number="PMT-1")
    world.sync()
    world.act("reverse_payment", document="PMT-1")
    assert world.sync().state == "finished"
    assert db.session.get_one(Payment, payment.id).voided
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(100)
    world.sync()
    assert len(world.there("ARPYMT", DOCNUMBER="PMT-1")) == 2
    assert db.session.scalar(db.select(db.func.count(Payment.id))) == 1


@pytest.mark.rule(12, "in")
def test_a_payment_of_intacct_voided_there_is_voided_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="100")
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == 0
    world.act("reverse_payment", payment_key=made["payment_key"])
    world.sync()
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(100)
    assert [payment.voided for payment in db.session.scalars(db.select(Payment))] == [True]


def test_a_payment_whose_header_changed_here_is_reversed_and_created_anew(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("100.00", on={invoice: "60.00"}, number="PMT-1")
    world.sync()
    data = PaymentData(payment.customer_id, payment.date, Decimal(70), number="PMT-1", method="cash")
    payments.edit(payment, data, actor=ACTOR)
    assert world.sync().state == "finished"
    assert [row["TRX_TOTALENTERED"] for row in world.alive("ARPYMT", DOCNUMBER="PMT-1")] == ["70"]
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "40"
    assert db.session.get_one(Invoice, invoice.id).balance == Decimal(40)


def test_a_rest_applied_here_later_is_applied_there(world: World) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    payment = make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    world.sync()
    payments.apply(payment, [(second, Decimal(30))], actor=ACTOR)
    assert world.sync().counts["applied.payments"] == 1
    assert world.there("ARINVOICE", RECORDID="INV-2")[0]["TRX_TOTALDUE"] == "20"
    world.sync()
    assert db.session.get_one(Payment, payment.id).balance == 0
    assert db.session.get_one(Invoice, second.id).balance == Decimal(20)
    assert db.session.scalar(db.select(db.func.count(Payment.id))) == 1


def test_money_taken_off_here_is_taken_off_there(world: World) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    payment = make_payment("80.00", on={first: "50.00", second: "30.00"}, number="PMT-1")
    world.sync()
    payments.unapply(payment, first, actor=ACTOR)
    assert world.sync().state == "finished"
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "50"
    assert world.there("ARINVOICE", RECORDID="INV-2")[0]["TRX_TOTALDUE"] == "20"
    assert [row["TRX_TOTALDUE"] for row in world.alive("ARPYMT", DOCNUMBER="PMT-1")] == ["50"]


# Rule 13: skipping


@pytest.mark.rule(13, "out")
def test_rule_13_a_skipped_record_stays_out_until_it_is_unskipped(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    row = row_of(world, Kind.INVOICE, invoice.id)
    with pytest.raises(InvalidInput):
        choices.skip(row, " ", actor=ACTOR)
    choices.skip(row, "booked by hand", actor=ACTOR)
    world.sync()
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    assert row_of(world, Kind.INVOICE, invoice.id).hold == Hold.SKIPPED
    choices.unskip(row_of(world, Kind.INVOICE, invoice.id), actor=ACTOR)
    world.sync()
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_money_on_both_sides_is_a_problem_and_nothing_is_sent(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.sync()
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="80", document="9001")
    world.sync()
    codes = {problem.code for problem in world.problems()}
    assert codes == {"paid_both_sides"}
    assert world.there("ARPYMT", DOCNUMBER="PMT-1") == []
    theirs = db.session.scalars(db.select(Payment).where(Payment.origin == "intacct")).one()
    assert theirs.balance == Decimal(80)


def test_one_bad_invoice_does_not_stop_the_others(world: World) -> None:
    customer = make_customer(world.company)
    make_invoice(customer=customer, number="INV-1", lines=(make_line("10.00", account="9999-none"),))
    good = make_invoice(customer=customer, number="INV-2")
    world.sync()
    assert [problem.row.record_id for problem in world.problems()] != [good.id]
    assert len(world.problems()) == 1
    assert world.state(good) == "synced"


def test_choices_read_the_settings_of_their_own_company(world: World) -> None:
    company = Company(slug="other", name="Other")
    db.session.add(company)
    db.session.flush()
    assert integration_settings.load(company.id).income_account == ""
    assert integration_settings.load(world.company_id).income_account == "4000"
    assert TODAY.year == 2026
