"""Rule 8: a credit that settles a whole invoice is not carried over, in either direction, and shown as such, unless
`sync_full_credits` is on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries import sync_filter, sync_states
from portal.services import credit_notes, integration_settings
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import due, ok, texts


def found_as(world: World, record: Invoice | CreditNote, state: str) -> bool:
    """Whether lists that are filtered by this state show the record."""
    kind = Kind(type(record).__tablename__)
    query = db.select(type(record).id).where(sync_filter.has_sync_state(world.company, kind, state))
    return record.id in db.session.scalars(query).all()


def reason(world: World, record: Invoice | CreditNote) -> str:
    """Why the record's page says that it is as it is."""
    kind = Kind(type(record).__tablename__)
    return sync_states.states(world.company, kind, [record.id])[record.id].reason


def two_invoices(world: World) -> tuple[Invoice, Invoice]:
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second = (make_invoice("100.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    return first, second


def credited_there(world: World, amount: str = "100") -> str:
    key = world.act("issue_credit", customerid="C-1", amount="100", number="CM-1")["credit_key"]
    made = world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount=amount)
    return str(made["application_key"])


def carry_full_credits(world: World) -> None:
    integration_settings.change(world.company, {"sync_full_credits": True}, actor=ACTOR)
    db.session.commit()


@pytest.mark.rule(8, "out")
def test_a_credit_note_that_settles_a_whole_invoice_here_is_not_posted_and_says_why(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("100.00", customer=first.customer, number="CN-1", on={first: "100.00"})
    ok(world.sync())
    assert (world.there("ARADJUSTMENT", RECORDID="CN-1"), due(world, "INV-1")) == ([], "100")
    assert (world.state(note), world.state(first), texts(world)) == ("excluded", "excluded", [])
    assert "settles a whole invoice" in reason(world, note)
    assert reason(world, first).startswith("Settled in full by credit here.")
    assert found_as(world, note, "excluded")
    assert found_as(world, first, "excluded")


@pytest.mark.rule(8, "out")
def test_with_the_setting_on_it_is_posted_and_applied(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("100.00", customer=first.customer, number="CN-1", on={first: "100.00"})
    ok(world.sync())
    carry_full_credits(world)
    assert world.state(note) == "pending"
    ok(world.sync())
    assert (due(world, "INV-1"), world.state(note), world.state(first)) == ("0", "synced", "synced")


@pytest.mark.rule(8, "out")
def test_a_credit_note_with_an_open_rest_is_posted_but_its_full_credit_is_not_applied(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("130.00", customer=first.customer, number="CN-1", on={first: "100.00"})
    ok(world.sync())
    assert [row["TRX_TOTALDUE"] for row in world.there("ARADJUSTMENT", RECORDID="CN-1")] == ["-130"]
    assert (due(world, "INV-1"), world.state(note)) == ("100", "synced")


@pytest.mark.rule(8, "out")
def test_a_credit_note_with_another_application_is_posted_and_only_that_is_applied(world: World) -> None:
    first, second = two_invoices(world)
    make_credit_note("130.00", customer=first.customer, number="CN-1", on={first: "100.00", second: "30.00"})
    ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2")) == ("100", "70")


@pytest.mark.rule(8, "out")
def test_two_credit_notes_that_settle_an_invoice_together_stay_here(world: World) -> None:
    first, _ = two_invoices(world)
    for number, part in (("CN-1", "60.00"), ("CN-2", "40.00")):
        make_credit_note(part, customer=first.customer, number=number, on={first: part})
    ok(world.sync())
    assert (world.there("ARADJUSTMENT", RECORDID="CN-1"), due(world, "INV-1")) == ([], "100")


@pytest.mark.rule(8, "out")
def test_the_rest_follows_once_a_part_was_carried_over(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("100.00", customer=first.customer, number="CN-1", on={first: "60.00"})
    ok(world.sync())
    credit_notes.apply(note, [(first, Decimal(40))], actor=ACTOR)
    ok(world.sync())
    assert (due(world, "INV-1"), world.state(note), world.state(first)) == ("0", "synced", "synced")


@pytest.mark.rule(8, "out")
def test_money_on_the_invoice_makes_it_a_partial_credit(world: World) -> None:
    first, _ = two_invoices(world)
    make_payment("10.00", on={first: "10.00"}, number="PMT-1")
    make_credit_note("90.00", customer=first.customer, number="CN-1", on={first: "90.00"})
    ok(world.sync())
    assert due(world, "INV-1") == "0"


@pytest.mark.rule(8, "out")
def test_a_credit_taken_off_in_part_is_not_full_any_more_and_goes_out(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("100.00", customer=first.customer, number="CN-1", on={first: "100.00"})
    ok(world.sync())
    credit_notes.unapply(note, first, actor=ACTOR, amount=Decimal(70))
    ok(world.sync())
    assert (due(world, "INV-1"), world.state(note), world.state(first)) == ("70", "synced", "synced")


@pytest.mark.rule(8, "in")
def test_a_credit_that_settles_a_whole_invoice_in_intacct_is_not_carried_over_and_the_invoice_says_so(
    world: World,
) -> None:
    first, _ = two_invoices(world)
    credited_there(world)
    run = ok(world.sync())
    assert db.session.scalars(db.select(Payment)).all() == []
    assert (db.session.get_one(Invoice, first.id).balance, world.state(first)) == (100, "excluded")
    assert reason(world, first).startswith("Settled in full in Intacct by credit CM-1 (100.00")
    assert run.counts["read.full_credits_left"] == 1
    assert found_as(world, first, "excluded")
    assert not found_as(world, first, "synced")
    assert "read.full_credits_left" not in ok(world.sync()).counts


@pytest.mark.rule(8, "in")
def test_with_the_setting_on_a_full_credit_of_intacct_arrives_with_its_history(world: World) -> None:
    first, _ = two_invoices(world)
    credited_there(world)
    ok(world.sync())
    world.core.clock.advance(48 * 3600)
    carry_full_credits(world)
    ok(world.sync())
    assert (db.session.get_one(Invoice, first.id).balance, world.state(first)) == (0, "synced")
    assert [payment.method for payment in db.session.scalars(db.select(Payment))] == ["other"]


@pytest.mark.rule(8, "in")
def test_the_rest_of_a_credit_of_intacct_follows_once_a_part_was_carried_over(world: World) -> None:
    first, _ = two_invoices(world)
    key = world.act("issue_credit", customerid="C-1", amount="100", number="CM-1")["credit_key"]
    for amount in ("60", "40"):
        world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount=amount)
        ok(world.sync())
    assert (db.session.get_one(Invoice, first.id).balance, world.state(first)) == (0, "synced")


@pytest.mark.rule(8, "in")
def test_a_full_credit_of_intacct_that_is_taken_off_in_part_arrives(world: World) -> None:
    first, _ = two_invoices(world)
    application = credited_there(world)
    ok(world.sync())
    world.act("reverse_payment", payment_key=application)
    key = world.there("ARADJUSTMENT", RECORDID="CM-1")[0]["RECORDNO"]
    world.act("apply_credit", credit_key=key, invoice_recordid="INV-1", amount="30")
    ok(world.sync())
    assert (db.session.get_one(Invoice, first.id).balance, world.state(first)) == (70, "synced")


@pytest.mark.rule(8, "out")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_held_credit_note_is_judged_anew_when_somebody_takes_it_back_in(world: World) -> None:
    first, _ = two_invoices(world)
    note = make_credit_note("100.00", customer=first.customer, number="CN-1", on={first: "100.00"})
    credit_notes.void(note, reason="wrong", actor=ACTOR)
    ok(world.sync())
    assert (world.state(note), world.state(first), db.session.get_one(Invoice, first.id).balance) == (
        "excluded", "synced", 100,
    )  # fmt: skip
