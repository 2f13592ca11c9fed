"""Rule 2: the first sync takes every issued invoice, later ones only what changed since it was last synced."""

from __future__ import annotations

import pytest

from portal.models.run import Run
from portal.models.sync import Kind
from portal.queries import sync_states
from portal.services import invoices
from tests.factories import ACTOR, make_customer, make_invoice, make_line
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited


def written(run: Run) -> int:
    """How many invoices a run wrote."""
    return int(ok(run).counts.get("written.invoices", 0))


@pytest.mark.rule(2, "out")
def test_rule_2_the_first_sync_takes_all_issued_invoices_and_no_draft(world: World) -> None:
    customer = make_customer(world.company)
    for number in range(3):
        make_invoice(customer=customer, number=f"INV-{number}")
    make_invoice(customer=customer, number="DRAFT-1", draft=True)
    assert written(world.sync()) == 3
    assert world.there("ARINVOICE", RECORDID="DRAFT-1") == []


@pytest.mark.rule(2, "out")
def test_rule_2_later_syncs_write_only_what_changed(world: World) -> None:
    customer = make_customer(world.company)
    made = [make_invoice(customer=customer, number=f"INV-{number}") for number in range(3)]
    assert written(world.sync()) == 3
    assert written(world.sync()) == 0
    invoices.edit(made[1], edited(made[1], purchase_order="PO 2"), actor=ACTOR)
    assert written(world.sync()) == 1
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["DOCNUMBER"] == "PO 2"
    assert [posting.row.record_id for posting in world.postings() if posting.act == "update"] == [made[1].id]


@pytest.mark.rule(2, "out")
def test_rule_2_a_change_taken_back_before_the_sync_sends_nothing(world: World) -> None:
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    assert written(world.sync()) == 1
    before = edited(invoice)
    invoices.edit(invoice, edited(invoice, lines=(make_line("70.00"),)), actor=ACTOR)
    invoices.edit(invoice, before, actor=ACTOR)
    assert written(world.sync()) == 0


@pytest.mark.rule(2, "out")
def test_rule_2_a_changed_setting_concerns_no_invoice_that_was_written(world: World) -> None:
    make_invoice(customer=make_customer(world.company), number="INV-1")
    assert written(world.sync()) == 1
    world.choose(income_account="4010", location_id="110", discount_account="4090")
    assert written(world.sync()) == 0


@pytest.mark.rule(2, "out")
def test_rule_2_switched_off_nothing_is_written_until_it_is_switched_on(world: World) -> None:
    world.choose(write_invoices=False)
    make_invoice(customer=make_customer(world.company), number="INV-1")
    assert written(world.sync()) == 0
    world.choose(write_invoices=True)
    assert written(world.sync()) == 1


@pytest.mark.rule(2, "out")
def test_rule_2_what_is_switched_off_says_so_instead_of_waiting_for_the_next_sync(world: World) -> None:
    world.choose(write_invoices=False)
    invoice = make_invoice("10.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    found = sync_states.states(world.company, Kind.INVOICE, [invoice.id])[invoice.id]
    assert (found.state, "switched off" in found.reason) == ("excluded", True)
    world.choose(write_invoices=True)
    assert world.state(invoice) == "pending"
