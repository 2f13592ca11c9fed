"""What GL accounts require on lines is found before anything is sent; lines name their own accounts and dimensions."""

from __future__ import annotations

from typing import Any

import pytest

from portal.services import invoices
from portal.sync import choices
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_line
from tests.integration.intacct_world import refresh_lists
from tests.integration.sync.conftest import World, only_problem
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited


def require(world: World, account: str, *, lists: bool = True, **flags: bool) -> None:
    """Have a GL account require dimensions; the portal's lists know of it unless told otherwise."""
    with world.core.lock:
        row = world.core.books.store.one("GLACCOUNT", "ACCOUNTNO", account)
        world.core.books.modify("GLACCOUNT", row["RECORDNO"], **flags)
    if lists:
        refresh_lists(world.company)


def line_there(world: World, number: str = "INV-1", place: int = 0) -> dict[str, str]:
    """A line of an invoice in Intacct."""
    key = world.there("ARINVOICE", RECORDID=number)[0]["RECORDNO"]
    return sorted(world.there("ARINVOICEITEM", RECORDKEY=key), key=lambda row: int(row["LINE_NO"]))[place]


def test_a_missing_required_dimension_is_named_before_anything_is_sent(world: World) -> None:
    require(world, "4000", REQUIREDEPT=True, REQUIREPROJECT=True)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    problem = only_problem(world, "dimension")
    assert "line 1 needs a department for account 4000; line 1 needs a project for account 4000" in problem.text
    assert [posting.act for posting in world.postings() if posting.row.kind == "invoice"] == []


@pytest.mark.parametrize(
    "mend",
    [
        {"department": "200"},
        {"metadata": {"intacct_department": "200"}},
        {"account": "4010"},
        {"metadata": {"intacct_glaccountno": "4010"}},
    ],
)
def test_a_dimension_or_an_account_on_the_line_mends_it(world: World, mend: dict[str, Any]) -> None:
    require(world, "4000", REQUIREDEPT=True)
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    only_problem(world, "dimension")
    invoices.edit(invoice, edited(invoice, lines=(make_line("100.00", **mend),)), actor=ACTOR)
    ok(world.sync())
    assert world.problems() == []


def test_a_setting_mends_it_for_every_line(world: World) -> None:
    require(world, "4000", REQUIREDEPT=True, REQUIRELOC=True)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    world.choose(department_id="200", location_id="110")
    ok(world.sync())
    assert (line_there(world)["DEPARTMENTID"], line_there(world)["LOCATIONID"]) == ("200", "110")


def test_a_requirement_that_was_lifted_since_the_lists_were_read_holds_up_nothing(world: World) -> None:
    require(world, "4000", REQUIREDEPT=True)
    require(world, "4000", lists=False, REQUIREDEPT=False)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    assert world.alive("ARINVOICE", RECORDID="INV-1")


def test_a_requirement_that_the_lists_do_not_know_is_told_by_intacct(world: World) -> None:
    require(world, "4000", lists=False, REQUIREDEPT=True)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    world.sync()
    [problem] = world.problems()
    assert (problem.guide, "department is required for account 4000" in problem.text) == ("dimension", True)
    assert choices.options(problem) == ()


def test_lines_go_with_their_own_account_location_department_and_further_dimensions(world: World) -> None:
    world.choose(location_id="100", department_id="100")
    lines = (
        make_line("60.00", account="4010", location="110", department="200"),
        make_line("30.00", metadata={"intacct_location": "210", "intacct_department": "300",
                                     "intacct_glaccountno": "4020", "intacct_class": "TRADE",
                                     "intacct_item": "VISIT"}),
        make_line("10.00"),
    )  # fmt: skip
    make_invoice(customer=make_customer(world.company), number="INV-1", lines=lines)
    ok(world.sync())
    shown = ("ACCOUNTNO", "LOCATIONID", "DEPARTMENTID", "ITEMID", "CLASSID")
    assert [tuple(line_there(world, place=place)[name] for name in shown) for place in range(3)] == [
        ("4010", "110", "200", "", ""),
        ("4020", "210", "300", "VISIT", "TRADE"),
        ("4000", "100", "100", "", ""),
    ]


def test_a_dimension_that_intacct_does_not_know_is_a_problem_that_names_it(world: World) -> None:
    make_invoice(
        customer=make_customer(world.company), number="INV-1",
        lines=(make_line("10.00", metadata={"intacct_project": "NOWHERE"}),),
    )  # fmt: skip
    world.sync()
    [problem] = world.problems()
    assert problem.guide == "dimension"
    assert "NOWHERE" in problem.text


def test_a_metadata_key_that_is_no_dimension_is_named(world: World) -> None:
    make_invoice(
        customer=make_customer(world.company), number="INV-1",
        lines=(make_line("10.00", metadata={"intacct_colour": "red"}),),
    )  # fmt: skip
    world.sync()
    assert "colour" in only_problem(world, "value_refused").text


def test_a_credit_notes_lines_are_looked_at_too(world: World) -> None:
    require(world, "4000", REQUIREDEPT=True)
    make_credit_note("30.00", customer=make_customer(world.company), number="CN-1")
    world.sync()
    assert "Credit note CN-1 lacks what its GL accounts require" in only_problem(world, "dimension").text
    world.choose(department_id="200")
    ok(world.sync())
    assert len(world.there("ARADJUSTMENT", RECORDID="CN-1")) == 1
