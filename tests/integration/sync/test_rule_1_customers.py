"""Rule 1: customers are matched by name; a link wins, and a person decides what names cannot."""

from __future__ import annotations

import pytest

from portal.extensions import db
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.sync import Kind
from portal.services import customers
from portal.services.customers import CustomerData
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of


@pytest.mark.rule(1, "out")
def test_rule_1_a_single_customer_of_that_name_is_linked_and_not_overwritten(world: World) -> None:
    world.act("create_customer", customerid="ACME-9", name="Acme  Tools", DISPLAYCONTACT={"PRINTAS": "Acme"})
    customer = make_customer(world.company, " acme tools ", number="C-1")
    make_invoice(customer=customer, number="INV-1")
    assert world.sync().state == "finished"
    assert row_of(world, Kind.CUSTOMER, customer.id).number_there == "ACME-9"
    assert world.there("CUSTOMER", CUSTOMERID="C-1") == []
    assert world.there("CUSTOMER", CUSTOMERID="ACME-9")[0]["NAME"] == "Acme  Tools"
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["CUSTOMERID"] == "ACME-9"


@pytest.mark.rule(1, "out")
def test_rule_1_of_several_the_one_with_our_number_is_linked(world: World) -> None:
    world.act("create_customer", customerid="C-1", name="Acme", DISPLAYCONTACT={"PRINTAS": "Acme"})
    world.act("create_customer", customerid="C-2", name="Acme", DISPLAYCONTACT={"PRINTAS": "Acme"})
    customer = make_customer(world.company, "Acme", number="C-2")
    world.sync()
    assert row_of(world, Kind.CUSTOMER, customer.id).number_there == "C-2"


@pytest.mark.rule(1, "out")
def test_rule_1_several_are_a_problem_that_lets_a_person_pick(world: World) -> None:
    world.act("create_customer", customerid="A-1", name="Acme", DISPLAYCONTACT={"PRINTAS": "Acme"})
    world.act("create_customer", customerid="A-2", name="Acme", DISPLAYCONTACT={"PRINTAS": "Acme"})
    customer = make_customer(world.company, "Acme", number="C-1")
    invoice = make_invoice(customer=customer, number="INV-1")
    assert world.sync().state == "finished_with_problems"
    assert world.state(invoice) == "waiting"
    choices.resolve(only_problem(world, "customer_ambiguous"), "link", to="A-2", actor=ACTOR)
    assert world.sync().state == "finished"
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["CUSTOMERID"] == "A-2"


@pytest.mark.rule(1, "out")
def test_rule_1_a_second_customer_of_a_linked_name_waits_for_a_choice(world: World) -> None:
    first = make_customer(world.company, "Acme", number="C-1")
    second = make_customer(world.company, "ACME", number="C-2")
    world.sync()
    problem = only_problem(world, "customer_name_linked")
    assert row_of(world, Kind.CUSTOMER, first.id).number_there == "C-1"
    choices.resolve(problem, "create_second", actor=ACTOR)
    assert world.sync().state == "finished"
    assert row_of(world, Kind.CUSTOMER, second.id).number_there == "C-2"


@pytest.mark.rule(1, "out")
def test_rule_1_the_linked_customer_can_be_used_instead(world: World) -> None:
    first = make_customer(world.company, "Acme", number="C-1")
    second = make_customer(world.company, "ACME", number="C-2")
    invoice = make_invoice("30.00", customer=second, number="INV-1")
    make_payment("30.00", on={invoice: "30.00"}, number="PMT-1")
    world.sync()
    choices.resolve(only_problem(world, "customer_name_linked"), "use", actor=ACTOR)
    assert world.sync().state == "finished"
    assert db.session.get_one(Invoice, invoice.id).customer_id == first.id
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["CUSTOMERID"] == "C-1"
    assert not db.session.get_one(Customer, second.id).active


@pytest.mark.rule(1, "out")
def test_rule_1_our_number_in_use_under_another_name_is_a_problem(world: World) -> None:
    world.act("create_customer", customerid="C-1", name="Somebody", DISPLAYCONTACT={"PRINTAS": "Somebody"})
    customer = make_customer(world.company, "Acme", number="C-1")
    world.sync()
    choices.resolve(only_problem(world, "customer_id_taken"), "renumber", to="C-77", actor=ACTOR)
    assert world.sync().state == "finished"
    assert row_of(world, Kind.CUSTOMER, customer.id).number_there == "C-77"


def test_a_customer_changed_here_is_updated_there(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    world.sync()
    customers.edit(customer, CustomerData("Acme", email="ap@acme.example"), actor=ACTOR)
    assert world.sync().state == "finished"
    assert world.there("CONTACT", EMAIL1="ap@acme.example") != []
