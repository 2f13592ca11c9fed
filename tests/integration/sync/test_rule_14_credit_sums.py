"""Rule 14: a credit's lines sum to the credit note's total, discount and tax included."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.cli.db import upgrade
from portal.extensions import db
from portal.models.sync import Kind
from tests.factories import make_credit_note, make_customer, make_invoice, make_line
from tests.integration.sync.conftest import World, only_problem, row_of
from tests.integration.sync.scenes import due, ok, texts


def lines_there(world: World, number: str) -> list[tuple[str, str]]:
    """(account, amount) of an adjustment's lines in Intacct."""
    header = world.there("ARADJUSTMENT", RECORDID=number)[0]
    return [
        (row["ACCOUNTNO"], row["TRX_AMOUNT"]) for row in world.there("ARADJUSTMENTITEM", RECORDKEY=header["RECORDNO"])
    ]


@pytest.mark.rule(14, "out")
def test_a_credit_note_is_posted_whole_as_an_adjustment_of_its_total(world: World) -> None:
    note = make_credit_note("80.00", customer=make_customer(world.company), number="CN-1")
    run = ok(world.sync())
    there = world.there("ARADJUSTMENT", RECORDID="CN-1")
    assert [(row["TRX_TOTALENTERED"], row["TRX_TOTALDUE"]) for row in there] == [("-80", "-80")]
    assert (world.state(note), run.counts["written.credit_notes"]) == ("synced", 1)
    assert row_of(world, Kind.CREDIT_NOTE, note.id).key == there[0]["RECORDNO"]
    sent = len(world.postings())
    ok(world.sync())
    assert len(world.postings()) == sent


def test_a_credit_note_from_before_credit_notes_were_sent_is_sent_once_the_database_was_upgraded(world: World) -> None:
    note = make_credit_note("80.00", customer=make_customer(world.company), number="CN-1")
    ok(world.sync())
    other = make_credit_note("70.00", customer=note.customer, number="CN-2")
    db.session.delete(row_of(world, Kind.CREDIT_NOTE, other.id))
    db.session.commit()
    upgrade()
    ok(world.sync())
    assert [row["RECORDID"] for row in world.there("ARADJUSTMENT")] == ["CN-1", "CN-2"]


@pytest.mark.rule(14, "out")
def test_discount_lowers_the_lines_and_tax_is_a_line_of_its_own(world: World) -> None:
    world.choose(tax_account="2200")
    lines = (make_line("70.00"), make_line("30.00", account="4010"))
    make_credit_note(
        customer=make_customer(world.company), number="CN-1", lines=lines, discount=Decimal("33.33"), tax=Decimal("5")
    )
    ok(world.sync())
    assert lines_there(world, "CN-1") == [("4000", "-46.67"), ("4010", "-20"), ("2200", "-5")]
    assert world.there("ARADJUSTMENT", RECORDID="CN-1")[0]["TRX_TOTALENTERED"] == "-71.67"


@pytest.mark.rule(14, "out")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_credit_of_nothing_is_a_problem_and_nothing_is_sent(world: World) -> None:
    make_credit_note(
        customer=make_customer(world.company), number="CN-1", lines=(make_line("50.00"),), discount=Decimal(50)
    )
    world.sync()
    assert only_problem(world, "credit_of_nothing").text.startswith("Credit note CN-1 credits 0")
    assert world.there("ARADJUSTMENT") == []


@pytest.mark.rule(14, "out")
def test_what_is_applied_here_is_applied_there_to_the_cent(world: World) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    note = make_credit_note("33.33", customer=customer, number="CN-1", on={first: "20.11", second: "10.00"})
    run = ok(world.sync())
    assert (due(world, "INV-1"), due(world, "INV-2")) == ("29.89", "40")
    assert world.there("ARADJUSTMENT", RECORDID="CN-1")[0]["TRX_TOTALDUE"] == "-3.22"
    assert (world.state(note), run.counts["applied.credit_notes"], texts(world)) == ("synced", 1, [])
    sent = len(world.postings())
    ok(world.sync())
    assert len(world.postings()) == sent
