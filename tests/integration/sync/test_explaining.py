"""A document explained: both sides' steps on one time line, ending at what is open on either side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.extensions import db
from portal.models.run import RunKind
from portal.models.sync import Kind
from portal.models.types import utcnow
from portal.queries import explain
from portal.queries.explain import Move, Side, Step
from portal.services import invoices, payments
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_invoice_data, make_payment
from tests.integration.sync.conftest import World, only_problem
from tests.integration.sync.scenes import ok, posted


def amounts(world: World, kind: Kind, record_id: int) -> list[tuple[Decimal | None, Decimal | None]]:
    steps = explain.explain(world.company, kind, record_id)
    db.session.commit()
    return [(step.here, step.there) for step in steps]


def due_there(world: World, number: str) -> Decimal:
    return Decimal(world.there("ARINVOICE", RECORDID=number)[0]["TRX_TOTALDUE"])


def test_an_invoice_paid_here_and_there_is_told_to_the_cent(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    make_payment("30.00", on={invoice: "30.00"}, number="PMT-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="20.00", document="CHQ-1")
    ok(world.sync())
    told = amounts(world, Kind.INVOICE, invoice.id)
    assert told == [(100, None), (100, 100), (70, 100), (70, 70), (50, 50)]
    assert told[-1] == (db.session.get_one(invoices.Invoice, invoice.id).balance, due_there(world, "INV-1"))


def test_money_that_came_there_before_ours_was_sent_moves_each_side_by_itself(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    make_payment("30.00", on={invoice: "30.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="20.00", document="CHQ-1")
    ok(world.sync())
    told = amounts(world, Kind.INVOICE, invoice.id)
    assert told == [(100, None), (100, 100), (70, 100), (50, 80), (50, 50)]
    assert told[-1][1] == due_there(world, "INV-1")


def test_what_is_taken_back_on_either_side_is_told_too(world: World) -> None:
    first, _, payment = posted(world)
    world.act("reverse_payment", document="PMT-1")
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, first.id)[-1] == (50, 50)
    assert amounts(world, Kind.PAYMENT, payment.id)[-1] == (0, 0)
    invoices.void(db.session.get_one(invoices.Invoice, first.id), reason="mistake", actor=ACTOR)
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, first.id)[-1] == (0, 0)


def test_a_payment_voided_here_gives_the_invoice_its_amount_back_there(world: World) -> None:
    first, second, payment = posted(world)
    payments.void(payment, reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, first.id)[-1] == (50, due_there(world, "INV-1"))
    assert amounts(world, Kind.INVOICE, second.id)[-1] == (50, 50)


def test_a_change_that_was_sent_moves_both_sides(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    ok(world.sync())
    invoices.edit(invoice, make_invoice_data(customer, "80.00", number="INV-1"), actor=ACTOR)
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, invoice.id) == [(100, None), (100, 100), (80, 100), (80, 80)]


def test_a_change_made_in_intacct_is_a_step_and_so_is_its_undoing(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", amount="80")
    world.sync()
    steps = explain.explain(world.company, Kind.INVOICE, invoice.id)
    assert (steps[-1].text, steps[-1].here, steps[-1].there) == (
        "Changed in Intacct: total 100.00 is now 80.00", 100, due_there(world, "INV-1"),
    )  # fmt: skip
    db.session.commit()
    world.act("edit_invoice", invoice_recordid="INV-1", amount="100")
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, invoice.id)[-1] == (100, due_there(world, "INV-1"))


def test_what_was_reversed_or_deleted_in_intacct_is_a_step_of_all_that_it_touched(world: World) -> None:
    first, second, payment = posted(world)
    world.act("delete_payment", document="PMT-1")
    world.act("reverse_invoice", invoice_recordid="INV-2")
    world.sync()
    world.sync(RunKind.SWEEP)
    assert amounts(world, Kind.INVOICE, first.id)[-1] == (0, due_there(world, "INV-1"))
    assert amounts(world, Kind.PAYMENT, payment.id)[-1] == (30, 0)
    assert amounts(world, Kind.INVOICE, second.id)[-1] == (50, 0)
    choices.resolve(world.problems()[0], "leave", actor=ACTOR)
    assert amounts(world, Kind.INVOICE, second.id)[-1] == (50, 0)


def test_money_posted_again_after_it_was_deleted_there_lies_there_again(world: World) -> None:
    first, _, payment = posted(world)
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    choices.resolve(only_problem(world, "gone_there"), "post_again", actor=ACTOR)
    ok(world.sync())
    assert amounts(world, Kind.INVOICE, first.id)[-1] == (0, due_there(world, "INV-1"))
    assert amounts(world, Kind.PAYMENT, payment.id)[-1] == (30, 30)


def test_documents_are_found_by_number_whatever_its_case_and_only_ones_own(world: World) -> None:
    posted(world)
    found = explain.find(world.company, " inv-1 ")
    assert [(one.kind, one.number, one.customer) for one in found] == [(Kind.INVOICE, "INV-1", "Acme")]
    assert explain.find(world.company, "INV-9") == []
    assert explain.has(world.company, "invoice", found[0].record_id)
    assert not explain.has(world.company, "customer", found[0].record_id)


@given(st.lists(st.tuples(st.none() | st.decimals(-9, 9, places=2), st.decimals(-9, 9, places=2)), max_size=8))
def test_amounts_follow_from_the_moves_alone(moves: list[tuple[Decimal | None, Decimal]]) -> None:
    steps = [Step(utcnow(), Side.HERE, on_here=Move(to, by)) for to, by in moves]
    told = explain.with_amounts(steps)
    last_set = max((place for place, (to, _) in enumerate(moves) if to is not None), default=None)
    assert all(step.there is None for step in told)
    if last_set is None:
        assert all(step.here is None for step in told)
    else:
        to = moves[last_set][0]
        assert to is not None
        assert told[-1].here == to + sum((by for _, by in moves[last_set + 1 :]), Decimal(0))


@pytest.fixture
def backend() -> str:
    """The reads are plain; one database tells."""
    return "sqlite"
