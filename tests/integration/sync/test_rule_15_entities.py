"""Rule 15, and what rule 6 and section 6 say of a connection to an entity: a link keeps its entity, and what the
session cannot see is neither swept, nor read, nor written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intacct_sandbox.customer_functions import new_customer
from portal.extensions import db
from portal.models.connection import Connection
from portal.models.run import Cursor, Reread, RunKind
from portal.models.sync import Kind, PostingState
from portal.queries import sync_states
from portal.services import customers, invoices, payments
from portal.services.customers import CustomerData
from portal.sync import cursors
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of
from tests.integration.sync.scenes import ok, receive_there
from tests.integration.sync.test_rules import edited

EAST, WEST = "100-US", "200-WEST"


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Where this machine's clock and Intacct's agree, however far a test moves them."""
    monkeypatch.setattr(cursors, "utcnow", world.core.clock.now)
    return world


def connect_to(world: World, entity: str) -> None:
    """Sign in to this entity from now on ("" = top level)."""
    world.book.entity = entity
    db.session.get_one(Connection, world.company_id).session_encrypted = b""
    db.session.commit()


def reason(world: World, kind: Kind, record_id: int) -> tuple[str, str]:
    """(state, reason) as the record's page tells them."""
    found = sync_states.states(world.company, kind, [record_id])[record_id]
    return str(found.state), found.reason


@pytest.mark.rule(15, "out")
def test_rule_15_on_an_entity_connection_customers_are_created_at_the_entity(world: World) -> None:
    connect_to(world, EAST)
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice(customer=customer, number="INV-1")
    ok(world.sync())
    assert world.there("CUSTOMER", CUSTOMERID="C-1")[0]["MEGAENTITYID"] == EAST
    assert row_of(world, Kind.CUSTOMER, customer.id).entity == EAST


@pytest.mark.rule(15, "out")
def test_rule_15_a_customer_of_the_top_level_is_never_updated_from_an_entity(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice(customer=customer, number="INV-1")
    ok(world.sync())
    connect_to(world, EAST)
    customers.edit(customer, CustomerData("Acme", number="C-1", email="new@acme.example"), actor=ACTOR)
    world.sync()
    assert "belongs to the top level of Intacct" in only_problem(world, "changed_here").text
    assert [posting.act for posting in world.postings() if posting.row.kind == "customer"] == ["create"]


@pytest.mark.rule(15, "out")
def test_rule_15_a_customer_of_the_top_level_serves_the_invoices_of_an_entity(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    connect_to(world, EAST)
    make_invoice(customer=customer, number="INV-1")
    ok(world.sync())
    assert len(world.there("CUSTOMER", NAME="Acme")) == 1
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["MEGAENTITYID"] == EAST


@pytest.mark.rule(15, "out")
def test_rule_15_a_link_keeps_its_entity_and_is_not_written_from_another(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    connect_to(world, WEST)
    invoices.edit(invoice, edited(invoice, purchase_order="PO 9"), actor=ACTOR)
    ok(world.sync())
    assert row_of(world, Kind.INVOICE, invoice.id).entity == EAST
    assert (world.there("ARINVOICE", RECORDID="INV-1")[0]["DOCNUMBER"], world.problems()) == ("", [])
    state, why = reason(world, Kind.INVOICE, invoice.id)
    assert (state, f"in entity {EAST} of Intacct" in why) == ("excluded", True)
    connect_to(world, EAST)
    ok(world.sync())
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["DOCNUMBER"] == "PO 9"


@pytest.mark.rule(15, "out")
def test_rule_15_a_synced_record_out_of_sight_says_so_on_its_page(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    assert reason(world, Kind.INVOICE, invoice.id) == ("synced", "")
    connect_to(world, WEST)
    state, why = reason(world, Kind.INVOICE, invoice.id)
    assert (state, "cannot see it" in why) == ("synced", True)
    connect_to(world, "")
    assert reason(world, Kind.INVOICE, invoice.id) == ("synced", "")


@pytest.mark.rule(15, "out")
def test_rule_15_a_payment_waits_for_an_invoice_that_is_out_of_sight(world: World) -> None:
    connect_to(world, EAST)
    customer = make_customer(world.company)
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    ok(world.sync())
    connect_to(world, WEST)
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    ok(world.sync())
    assert world.problems() == []
    assert world.state(payment) == "waiting"
    assert "out of" not in row_of(world, Kind.PAYMENT, payment.id).waiting_for
    assert f"in entity {EAST} of Intacct" in row_of(world, Kind.PAYMENT, payment.id).waiting_for
    connect_to(world, EAST)
    ok(world.sync())
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1


@pytest.mark.rule(15, "in")
def test_rule_15_money_out_of_sight_is_not_taken_off_here(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("60.00", on={invoice: "60.00"}, number="PMT-1")
    ok(world.sync())
    connect_to(world, WEST)
    world.choose(read_payments=False)
    ok(world.sync())
    world.choose(read_payments=True)  # has the whole history of every linked invoice read
    ok(world.sync())
    assert (invoice.balance, payment.voided, world.problems()) == (Decimal(40), False, [])


@pytest.mark.rule(15, "in")
def test_rule_15_what_is_out_of_sight_is_not_swept(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice(customer=make_customer(world.company), number="INV-1")
    make_payment("60.00", on={invoice: "60.00"}, number="PMT-1")
    ok(world.sync())
    connect_to(world, WEST)
    for denied in ([], ["READ AUDITHISTORY"]):
        world.core.switch(denied=denied)
        run = ok(world.sync(RunKind.SWEEP))
        assert (run.counts["gone"], world.problems()) == (0, [])


@pytest.mark.rule(15, "out")
def test_rule_15_a_void_out_of_sight_waits_until_the_entity_is_seen_again(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    ok(world.sync())
    connect_to(world, WEST)
    payments.void(payment, reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1
    connect_to(world, "")
    ok(world.sync())
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1") == []


@pytest.mark.rule(15, "out")
def test_rule_15_an_open_posting_is_settled_only_in_the_entity_it_was_sent_to(world: World) -> None:
    connect_to(world, EAST)
    customer = make_customer(world.company)
    ok(world.sync())
    world.fault({"function": "create_invoice"}, "reply_lost", times=1)
    invoice = make_invoice(customer=customer, number="INV-1")
    world.sync()
    assert world.postings()[-1].state == PostingState.OPEN
    connect_to(world, WEST)
    world.sync()
    assert f"it was sent to entity {EAST}" in only_problem(world, "cannot_tell").text
    assert world.postings()[-1].state == PostingState.OPEN
    connect_to(world, EAST)
    ok(world.sync())
    assert (world.state(invoice), len(world.there("ARINVOICE", RECORDID="INV-1"))) == ("synced", 1)


@pytest.mark.rule(15, "out")
def test_rule_15_a_customer_of_an_entity_is_known_again_after_working_in_another(world: World) -> None:
    with world.core.lock:
        books = world.core.books
        books.entity = books.store.one("LOCATION", "LOCATIONID", EAST)
        books.store.begin()
        new_customer(books, {"CUSTOMERID": "E-1", "NAME": "Acme"})
        books.store.commit()
        books.entity = None
    world.core.clock.advance(3 * 3600)
    for entity, number in ((EAST, "C-1"), (WEST, "C-2"), (EAST, "C-3")):
        connect_to(world, entity)
        name = "Acme" if number != "C-1" else "Brook"
        make_invoice(customer=make_customer(world.company, name, number=number), number=f"INV-{number}")
        some_syncs(world)
    assert sorted((row["CUSTOMERID"], row["MEGAENTITYID"]) for row in world.there("CUSTOMER", NAME="Acme")) == [
        ("C-2", WEST),
        ("E-1", EAST),
    ]


def some_syncs(world: World, count: int = 3) -> None:
    """Syncs, further apart than what each reads again of the one before."""
    for _ in range(count):
        ok(world.sync())
        world.core.clock.advance(3 * 3600)


@pytest.mark.rule(15, "in")
@pytest.mark.parametrize("back_to", [EAST, ""], ids=["that entity", "top level"])
def test_rule_15_money_of_an_entity_out_of_sight_arrives_when_it_is_seen_again(world: World, back_to: str) -> None:
    connect_to(world, EAST)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    some_syncs(world)
    connect_to(world, WEST)
    some_syncs(world)
    receive_there(world, {"INV-1": "40"}, entity=EAST)
    some_syncs(world)
    assert invoice.balance == 100
    connect_to(world, back_to)
    ok(world.sync())
    assert (invoice.balance, world.problems()) == (Decimal(60), [])


@pytest.mark.rule(15, "in")
def test_rule_15_what_changed_before_an_entity_was_connected_the_first_time_is_read_there(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    some_syncs(world)
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", document="CHK-1")
    world.act("edit_invoice", invoice_recordid="INV-1", fields={"WHENDUE": "2026-12-24"})
    world.core.clock.advance(3 * 3600)
    connect_to(world, WEST)
    world.sync()
    assert invoice.balance == 60
    assert "INV-1 was changed in Intacct" in only_problem(world, "changed_there").text


@pytest.mark.rule(15, "in")
def test_rule_15_a_change_in_an_entity_out_of_sight_is_told_when_it_is_seen_again(world: World) -> None:
    connect_to(world, EAST)
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    some_syncs(world)
    connect_to(world, WEST)
    some_syncs(world)
    world.act("edit_invoice", invoice_recordid="INV-1", fields={"RECORDID": "INV-1A"})
    some_syncs(world)
    connect_to(world, EAST)
    world.sync()
    assert "INV-1 was changed in Intacct" in only_problem(world, "changed_there").text


@pytest.mark.rule(15, "in")
def test_rule_15_going_back_to_an_entity_reads_on_where_it_stood(world: World) -> None:
    connect_to(world, EAST)
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    some_syncs(world)
    kept = cursors_now()
    connect_to(world, WEST)
    some_syncs(world)
    assert {name: since for name, since in cursors_now().items() if name in kept} == kept
    assert list(db.session.scalars(db.select(Reread))) == []
    connect_to(world, EAST)
    run = ok(world.sync())
    assert (run.counts["gateway_requests"], list(db.session.scalars(db.select(Reread)))) == (2, [])


def cursors_now() -> dict[str, object]:
    return {cursor.object: cursor.since for cursor in db.session.scalars(db.select(Cursor))}


@pytest.mark.rule(15, "in")
def test_rule_15_reading_that_is_switched_off_is_off_in_every_entity(world: World) -> None:
    for entity in (EAST, WEST):
        connect_to(world, entity)
        some_syncs(world)
    assert {"ARPYMT@100-US", "ARPYMTDETAIL@200-WEST"} <= set(cursors_now())
    world.choose(read_payments=False, read_credits=False, write_credit_notes=False)
    some_syncs(world)
    assert {name.partition("@")[0] for name in cursors_now()} == {"ARINVOICE"}


@pytest.mark.rule(15, "in")
def test_rule_15_cursors_of_a_version_that_did_not_tell_entities_apart_go_on(world: World) -> None:
    connect_to(world, EAST)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    some_syncs(world)
    for cursor in db.session.scalars(db.select(Cursor)).all():
        cursor.object = cursor.object.partition("@")[0]
    db.session.commit()
    receive_there(world, {"INV-1": "40"}, entity=EAST)
    world.core.clock.advance(3 * 3600)
    ok(world.sync())
    assert invoice.balance == 60
