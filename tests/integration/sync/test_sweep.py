"""Deletions in Intacct are noticed once a day: by its audit history, or by checking linked keys in turn."""

from __future__ import annotations

from functools import partial

import pytest

from portal.extensions import db
from portal.models.run import Run, RunKind
from portal.models.sync import Kind
from portal.sync import choices, due, sweep
from portal.sync.tie_out import asking
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import ok, posted
from tests.integration.sync.test_rule_15_entities import EAST, WEST, connect_to


def delete(world: World, object_: str, **field: str) -> str:
    """Have somebody delete a record in Intacct; gives its key."""
    [(name, value)] = field.items()
    with world.core.lock:
        books = world.core.books
        key = books.store.one(object_, name, value)["RECORDNO"]
        books.store.begin()
        for item in ("ARINVOICEITEM", "ARPYMTDETAIL"):
            parent = "RECORDKEY" if object_ == "ARINVOICE" else "PAYMENTKEY"
            for row in list(books.store.where(item, parent, key)):
                books.store.remove(item, row["RECORDNO"])
        books.delete(object_, key)
        books.store.commit()
    return str(key)


def deny_audit(world: World) -> None:
    """Take the right to the audit history away."""
    world.core.switch(denied=["READ AUDITHISTORY"])


BOTH_WAYS = pytest.mark.parametrize("permitted", [True, False], ids=["audit history", "in turn"])


@pytest.mark.rule(4, "in")
@BOTH_WAYS
def test_rule_4_an_invoice_deleted_in_intacct_is_a_problem_with_its_choices(world: World, permitted: bool) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    if not permitted:
        deny_audit(world)
    key = delete(world, "ARINVOICE", RECORDID="INV-1")
    ok(world.sync())
    assert world.problems() == []
    run = world.sync(RunKind.SWEEP)
    problem = only_problem(world, "gone_there")
    assert (run.state, f"recordno = {key}" in problem.text) == ("finished_with_problems", True)
    choices.resolve(problem, "post_again", to="INV-2", actor=ACTOR)
    ok(world.sync())
    assert (world.state(invoice), len(world.alive("ARINVOICE", RECORDID="INV-2"))) == ("synced", 1)


@BOTH_WAYS
def test_a_payment_of_ours_deleted_in_intacct_is_a_problem_and_keeps_its_applications(
    world: World, permitted: bool
) -> None:
    first, _, payment = posted(world)
    if not permitted:
        deny_audit(world)
    delete(world, "ARPYMT", DOCNUMBER="PMT-1")
    world.sync(RunKind.SWEEP)
    problem = only_problem(world, "gone_there")
    assert "Payment PMT-1 was deleted in Intacct" in problem.text
    assert (payment.voided, first.balance) == (False, 0)


def test_what_intacct_paid_and_then_deleted_is_taken_off_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", document="THEIRS")
    ok(world.sync())
    assert invoice.balance == 60
    delete(world, "ARPYMT", DOCNUMBER="THEIRS")
    ok(world.sync(RunKind.SWEEP))
    db.session.refresh(invoice)
    assert invoice.balance == 100


def test_a_customer_deleted_in_intacct_is_a_problem_and_can_be_created_again(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice(customer=customer, number="INV-1")
    ok(world.sync())
    former = row_of(world, Kind.CUSTOMER, customer.id).key
    delete(world, "ARINVOICE", RECORDID="INV-1")
    delete(world, "CUSTOMER", CUSTOMERID="C-1")
    delete(world, "CONTACT", CONTACTNAME="Acme(CC-1)")
    world.sync(RunKind.SWEEP)
    problem = next(item for item in world.problems() if item.code == "customer_gone")
    choices.resolve(problem, "post_again", actor=ACTOR)
    world.sync()
    row = row_of(world, Kind.CUSTOMER, customer.id)
    assert row.key not in ("", former)
    assert len(world.there("CUSTOMER", CUSTOMERID="C-1")) == 1


@BOTH_WAYS
def test_a_credit_note_of_ours_deleted_in_intacct_is_a_problem(world: World, permitted: bool) -> None:
    note = make_credit_note("30.00", customer=make_customer(world.company), number="CN-1")
    ok(world.sync())
    if not permitted:
        deny_audit(world)
    delete(world, "ARADJUSTMENT", RECORDID="CN-1")
    world.sync(RunKind.SWEEP)
    problem = only_problem(world, "gone_there")
    assert "Credit note CN-1 was deleted in Intacct" in problem.text
    choices.resolve(problem, "void_here", actor=ACTOR)
    ok(world.sync())
    assert (note.voided, world.problems()) == (True, [])


def test_a_credit_applied_in_intacct_and_then_deleted_is_taken_off_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, number="C-1"), number="INV-1")
    ok(world.sync())
    made = world.act("issue_credit", customerid="C-1", amount="30")
    world.act("apply_credit", invoice_recordid="INV-1", credit_key=made["credit_key"], amount="30")
    ok(world.sync())
    assert invoice.balance == 70
    with world.core.lock:
        books = world.core.books
        books.store.begin()
        for row in list(books.store.where("ARPYMTDETAIL", "ADJUSTMENTKEY", made["credit_key"])):
            books.store.remove("ARPYMTDETAIL", row["RECORDNO"])
        books.delete("ARADJUSTMENT", made["credit_key"])
        books.store.commit()
    ok(world.sync(RunKind.SWEEP))
    db.session.refresh(invoice)
    assert invoice.balance == 100


def test_a_sweep_that_finds_nothing_gone_says_nothing_and_changes_nothing(world: World) -> None:
    posted(world)
    run = ok(world.sync(RunKind.SWEEP))
    assert (run.counts["gone"], world.problems()) == (0, [])


def test_an_audit_history_that_errs_makes_no_problem_of_a_record_that_is_there(world: World) -> None:
    first, _, _ = posted(world)
    key = row_of(world, Kind.INVOICE, first.id).key
    with world.core.lock:
        world.core.books._audit("D", "ARINVOICE", int(key))
    ok(world.sync(RunKind.SWEEP))
    assert world.problems() == []


def test_the_same_deletion_is_told_once(world: World) -> None:
    posted(world)
    delete(world, "ARPYMT", DOCNUMBER="PMT-1")
    world.sync(RunKind.SWEEP)
    assert only_problem(world, "gone_there").tries == 1
    world.sync(RunKind.SWEEP)
    assert only_problem(world, "gone_there").tries == 1


def test_left_it_is_not_told_again(world: World) -> None:
    posted(world)
    delete(world, "ARPYMT", DOCNUMBER="PMT-1")
    world.sync(RunKind.SWEEP)
    choices.resolve(only_problem(world, "gone_there"), "leave", actor=ACTOR)
    ok(world.sync(RunKind.SWEEP))
    assert world.problems() == []


def test_keys_are_checked_in_turn_a_part_each_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deny_audit(world)
    monkeypatch.setattr(sweep, "ROLLING_A_DAY", 2)
    monkeypatch.setattr(sweep, "KEYS_AT_ONCE", 1)
    customer = make_customer(world.company)
    for number in range(3):
        make_invoice(customer=customer, number=f"INV-{number}")
    ok(world.sync())
    delete(world, "ARINVOICE", RECORDID="INV-2")
    runs = [world.sync(RunKind.SWEEP) for _ in range(2)]
    assert [run.counts["swept"] for run in runs] == [2, 2]
    assert any("checked in turn" in warning for warning in runs[0].warnings)
    only_problem(world, "gone_there")


def planned(world: World, ended: str = "finished") -> int:
    """Tick, and end what the tick planned; how many sweeps there ever were."""
    due.due(20)
    db.session.execute(
        db.update(Run)
        .where(Run.state == "queued")
        .values(state=ended, created_at=due.utcnow(), started_at=due.utcnow())
    )
    db.session.commit()
    return len(list(db.session.scalars(db.select(Run).where(Run.kind == RunKind.SWEEP))))


def days_go_by(world: World, count: int) -> None:
    world.core.clock.advance(count * 24 * 3600)


@BOTH_WAYS
def test_a_deletion_outlives_sweeps_that_fail(world: World, permitted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "utcnow", world.core.clock.now)
    monkeypatch.setattr(sweep, "ROLLING_A_DAY", 2)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    if not permitted:
        deny_audit(world)
    delete(world, "ARINVOICE", RECORDID="INV-1")
    world.fault({"function": "query", "object": "ARINVOICE"}, "function_error", times=2, errorno="X", text="Broken")
    for _ in range(2):
        days_go_by(world, 2)
        assert world.sync(RunKind.SWEEP).state == "failed"
    days_go_by(world, 2)
    world.sync(RunKind.SWEEP)
    only_problem(world, "gone_there")


def test_a_deletion_is_told_when_the_posting_that_it_waited_for_is_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "utcnow", world.core.clock.now)
    posted(world)
    delete(world, "ARPYMT", DOCNUMBER="PMT-1")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sweep, "has_open_posting", lambda _row_id: True)
        for _ in range(3):
            ok(world.sync(RunKind.SWEEP))
            days_go_by(world, 2)
    world.sync(RunKind.SWEEP)
    only_problem(world, "gone_there")


@pytest.mark.rule(15, "in")
def test_rule_15_a_deletion_in_an_entity_out_of_sight_is_told_when_it_is_seen_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "utcnow", world.core.clock.now)
    connect_to(world, EAST)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    ok(world.sync(RunKind.SWEEP))
    connect_to(world, WEST)
    delete(world, "ARINVOICE", RECORDID="INV-1")
    for _ in range(3):
        days_go_by(world, 2)
        ok(world.sync(RunKind.SWEEP))
    connect_to(world, EAST)
    world.sync(RunKind.SWEEP)
    only_problem(world, "gone_there")


def test_a_sweep_that_failed_is_made_up_for_an_hour_later(world: World, clock: MovedClock) -> None:
    ok(world.sync())
    clock.advance(hours=25)
    assert planned(world, ended="failed") == 1
    clock.advance(minutes=50)
    assert planned(world) == 1
    clock.advance(minutes=20)
    assert planned(world) == 2
    clock.advance(hours=5)
    assert planned(world) == 2


def test_no_tie_out_takes_the_minute_of_a_sweep() -> None:
    """A book has one run for a moment. A tie-out's is at a time of the company's day, whose zone is some quarters of an
    hour away."""
    assert due.SWEEP_MINUTE not in {(asking.DAILY_AT.minute + quarter * 15) % 60 for quarter in range(4)}


def test_the_tick_plans_a_sweep_once_a_day_after_something_was_synced(world: World, clock: MovedClock) -> None:
    assert planned(world) == 0
    ok(world.sync())
    assert planned(world) == 0
    clock.advance(hours=25)
    assert planned(world) == 1
    assert planned(world) == 1
    clock.advance(hours=48)
    assert planned(world) == 1, "nothing was synced since"


def test_more_deletions_than_a_page_holds_are_found_by_checking_in_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    for number in range(2):
        world.act("create_customer", customerid=f"X-{number}", name=f"X {number}")
        delete(world, "CUSTOMER", CUSTOMERID=f"X-{number}")
    delete(world, "ARINVOICE", RECORDID="INV-1")
    monkeypatch.setattr(sweep, "Query", partial(sweep.Query, page_size=2))
    run = world.sync(RunKind.SWEEP)
    assert "more than one page holds" in run.warnings[0]
    only_problem(world, "gone_there")
