"""The whole A/R customer list comes over, once, with what is known of each."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from portal.extensions import db
from portal.imports import pages
from portal.imports.steps import STEPS
from portal.models.customer import Customer
from portal.models.run import RunKind
from portal.models.sync import Kind, SyncRow
from portal.queries import sync_states
from portal.sync import choices, engine
from tests.factories import ACTOR, make_customer
from tests.integration.imports.conftest import World, import_, items, preview

UNTOUCHED_BY_NOTHING_NEW = ("run", "run_item", "connection", "gateway_usage", "gateway_failure", "gateway_slot")


def ours(world: World, number: str) -> Customer:
    query = db.select(Customer).where(Customer.company_id == world.company_id, Customer.number == number)
    return db.session.scalars(query).one()


def everything(but: tuple[str, ...] = UNTOUCHED_BY_NOTHING_NEW) -> dict[str, list[Any]]:
    names = [table.name for table in db.metadata.sorted_tables if table.name not in but]
    found = {name: sorted(map(repr, db.session.execute(text(f"SELECT * FROM {name}")))) for name in names}
    db.session.commit()
    return found


def test_every_customer_of_intacct_is_here_afterwards(world: World) -> None:
    run = import_(world)
    assert run.state == "finished", (run.error, [item.text for item in items(run) if item.outcome == "problem"])
    there = world.there("CUSTOMER")
    assert run.counts["created.customers"] == len(there)
    for row in there:
        customer = ours(world, row["CUSTOMERID"])
        assert (customer.name, customer.active) == (row["NAME"], row["STATUS"] in ("T", "active"))
    assert (run.position, run.total) == (len(there), len(there))
    ids = list(db.session.scalars(db.select(Customer.id)))
    assert {one.state for one in sync_states.states(world.company, Kind.CUSTOMER, ids).values()} == {"synced"}


def test_importing_twice_changes_nothing(world: World) -> None:
    import_(world)
    before = everything()
    run = import_(world)
    assert run.counts["unchanged.customers"] == len(world.there("CUSTOMER"))
    assert items(run) == []
    assert everything() == before


def test_a_change_in_intacct_comes_over_and_what_is_ours_stays(world: World) -> None:
    import_(world)
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    ours(world, customer).extra = {"note": "VIP"}
    db.session.commit()
    world.act("edit_customer", customerid=customer, fields={"NAME": "Évora & Søn “Ltd” 🎈 שלום"})
    run = import_(world)
    assert run.counts["updated.customers"] == 1
    assert (ours(world, customer).name, ours(world, customer).extra["note"]) == ("Évora & Søn “Ltd” 🎈 שלום", "VIP")


@pytest.mark.rule(1, "in")
def test_a_customer_of_that_name_is_linked_and_keeps_its_number(world: World) -> None:
    there = world.there("CUSTOMER")[0]
    mine = make_customer(world.company, f"  {there['NAME'].upper()} ", number="C-7")
    run = import_(world)
    assert run.counts["linked.customers"] == 1
    row = db.session.scalars(
        db.select(SyncRow).where(SyncRow.kind == Kind.CUSTOMER, SyncRow.record_id == mine.id)
    ).one()
    assert (row.key, row.number_there, mine.number) == (there["RECORDNO"], there["CUSTOMERID"], "C-7")


@pytest.mark.rule(1, "in")
def test_two_customers_of_one_name_are_a_problem_with_a_choice(world: World) -> None:
    there = world.there("CUSTOMER")[0]
    for number in ("C-1", "C-2"):
        make_customer(world.company, there["NAME"], number=number)
    run = import_(world)
    assert (run.state, run.counts["failed.customers"]) == ("finished_with_problems", 1)
    (problem,) = world.problems()
    assert (problem.code, problem.key) == ("customer_ambiguous_here", there["RECORDNO"])
    assert [one["number"] for one in problem.details["candidates"]] == ["C-1", "C-2"]
    choices.resolve(problem, "pick", to="c-2", actor=ACTOR)
    assert import_(world).state == "finished"
    assert world.problems() == []
    assert ours(world, "C-2").name == there["NAME"]


@pytest.mark.rule(1, "in")
def test_of_two_the_one_with_intaccts_own_number_is_meant(world: World) -> None:
    there = world.there("CUSTOMER")[0]
    make_customer(world.company, there["NAME"], number="C-1")
    meant = make_customer(world.company, there["NAME"], number=there["CUSTOMERID"])
    assert import_(world).counts["linked.customers"] == 1
    row = db.session.scalars(db.select(SyncRow).where(SyncRow.key == there["RECORDNO"])).one()
    assert row.record_id == meant.id


def test_a_preview_says_what_would_come_and_keeps_nothing(world: World) -> None:
    make_customer(world.company, world.there("CUSTOMER")[0]["NAME"], number="C-7")
    db.session.commit()
    before = everything()
    run = preview(world)
    assert run.counts["linked.customers"] == 1
    assert run.counts["created.customers"] == len(world.there("CUSTOMER")) - 1
    assert everything() == before


def test_an_import_goes_on_behind_the_last_page_that_was_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 10)
    world.fault({"function": "query", "object": "CUSTOMER", "skip": 2}, "500", times=0)
    broken = import_(world)
    assert broken.state == "failed"
    assert broken.position == 20
    db.session.execute(
        text("UPDATE run SET state = 'queued', token = '', ended_at = NULL WHERE id = :id"), {"id": broken.id}
    )
    world.core.faults.order([])
    asked = len(world.adapter.sent)
    db.session.commit()
    engine.perform(broken.id, STEPS)
    db.session.expire_all()
    assert broken.state == "finished"
    assert broken.counts["created.customers"] == len(world.there("CUSTOMER"))
    assert len([body for body in world.adapter.sent[asked:] if b"<object>CUSTOMER<" in body]) == 2
    assert RunKind(broken.kind) == RunKind.IMPORT_CUSTOMERS
