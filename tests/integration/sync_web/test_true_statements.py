"""What pages say of a record is so: its total in Intacct, what can be done with it, who did what."""

from __future__ import annotations

from collections.abc import Callable

from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Role
from portal.models.run import RunKind
from portal.services import customers, invoices
from portal.services.audit import Actor
from portal.services.customers import CustomerData
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.imports.conftest import import_
from tests.integration.sync.conftest import only_problem
from tests.integration.sync_web.conftest import World
from tests.integration.web.conftest import Browser

SignIn = Callable[[Role], Browser]


def page(browser: Browser, address: str) -> str:
    """The page's text with single spaces between its words."""
    return " ".join(browser.get(address).text.split())


def test_a_change_that_was_left_as_it_is_shows_intacct_as_it_is(world: World, signed_in: SignIn) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme"), number="INV-1")
    world.sync()
    world.act("edit_invoice", invoice_recordid="INV-1", amount="80")
    world.sync()
    choices.resolve(only_problem(world, "changed_there"), "leave", actor=ACTOR)
    world.sync()
    world.act("edit_invoice", invoice_recordid="INV-1", amount="70")
    world.sync()
    shown = page(signed_in(Role.VIEWER), f"/invoices/{invoice.id}")
    assert '<th scope="row">Total</th><td>100.00</td><td>70.00</td>' in shown
    assert "Decided &#34;Leave as it is&#34; where: Invoice INV-1 was changed in Intacct" in shown
    assert "chose leave" not in shown


def test_money_that_was_deleted_there_is_not_shown_as_lying_there(world: World, signed_in: SignIn) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company, "Acme"), number="INV-1")
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.sync()
    world.act("delete_payment", document="PMT-1")
    world.sync(RunKind.SWEEP)
    browser = signed_in(Role.VIEWER)
    shown = page(browser, f"/invoices/{invoice.id}")
    assert '<th scope="row">Balance</th><td>60.00</td><td>100.00</td>' in shown
    assert "40.00 here, 0.00 in Intacct" in shown
    assert "was deleted in Intacct" in page(browser, f"/payments/{payment.id}")


def test_a_record_that_was_voided_before_it_was_sent_offers_no_sync_of_it(world: World, signed_in: SignIn) -> None:
    customer = make_customer(world.company, "Acme")
    gone, kept = (make_invoice("10.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    invoices.void(gone, actor=ACTOR)
    db.session.commit()
    browser = signed_in(Role.ACCOUNTANT)
    assert "Sync this one now" not in page(browser, f"/invoices/{gone.id}")
    assert "Sync this one now" in page(browser, f"/invoices/{kept.id}")


def test_what_an_import_did_is_told_by_its_own_name(world: World, signed_in: SignIn) -> None:
    run = import_(world, RunKind.IMPORT_CUSTOMERS)
    customer = db.session.scalars(db.select(customers.Customer).where(customers.Customer.origin == Origin.INTACCT))
    shown = page(signed_in(Role.VIEWER), f"/customers/{customer.first().id}")  # type: ignore[union-attr]
    assert f"by import {run.id}" in shown
    assert "by accounting sync" not in shown


def test_a_changed_parent_customer_is_told_by_name(world: World, signed_in: SignIn) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    data = CustomerData("Acme", number="C-1", metadata={"parent_id": "C-9", "parent_name": "Acme Holding"})
    customers.edit(customer, data, actor=ACTOR)
    db.session.commit()
    shown = page(signed_in(Role.VIEWER), f"/customers/{customer.id}")
    assert "parent customer from nothing to C-9; parent&#39;s name from nothing to Acme Holding by test" in shown
    assert "Changed: metadata" not in shown


def test_the_reason_of_a_run_stands_in_brackets_without_a_capital_and_a_persons_as_it_was_written(
    world: World, signed_in: SignIn
) -> None:
    customer = make_customer(world.company, "Acme")
    one, two = (make_invoice("10.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    invoices.void(one, reason="The payments behind it are known now.", actor=Actor("accounting sync 3"))
    invoices.void(two, reason="Acme asked for it.", actor=ACTOR)
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    told = "Voided (the payments behind it are known now) by accounting sync 3"
    assert told in page(browser, f"/invoices/{one.id}")
    assert "Voided (Acme asked for it) by test" in page(browser, f"/invoices/{two.id}")


def test_the_buttons_of_the_account_page_say_what_they_save(world: World, signed_in: SignIn) -> None:
    shown = page(signed_in(Role.VIEWER), "/account")
    assert (">Save details</button>" in shown, ">Save mails</button>" in shown) == (True, True)
    assert ">Save</button>" not in shown
