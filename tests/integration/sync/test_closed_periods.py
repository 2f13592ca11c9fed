"""A record whose period is closed in Intacct waits as a problem; it is posted on another day by choice only."""

from __future__ import annotations

import datetime as dt

import pytest

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company
from portal.models.sync import Hold, Kind, Problem
from portal.services import invoices
from portal.sync import choices
from portal.sync.open_days import next_day
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited

MARCH = dt.date(2026, 3, 1)


@pytest.fixture(autouse=True)
def in_june(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 10 June 2026 at the company's place."""
    monkeypatch.setattr(Company, "today", lambda self: dt.date(2026, 6, 10))


def closed_through(world: World, day: str) -> None:
    """Close Intacct's books up to a day."""
    world.core.switch(closed_through=day)


def test_a_closed_period_makes_the_record_wait_as_a_problem_and_never_re_dates_it_silently(world: World) -> None:
    closed_through(world, "04/30/2026")
    make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    world.sync()
    [problem] = world.problems()
    assert (problem.guide, [option.name for option in choices.options(problem)]) == (
        "closed_period",
        ["post_on_open_day", "leave"],
    )
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


def test_by_choice_an_invoice_is_posted_on_the_first_open_day_and_keeps_its_date_on_both_sides(world: World) -> None:
    closed_through(world, "04/30/2026")
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    choices.resolve(world.problems()[0], "post_on_open_day", actor=ACTOR)
    run = ok(world.sync())
    [there] = world.there("ARINVOICE", RECORDID="INV-1")
    assert (there["WHENCREATED"], there["WHENPOSTED"]) == ("03/01/2026", "05/01/2026")
    assert (invoice.date, world.state(invoice), run.counts["written.invoices"]) == (MARCH, "synced", 1)
    assert ok(world.sync()).counts.get("problems", 0) == 0


def test_the_other_posting_date_is_told_in_the_records_history_and_in_the_problem(world: World) -> None:
    closed_through(world, "04/30/2026")
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    choices.resolve(world.problems()[0], "post_on_open_day", actor=ACTOR)
    ok(world.sync())
    told = "In Intacct it is posted on 1 May 2026"
    entries = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject_id == invoice.id)).all()
    assert any(told in entry.text for entry in entries)
    assert told in db.session.scalars(db.select(Problem)).one().text


def test_where_every_day_up_to_today_is_closed_it_stays_a_problem_until_one_opens(world: World) -> None:
    closed_through(world, "06/30/2026")
    make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    choices.resolve(world.problems()[0], "post_on_open_day", actor=ACTOR)
    world.sync()
    assert [problem.guide for problem in world.problems()] == ["closed_period"]
    closed_through(world, "05/31/2026")
    ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["WHENPOSTED"] == "06/10/2026"


def test_a_payment_in_a_closed_period_is_received_on_the_first_open_day_by_choice(world: World) -> None:
    payment = make_payment("100.00", on={make_invoice(customer=make_customer(world.company)): "100.00"}, number="PMT-1")
    world.core.switch(closed_periods=["03/01/2026-03/31/2026"])
    world.choose(write_payments=False)
    world.core.switch(closed_periods=[])
    ok(world.sync())
    world.choose(write_payments=True)
    world.core.switch(closed_periods=["03/01/2026-03/31/2026"])
    world.sync()
    [problem] = world.problems()
    assert problem.guide == "closed_period"
    choices.resolve(problem, "post_on_open_day", actor=ACTOR)
    ok(world.sync())
    [there] = world.there("ARPYMT", DOCNUMBER="PMT-1")
    assert (there["RECEIPTDATE"], payment.date) == ("04/01/2026", MARCH)
    assert ok(world.sync()).counts.get("problems", 0) == 0


def test_a_credit_note_in_a_closed_period_is_posted_on_the_first_open_day_by_choice(world: World) -> None:
    customer = make_customer(world.company)
    ok(world.sync())
    closed_through(world, "04/30/2026")
    note = make_credit_note("30.00", customer=customer, number="CN-1", date=MARCH)
    world.sync()
    [problem] = world.problems()
    assert problem.guide == "closed_period"
    choices.resolve(problem, "post_on_open_day", actor=ACTOR)
    ok(world.sync())
    [there] = world.there("ARADJUSTMENT", RECORDID="CN-1")
    assert (there["WHENCREATED"], there["WHENPOSTED"]) == ("03/01/2026", "05/01/2026")
    assert row_of(world, Kind.CREDIT_NOTE, note.id).seen_there["posted_on"] == "2026-05-01"


def test_left_it_stays_out_of_every_sync(world: World) -> None:
    closed_through(world, "04/30/2026")
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    choices.resolve(world.problems()[0], "leave", actor=ACTOR)
    closed_through(world, "")
    ok(world.sync())
    assert row_of(world, Kind.INVOICE, invoice.id).hold == Hold.LEFT
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


def test_a_period_that_is_opened_again_lets_the_record_go_with_its_own_date(world: World) -> None:
    closed_through(world, "04/30/2026")
    make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    closed_through(world, "")
    ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["WHENPOSTED"] == "03/01/2026"


def test_a_later_change_keeps_the_posting_date_that_was_chosen(world: World) -> None:
    closed_through(world, "04/30/2026")
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1", date=MARCH)
    world.sync()
    choices.resolve(world.problems()[0], "post_on_open_day", actor=ACTOR)
    ok(world.sync())
    invoices.edit(invoice, edited(invoice, purchase_order="PO 9"), actor=ACTOR)
    ok(world.sync())
    [there] = world.there("ARINVOICE", RECORDID="INV-1")
    assert (there["DOCNUMBER"], there["WHENPOSTED"]) == ("PO 9", "05/01/2026")


def test_there_is_nothing_to_choose_while_no_later_day_has_come(world: World) -> None:
    closed_through(world, "06/30/2026")
    make_invoice(customer=make_customer(world.company), number="INV-1", date=dt.date(2026, 6, 10))
    world.sync()
    with pytest.raises(NotAllowedNow, match="no later day has come yet"):
        choices.resolve(world.problems()[0], "post_on_open_day", actor=ACTOR)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (dt.date(2026, 3, 1), dt.date(2026, 4, 1)),
        (dt.date(2026, 3, 31), dt.date(2026, 4, 1)),
        (dt.date(2026, 5, 31), dt.date(2026, 6, 1)),
        (dt.date(2026, 6, 1), dt.date(2026, 6, 10)),
        (dt.date(2026, 6, 10), None),
        (dt.date(2026, 7, 1), None),
    ],
)
def test_days_are_tried_from_month_to_month_up_to_today(day: dt.date, following: dt.date | None) -> None:
    assert next_day(day, dt.date(2026, 6, 10)) == following
