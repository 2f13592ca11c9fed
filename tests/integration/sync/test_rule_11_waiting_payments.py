"""Rule 11: a payment waits for its invoices, says for which, and goes by itself; waiting is no try."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.base import Origin
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import Hold, Kind
from portal.services import invoices, payments
from portal.sync import choices, engine, links, looking, previews, runs
from portal.sync.slices import Slice
from tests.factories import ACTOR, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited

BAD = (make_line("100.00", account="9999-none"),)


@pytest.mark.rule(11, "out")
def test_rule_11_a_payment_waits_for_every_invoice_that_it_pays_and_names_the_missing_one(world: World) -> None:
    customer = make_customer(world.company)
    good = make_invoice("100.00", customer=customer, number="INV-1")
    bad = make_invoice(customer=customer, number="INV-2", lines=BAD)
    payment = make_payment("150.00", on={good: "100.00", bad: "50.00"}, number="PMT-1")
    world.sync()
    assert (world.state(good), world.state(payment)) == ("synced", "waiting")
    assert "INV-2" in row_of(world, Kind.PAYMENT, payment.id).waiting_for
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1") == []


@pytest.mark.rule(11, "out")
def test_rule_11_it_goes_in_the_same_sync_as_its_invoice(world: World) -> None:
    bad = make_invoice(customer=make_customer(world.company), number="INV-1", lines=BAD)
    payment = make_payment("100.00", on={bad: "100.00"}, number="PMT-1")
    world.sync()
    invoices.edit(bad, edited(bad, lines=(make_line("100.00"),)), actor=ACTOR)
    run = ok(world.sync())
    assert (run.counts["written.invoices"], run.counts["written.payments"]) == (1, 1)
    assert world.state(payment) == "synced"


@pytest.mark.rule(11, "out")
def test_rule_11_waiting_is_no_try_and_no_problem(world: World) -> None:
    bad = make_invoice(customer=make_customer(world.company), number="INV-1", lines=BAD)
    payment = make_payment("100.00", on={bad: "100.00"}, number="PMT-1")
    for _ in range(3):
        world.sync()
    assert [problem.row.record_id for problem in world.problems()] == [bad.id]
    assert [posting for posting in world.postings() if posting.row.kind == "payment"] == []
    assert world.state(payment) == "waiting"


def told(run: Run) -> list[tuple[str, bool]]:
    """(which records, whether it is a single one) of each item of the run that says that something waits."""
    query = db.select(RunItem).where(RunItem.run_id == run.id, RunItem.outcome == "waiting").order_by(RunItem.id)
    items = [(item.object, item.sync_row_id is not None) for item in db.session.scalars(query)]
    db.session.commit()
    return items


@pytest.mark.rule(11, "out")
def test_rule_11_what_waits_as_before_is_counted_and_told_together(world: World) -> None:
    customer = make_customer(world.company)
    unapplied, *_ = [make_payment("10.00", customer=customer) for _ in range(3)]
    payment_id = unapplied.id
    first = ok(world.sync())
    assert (first.counts["waiting"], told(first)) == (3, [("", True)] * 3)
    again = ok(world.sync())
    assert (again.counts["waiting"], told(again)) == (3, [("3 payments", False)])
    make_payment("20.00", customer=customer)
    one_more = ok(world.sync())
    assert (one_more.counts["waiting"], told(one_more)) == (4, [("", True), ("3 payments", False)])
    asked = ok(world.sync(RunKind.RECORD, subject={"records": [{"kind": "payment", "id": payment_id}]}))
    assert (asked.counts["waiting"], told(asked)) == (1, [("", True)]), "a person asked for this one"
    shown = world.sync(RunKind.PREVIEW, subject=previews.subject())
    assert told(shown) == [("", True)] * 4, "a preview shows all that a sync would leave"


@pytest.mark.rule(11, "out")
def test_rule_11_what_waits_as_before_is_counted_once_however_many_slices_a_run_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = make_customer(world.company)
    for _ in range(5):
        make_payment("10.00", customer=customer)
    ok(world.sync())
    monkeypatch.setattr(looking, "LOOK_AT_ONCE", 2)
    make_payment("10.00", customer=customer)
    run_id = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    slices = 1
    while engine.perform(run_id, slice_=Slice(must_leave=_after(8 + slices))):
        slices += 1
    run = ok(db.session.get_one(Run, run_id, populate_existing=True))
    assert (run.counts["waiting"], slices > 3) == (6, True)
    assert sum(int(what.split()[0]) if what else 1 for what, _ in told(run)) == 6, "each is told of once"


def _after(checkpoints: int) -> Callable[[], bool]:
    left = iter(range(checkpoints, -1000, -1))
    return lambda: next(left) <= 0


@pytest.mark.rule(11, "out")
def test_rule_11_a_payment_on_no_invoice_waits_until_it_is_applied(world: World) -> None:
    customer = make_customer(world.company)
    payment = make_payment("100.00", customer=customer, number="PMT-1")
    ok(world.sync())
    assert world.state(payment) == "waiting"
    payments.apply(payment, [(make_invoice("60.00", customer=customer), Decimal(60))], actor=ACTOR)
    ok(world.sync())
    [there] = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert (there["TRX_TOTALENTERED"], there["TRX_TOTALDUE"]) == ("100", "40")


@pytest.mark.rule(11, "out")
def test_rule_11_a_payment_on_an_invoice_before_the_start_goes_when_the_start_is_moved_back(world: World) -> None:
    world.choose(sync_from="2026-03-01")
    invoice = make_invoice("60.00", customer=make_customer(world.company), number="INV-1", date=dt.date(2026, 2, 1))
    payment = make_payment("60.00", on={invoice: "60.00"}, number="PMT-1", date=dt.date(2026, 3, 5))
    ok(world.sync())
    assert (world.state(invoice), world.state(payment)) == ("excluded", "excluded")
    assert "left alone with its invoice" in row_of(world, Kind.PAYMENT, payment.id).hold_reason


@pytest.mark.rule(11, "out")
def test_rule_11_payments_on_imported_invoices_are_exempt_from_the_start(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    world.act("create_invoice", customerid="C-1", invoiceno="THEIRS", amount="100", date="02/01/2026")
    key = world.there("ARINVOICE", RECORDID="THEIRS")[0]["RECORDNO"]
    world.choose(sync_from="2026-03-01")
    imported = make_invoice(
        "100.00", customer=customer, number="THEIRS", date=dt.date(2026, 2, 1), origin=Origin.INTACCT
    )
    row = row_of(world, Kind.INVOICE, imported.id)
    row.hold = Hold.NONE
    links.link_without_posting(row, key, "THEIRS", {"number": "THEIRS"}, "")
    make_payment("100.00", on={imported: "100.00"}, number="PMT-1", date=dt.date(2026, 3, 5))
    ok(world.sync())
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1
    assert world.there("ARINVOICE", RECORDID="THEIRS")[0]["TRX_TOTALDUE"] == "0"


@pytest.mark.rule(11, "out")
def test_rule_11_a_part_on_a_skipped_invoice_is_not_posted_and_is_told_to_be_booked_by_hand(world: World) -> None:
    customer = make_customer(world.company)
    skipped, good = (make_invoice("50.00", customer=customer, number=f"INV-{number}") for number in (1, 2))
    choices.skip(row_of(world, Kind.INVOICE, skipped.id), "theirs", actor=ACTOR)
    make_payment("90.00", on={skipped: "40.00", good: "50.00"}, number="PMT-1")
    run = world.sync()
    [there] = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert there["TRX_TOTALENTERED"] == "50"
    told = list(db.session.scalars(db.select(RunItem.text).where(RunItem.run_id == run.id)))
    assert any("40.00" in text and "booked by hand" in text for text in told), told
