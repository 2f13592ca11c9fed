"""Rule 4: what was written and changed since, on either side; both versions are shown and neither is overwritten."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import InvalidInput
from portal.models.invoice import Invoice
from portal.models.sync import Hold, Kind
from portal.services import invoices
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_line
from tests.integration.sync.conftest import World, only_problem, row_of
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited


@pytest.fixture
def invoice(world: World) -> Invoice:
    """An invoice of 100.00 that Intacct has."""
    made = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    return made


def there(world: World) -> dict[str, str]:
    """The invoice in Intacct."""
    return world.there("ARINVOICE", RECORDID="INV-1")[0]


@pytest.mark.rule(4, "out")
def test_rule_4_every_header_field_and_line_of_a_change_here_arrives_there(world: World, invoice: Invoice) -> None:
    changes = {
        "date": dt.date(2026, 3, 2), "due_date": dt.date(2026, 4, 2), "purchase_order": "PO 7",
        "lines": (make_line("60.00", account="4010"), make_line("25.00")),
    }  # fmt: skip
    invoices.edit(invoice, edited(invoice, **changes), actor=ACTOR)
    ok(world.sync())
    now = there(world)
    assert (now["WHENCREATED"], now["WHENDUE"], now["DOCNUMBER"]) == ("03/02/2026", "04/02/2026", "PO 7")
    rows = sorted(world.there("ARINVOICEITEM", RECORDKEY=now["RECORDNO"]), key=lambda row: int(row["LINE_NO"]))
    assert [(row["ACCOUNTNO"], row["TRX_AMOUNT"]) for row in rows] == [("4010", "60"), ("4000", "25")]
    assert ok(world.sync()).counts.get("written.invoices", 0) == 0


@pytest.mark.rule(4, "out")
def test_rule_4_a_change_of_lines_there_alone_stops_an_update_from_here(world: World, invoice: Invoice) -> None:
    with world.core.lock:
        line = world.core.books.store.one("ARINVOICEITEM", "RECORDKEY", int(there(world)["RECORDNO"]))
        world.core.books.adjust("ARINVOICEITEM", line["RECORDNO"], TRX_AMOUNT=Decimal(90), AMOUNT=Decimal(90))
    invoices.edit(invoice, edited(invoice, purchase_order="PO 7"), actor=ACTOR)
    world.sync()
    assert "line amounts are not the ones sent" in only_problem(world, "changed_here").text
    assert there(world)["DOCNUMBER"] == ""


@pytest.mark.rule(4, "out")
def test_rule_4_money_there_keeps_a_change_here_from_being_sent_and_shows_both_versions(
    world: World, invoice: Invoice
) -> None:
    world.choose(read_payments=False)
    world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    details = only_problem(world, "changed_here").details
    assert (details["here"]["total"], details["there"]["total"], details["there"]["due"]) == ("80.00", "100", "90")
    assert there(world)["TRX_TOTALENTERED"] == "100"


@pytest.mark.rule(4, "out")
def test_rule_4_once_the_money_is_taken_off_there_the_change_goes(world: World, invoice: Invoice) -> None:
    world.choose(read_payments=False)
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    world.act("reverse_payment", payment_key=made["payment_key"])
    ok(world.sync())
    assert (there(world)["TRX_TOTALENTERED"], world.problems()) == ("80", [])


@pytest.mark.rule(4, "out")
def test_rule_4_voided_here_with_money_there_is_a_problem_with_both_versions_until_it_is_taken_off(
    world: World, invoice: Invoice
) -> None:
    world.choose(read_payments=False)
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    invoices.void(invoice, reason="wrong", actor=ACTOR)
    world.sync()
    problem = only_problem(world, "changed_here")
    assert (problem.details["here"]["state"], problem.details["there"]["due"]) == ("voided", "90")
    assert len(world.alive("ARINVOICE", RECORDID="INV-1")) == 1
    world.act("reverse_payment", payment_key=made["payment_key"])
    ok(world.sync())
    assert (world.alive("ARINVOICE", RECORDID="INV-1"), world.problems()) == ([], [])


@pytest.mark.rule(4, "in")
def test_rule_4_changed_there_alone_is_shown_with_both_versions_and_changes_nothing_here(
    world: World, invoice: Invoice
) -> None:
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    world.sync()
    problem = only_problem(world, "changed_there")
    assert (Decimal(problem.details["here"]["total"]), problem.details["there"]["total"]) == (Decimal(100), "90")
    assert (invoice.total, [option.name for option in choices.options(problem)]) == (Decimal(100), ["leave"])


@pytest.mark.rule(4, "out")
def test_rule_4_left_as_they_are_both_versions_stay_and_nothing_more_is_sent(world: World, invoice: Invoice) -> None:
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    invoices.edit(invoice, edited(invoice, lines=(make_line("80.00"),)), actor=ACTOR)
    world.sync()
    choices.resolve(only_problem(world, "changed_here"), "leave", actor=ACTOR)
    ok(world.sync())
    assert (there(world)["TRX_TOTALENTERED"], invoice.total) == ("90", Decimal(80))
    assert row_of(world, Kind.INVOICE, invoice.id).hold == Hold.LEFT


@pytest.mark.rule(4, "in")
@pytest.mark.parametrize("choice", ["void_here", "post_again", "leave"])
def test_rule_4_each_choice_about_an_invoice_reversed_there_settles_it(
    world: World, invoice: Invoice, choice: str
) -> None:
    world.act("reverse_invoice", invoice_recordid="INV-1")
    world.sync()
    problem = only_problem(world, "reversed_there")
    assert [option.name for option in choices.options(problem)] == ["void_here", "post_again", "leave"]
    choices.resolve(problem, choice, to="INV-2" if choice == "post_again" else "", actor=ACTOR)
    ok(world.sync())
    ok(world.sync())
    assert world.problems() == []
    assert (invoice.voided, len(world.alive("ARINVOICE", RECORDID="INV-2"))) == (
        choice == "void_here",
        1 if choice == "post_again" else 0,
    )


@pytest.mark.rule(4, "out")
def test_rule_4_posting_again_asks_for_a_new_number(world: World, invoice: Invoice) -> None:
    world.act("reverse_invoice", invoice_recordid="INV-1")
    world.sync()
    with pytest.raises(InvalidInput, match="say the number"):
        choices.resolve(only_problem(world, "reversed_there"), "post_again", actor=ACTOR)
