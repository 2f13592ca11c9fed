"""Several currencies: documents go in their own, at Intacct's own rate, to an account that takes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.connection import Connection
from portal.models.invoice import Invoice
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem
from tests.integration.sync.scenes import ok


@pytest.fixture(autouse=True)
def several(world: World) -> None:
    """An Intacct company that takes foreign currencies, as the connection's check found."""
    world.core.switch(multi_currency=True)
    with world.core.lock:
        bank = world.core.books.store.one("CHECKINGACCOUNT", "BANKACCOUNTID", "CHK-02")
        world.core.books.modify("CHECKINGACCOUNT", bank["RECORDNO"], CURRENCY="EUR")
    db.session.get_one(Connection, world.company_id).multi_currency = True
    db.session.commit()


def euros(world: World, amount: str = "100.00", number: str = "INV-1") -> Invoice:
    """An invoice in euros."""
    return make_invoice(amount, customer=make_customer(world.company, currency="EUR"), number=number, currency="EUR")


def test_a_foreign_invoice_goes_in_its_own_currency_at_intaccts_own_rate(world: World) -> None:
    euros(world)
    ok(world.sync())
    [there] = world.there("ARINVOICE", RECORDID="INV-1")
    assert (there["CURRENCY"], there["TRX_TOTALDUE"], there["TOTALDUE"]) == ("EUR", "100", "110")
    body = next(posting.body for posting in world.postings() if posting.row.kind == "invoice")
    assert "<exchratetype></exchratetype>" in body or "<exchratetype/>" in body
    assert "<exchrate>" not in body


def test_a_payment_in_euros_goes_to_the_bank_account_of_the_currencys_rule(world: World) -> None:
    world.choose(payment_rules=[{"method": "", "currency": "EUR", "deposit_to": "bank:CHK-02"}])
    invoice = euros(world)
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1", currency="EUR")
    ok(world.sync())
    [there] = world.alive("ARPYMT", DOCNUMBER="PMT-1")
    assert (there["CURRENCY"], there["FINANCIALENTITY"], there["TRX_TOTALENTERED"]) == ("EUR", "CHK-02", "100")
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "0"
    ok(world.sync())
    assert (invoice.balance, payment.balance, world.problems()) == (0, 0, [])


def test_undeposited_funds_refuse_a_foreign_currency_before_anything_is_sent(world: World) -> None:
    world.choose(deposit_to="undeposited:1090")
    make_payment("100.00", on={euros(world): "100.00"}, number="PMT-1", currency="EUR")
    world.sync()
    problem = only_problem(world, "undeposited_foreign")
    assert "BL02000051" in problem.text
    assert [posting for posting in world.postings() if posting.row.kind == "payment"] == []
    world.choose(payment_rules=[{"method": "", "currency": "EUR", "deposit_to": "bank:CHK-02"}])
    ok(world.sync())
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1


def test_undeposited_funds_take_the_base_currency(world: World) -> None:
    world.choose(deposit_to="undeposited:1090")
    make_payment("100.00", on={make_invoice(customer=make_customer(world.company)): "100.00"}, number="PMT-1")
    ok(world.sync())
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1")[0]["UNDEPOSITEDACCOUNTNO"] == "1090"


def test_a_card_in_a_foreign_currency_goes_as_eft(world: World) -> None:
    world.choose(payment_rules=[{"method": "", "currency": "EUR", "deposit_to": "bank:CHK-02"}])
    make_payment("100.00", on={euros(world): "100.00"}, number="PMT-1", currency="EUR", method="credit_card")
    ok(world.sync())
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1")[0]["PAYMENTMETHOD"] == "EFT"


def test_money_in_euros_received_in_intacct_arrives_in_euros(world: World) -> None:
    invoice = euros(world)
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", bank="CHK-02")
    ok(world.sync())
    assert (invoice.currency, invoice.balance) == ("EUR", Decimal(60))


def test_a_company_of_one_currency_gets_no_foreign_document(world: World) -> None:
    db.session.get_one(Connection, world.company_id).multi_currency = False
    euros(world)
    world.sync()
    only_problem(world, "foreign_currency")
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


def test_intaccts_own_refusal_of_undeposited_foreign_money_has_the_same_guide(world: World) -> None:
    world.choose(deposit_to="undeposited:1090")
    db.session.get_one(Connection, world.company_id).base_currency = "EUR"
    make_payment("100.00", on={euros(world): "100.00"}, number="PMT-1", currency="EUR")
    world.sync()
    [problem] = world.problems()
    assert (problem.guide, problem.code) == ("undeposited_foreign", "BL02000051")
