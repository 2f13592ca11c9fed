"""Imported documents in other currencies, and previews of what imports and syncs would do to money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from portal.extensions import db
from portal.models.connection import Connection
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.services import invoices, payments
from portal.services.applications import sources_on
from portal.sync import write_customers
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.imports.conftest import World, items, preview, world
from tests.integration.imports.test_invoice_import import SALES, SERVICE, here, invoices_in
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_preview import everything, outcomes, run_as_shown
from tests.integration.sync.test_preview import preview as sync_preview

__all__ = ["World", "world"]


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "77.77"), ("CAD", "0.01"), ("GBP", "7777")])
def test_a_foreign_document_comes_in_its_own_currency(world: World, currency: str, amount: str) -> None:
    world.core.switch(multi_currency=True)
    db.session.get_one(Connection, world.company_id).multi_currency = True
    world.choose(read_payments=False, read_credits=False)
    world.act("create_customer", customerid="ODD", name="Odd one", currency=currency)
    world.act("create_order", customerid="ODD", documentno="SI-9001", amount=amount, currency=currency,
              rate="1.5")  # fmt: skip
    doc = world.there("SODOCUMENT", DOCNO="SI-9001")[0]
    ok(invoices_in(world))
    invoice = here("SI-9001")
    ar = world.there("ARINVOICE", RECORDNO=doc["PRRECORDKEY"])[0]
    assert invoice.currency == doc["CURRENCY"]
    assert (invoice.total, invoice.balance) == (Decimal(ar["TRX_TOTALENTERED"]), Decimal(ar["TRX_TOTALDUE"]))


def test_previews_of_imports_and_syncs_write_nothing_besides_their_notes(world: World) -> None:
    world.choose(read_invoices=True, invoice_document_types=[SALES, SERVICE], write_credit_notes=True,
                 read_credits=True)  # fmt: skip
    world.act("create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno="SI-9001", amount="100")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    customer = make_customer(world.company, "Acme", number="C-1")
    one = make_invoice("100.00", customer=customer, number="INV-1")
    make_payment("30.00", on={one: "30.00"}, number="PMT-1")
    db.session.commit()
    before = everything(world)
    for _ in range(2):
        ok(sync_preview(world))
        ok(preview(world, RunKind.IMPORT_INVOICES, document_types=[SALES, SERVICE]))
        ok(preview(world))
        assert everything(world) == before


def test_a_run_as_shown_takes_back_and_posts_anew_as_the_preview_said(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    one = make_invoice("100.00", customer=customer, number="INV-1")
    make_payment("30.00", on={one: "30.00"}, number="PMT-1")
    two = make_invoice("50.00", customer=customer, number="INV-2")
    ok(world.sync())
    payments.void(db.session.scalars(db.select(Payment)).one(), reason="bounced", actor=ACTOR)
    invoices.void(two, reason="mistake", actor=ACTOR)
    make_payment("20.00", on={one: "20.00"}, number="PMT-2")
    db.session.commit()
    before = everything(world)
    shown = ok(sync_preview(world))
    assert everything(world) == before
    run = ok(run_as_shown(world, shown))
    assert sorted(outcomes(run), key=str) == sorted(outcomes(shown), key=str)
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["TRX_TOTALDUE"] == "80"


def test_a_payment_of_ours_beside_an_opening_payment_counts_once(world: World) -> None:
    world.choose(read_payments=False, read_credits=False)
    world.act("create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno="SI-9001", amount="100")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    ok(invoices_in(world))
    invoice = here("SI-9001")
    make_payment("25.00", on={invoice: "25.00"}, number="PMT-1")
    db.session.commit()
    ok(invoices_in(world))
    assert here("SI-9001").balance == 35
    ok(world.sync())
    ok(invoices_in(world))
    there = world.there("ARINVOICE", RECORDID="SI-9001")[0]
    assert (here("SI-9001").balance, Decimal(there["TRX_TOTALDUE"])) == (35, 35)
    world.choose(read_payments=True, read_credits=True)
    ok(world.sync())
    ok(world.sync())
    assert here("SI-9001").balance == 35
    world.act("reverse_payment", document="CHQ-1")
    ok(world.sync())
    ok(world.sync())
    assert here("SI-9001").balance == 75


def test_an_invoice_of_ours_is_never_imported_as_a_second_one(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("100.00", customer=customer, number="INV-1")
    ok(world.sync())
    world.choose(read_invoices=True, invoice_document_types=[SALES, SERVICE])
    ok(world.sync())
    ok(invoices_in(world))
    assert db.session.scalar(text("SELECT count(*) FROM invoice WHERE number = 'INV-1'")) == 1
    assert db.session.scalar(text("SELECT count(*) FROM invoice WHERE customer_id = :id"), {"id": customer.id}) == 1


def test_what_a_preview_met_stands_for_no_record_that_was_born_meanwhile(world: World) -> None:
    """Rows of what a preview rolls back may give their ids to other records."""
    world.choose(read_invoices=True, invoice_document_types=[SALES])
    real = write_customers.write

    def born(ctx):  # type: ignore[no-untyped-def]
        customer = make_customer(world.company, "Acme", number="C-1")
        for number in range(12):
            make_invoice("10.00", customer=customer, number=f"INV-{number}")
        db.session.commit()
        real(ctx)

    write_customers.write = born
    try:
        run = sync_preview(world)
    finally:
        write_customers.write = real
    assert run.counts["written.customers"] == 1, [(i.outcome, i.text) for i in items(run)]
    assert run.counts["written.invoices"] == 12


@pytest.mark.parametrize("paid", ["60", "100"])
def test_reading_switched_on_puts_the_payments_in_the_place_of_the_opening_one(world: World, paid: str) -> None:
    world.choose(read_payments=False, read_credits=False)
    order = world.act(
        "create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno="SI-9001", amount="100"
    )
    world.act("receive_payment", invoice_recordid="SI-9001", amount=paid, document="CHQ-1")
    ok(invoices_in(world, open_only=False))
    world.choose(read_payments=True)
    ok(world.sync())
    invoice = here("SI-9001")
    assert order["docid"] == invoice.extra["intacct_document"]
    assert invoice.balance == 100 - Decimal(paid)
    [payment] = sources_on(invoice)
    assert (payment.reference, payment.amount) == ("CHQ-1", Decimal(paid))


def test_an_imported_invoice_that_is_reversed_there_is_not_taken_for_paid(world: World) -> None:
    world.choose(read_invoices=True, invoice_document_types=[SALES])
    world.act("create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno="SI-9001", amount="100")
    ok(invoices_in(world))
    world.act("reverse_invoice", invoice_recordid="SI-9001")
    world.sync()
    assert here("SI-9001").balance == 100
    assert sources_on(here("SI-9001")) == []
    assert [problem.code for problem in world.problems()] == ["reversed_there"]
