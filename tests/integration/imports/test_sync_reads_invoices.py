"""The accounting sync reads invoices of the chosen document types: rules 3, 5 and 10."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intacct_sandbox import order_acts
from portal.extensions import db
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.run import Reread
from portal.models.sync import Kind
from portal.services import invoices
from portal.sync import choices, links
from tests.factories import ACTOR, make_invoice_data, make_payment
from tests.integration.imports.conftest import MovedClock, World, clock, world
from tests.integration.imports.test_invoice_import import SALES, here, invoices_in
from tests.integration.sync.conftest import only_problem, row_of
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rule_15_entities import EAST, WEST, connect_to

__all__ = ["MovedClock", "World", "clock", "world"]


@pytest.fixture
def reading(world: World) -> World:
    """A company whose sync reads sales invoices."""
    world.choose(read_invoices=True, invoice_document_types=[SALES])
    return world


def order(world: World, number: str, amount: str = "100.00", **more: object) -> dict[str, object]:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    return world.act("create_order", customerid=customer, documentno=number, amount=amount, **more)


def due_there(world: World, number: str) -> Decimal:
    (row,) = world.alive("ARINVOICE", RECORDID=number)
    return Decimal(row["TRX_TOTALDUE"])


@pytest.mark.rule(10, "in")
def test_rule_10_only_customers_that_have_invoices_come_with_the_sync(reading: World) -> None:
    ok(reading.sync())
    imported = db.session.scalars(db.select(Invoice)).all()
    customers = db.session.scalars(db.select(Customer)).all()
    assert imported
    assert {customer.id for customer in customers} == {invoice.customer_id for invoice in imported}
    assert len(customers) < len(reading.there("CUSTOMER"))


def test_a_new_document_comes_with_the_next_sync_and_its_payment_with_the_one_after(reading: World) -> None:
    ok(reading.sync())
    order(reading, "SI-9001")
    run = ok(reading.sync())
    assert run.counts["read.invoices_received"] == 1
    reading.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    ok(reading.sync())
    assert here("SI-9001").balance == due_there(reading, "SI-9001") == 60


def test_a_sync_with_nothing_new_asks_once_for_each_type_more(reading: World) -> None:
    ok(reading.sync())
    ok(reading.sync())
    before = len(reading.adapter.sent)
    ok(reading.sync())
    assert len(reading.adapter.sent) - before <= 4


@pytest.mark.rule(3, "in")
def test_rule_3_an_imported_invoice_changed_here_is_not_written_back_and_a_later_read_overwrites_it(
    reading: World,
) -> None:
    order(reading, "SI-9001")
    ok(reading.sync())
    invoice = here("SI-9001")
    data = make_invoice_data(invoice.customer, "77.00", number="SI-9001", metadata={**invoice.extra, "note": "ours"})
    invoices.edit(invoice, data, actor=ACTOR)
    ok(reading.sync())
    assert (here("SI-9001").total, due_there(reading, "SI-9001")) == (77, 100)
    reading.act("edit_order", docid=f"{SALES}-SI-9001", amount="130.00")
    ok(reading.sync())
    assert (here("SI-9001").total, here("SI-9001").extra["note"]) == (130, "ours")
    assert here("SI-9001").balance == due_there(reading, "SI-9001")


@pytest.mark.rule(3, "out")
def test_rule_3_a_payment_received_on_an_imported_invoice_is_written(reading: World) -> None:
    order(reading, "SI-9001")
    ok(reading.sync())
    make_payment("100.00", on={here("SI-9001"): "100.00"}, number="PMT-1")
    ok(reading.sync())
    assert due_there(reading, "SI-9001") == 0
    assert here("SI-9001").balance == 0


@pytest.mark.rule(5, "in")
def test_rule_5_a_replaced_ar_record_is_followed_with_its_money(reading: World) -> None:
    made = order(reading, "SI-9001")
    reading.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    ok(reading.sync())
    assert here("SI-9001").balance == 60
    reading.act("edit_order", docid=f"{SALES}-SI-9001", amount="150.00")
    ok(reading.sync())
    row = row_of(reading, Kind.INVOICE, here("SI-9001").id)
    assert row.key != str(made["invoice_key"])
    assert row.key == reading.alive("ARINVOICE", RECORDID="SI-9001")[0]["RECORDNO"]
    assert here("SI-9001").balance == due_there(reading, "SI-9001") == 110
    assert len(db.session.scalars(db.select(Invoice).where(Invoice.number == "SI-9001")).all()) == 1


@pytest.mark.rule(5, "in")
def test_rule_5_without_reading_of_invoices_a_vanished_key_is_found_by_its_document(world: World) -> None:
    order(world, "SI-9001")
    invoices_in(world, SALES)
    world.act("edit_order", docid=f"{SALES}-SI-9001", amount="150.00")
    make_payment("10.00", on={here("SI-9001"): "10.00"}, number="PMT-1")
    world.sync()
    world.sync()
    ok(world.sync())
    assert here("SI-9001").total == 150
    assert due_there(world, "SI-9001") == here("SI-9001").balance == 140


@pytest.mark.rule(5, "in")
def test_rule_5_truly_gone_is_a_problem_that_can_be_skipped(reading: World) -> None:
    order(reading, "SI-9001")
    ok(reading.sync())
    row = row_of(reading, Kind.INVOICE, here("SI-9001").id)
    reading.act("delete_order", docid=f"{SALES}-SI-9001")
    make_payment("10.00", on={here("SI-9001"): "10.00"}, number="PMT-1")
    reading.sync()
    reading.sync()
    problem = only_problem(reading, "imported_gone")
    assert f"Intacct invoice with recordno = {row.key}, does not exist even though it was imported" in problem.text
    choices.resolve(problem, "skip", actor=ACTOR)
    reading.sync()
    assert reading.problems() == []


@pytest.mark.rule(15, "in")
def test_rule_15_an_imported_document_out_of_sight_is_not_called_gone(reading: World) -> None:
    connect_to(reading, EAST)
    customer = reading.there("CUSTOMER")[0]["CUSTOMERID"]
    with reading.core.lock:
        books = reading.core.books
        books.entity = books.store.one("LOCATION", "LOCATIONID", EAST)
        books.store.begin()
        order_acts.ACTS["create_order"](books, {"customerid": customer, "documentno": "SI-9001", "amount": "100.00"})
        books.store.commit()
        books.entity = None
    ok(reading.sync())
    assert row_of(reading, Kind.INVOICE, here("SI-9001").id).entity == EAST
    links.read_again(reading.book.id, "SODOCUMENT", "DOCID", f"{SALES}-SI-9001", "could not be stored")
    for entity, waiting in ((WEST, 1), (WEST, 1), (EAST, 0)):
        connect_to(reading, entity)
        ok(reading.sync())
        assert (reading.problems(), len(db.session.scalars(db.select(Reread)).all())) == ([], waiting)
