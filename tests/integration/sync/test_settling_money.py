"""What becomes of an apply whose answer was lost, when people work on the same money in Intacct meanwhile; and of an
answer that comes while another worker looks."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.sync import Act, Kind, Posting, PostingState
from portal.services import payments
from portal.sync import answers, settle
from portal.sync.answers import Answer
from portal.sync.context import RunContext
from portal.sync.settle_looks import Finding, Findings, Open
from tests.factories import ACTOR, make_customer, make_invoice
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import apply_rest_there, due, ok, posted
from tests.integration.sync.test_exactly_once import settle_everything

D = Decimal


@pytest.fixture(params=["received", "ignored"])
def world(world: World, request: pytest.FixtureRequest) -> World:
    """Where control ids are remembered, and where they mean nothing."""
    world.core.switch(uniqueid=request.param)
    return world


def lose_apply(world: World, what: str = "reply_lost") -> Invoice:
    """The 30 that are left of PMT-1 are put on INV-2 here; on the way to Intacct the answer (or all of it) is lost."""
    _, second, payment = posted(world)
    payments.apply(payment, [(second, D("30.00"))], actor=ACTOR)
    world.fault("apply_arpayment", what)
    world.sync()
    assert world.state(payment) == "unknown"
    return second


def test_an_apply_that_arrived_and_was_taken_off_there_again_is_not_sent_again(world: World, clock: MovedClock) -> None:
    second = lose_apply(world)
    [detail] = [row for row in world.there("ARPYMTDETAIL") if row["OVERPAYMENTKEY"]]
    world.act("reverse_payment", payment_key=detail["PARENTPAYMENTKEY"])
    settle_everything(world, clock)
    db.session.refresh(second)
    assert (due(world, "INV-2"), second.balance, world.problems()) == ("50", D("50.00"), [])
    assert [posting.attempts for posting in world.postings() if posting.act == Act.APPLY] == [1]


def test_money_that_moved_otherwise_than_it_was_to_is_for_people_to_tell(world: World, clock: MovedClock) -> None:
    second = lose_apply(world, "dropped_before")
    apply_rest_there(world, "PMT-1", "INV-2", "10")
    settle_everything(world, clock)
    assert "It cannot be told whether" in only_problem(world, "cannot_tell").text
    assert (due(world, "INV-2"), second.number) == ("40", "INV-2")


def test_an_answer_that_comes_while_another_worker_looks_is_not_sent_again(
    world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company, "Acme"), number="INV-1")
    world.fault("create_invoice", "reply_lost")
    world.sync()
    [there] = world.there("ARINVOICE", RECORDID="INV-1")
    clock.advance(minutes=25)

    def looks_while_it_comes(ctx: RunContext, items: Iterable[Open]) -> Findings:
        [item] = items
        answers.store(Answer(item.posting_id, item.attempt, there["RECORDNO"]), "the worker before")
        db.session.commit()
        return {item.posting_id: Finding()}

    monkeypatch.setattr(settle, "look", looks_while_it_comes)
    ok(world.sync())
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1
    assert (world.state(invoice), row_of(world, Kind.INVOICE, invoice.id).key) == ("synced", there["RECORDNO"])
    found = db.session.scalars(db.select(Posting).where(Posting.facts["number"].as_string() == "INV-1")).one()
    assert (found.state, found.attempts) == (PostingState.POSTED, 1)
