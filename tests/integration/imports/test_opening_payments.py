"""What was paid before an import counts once, however much of it becomes readable later."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.sync import choices
from tests.factories import ACTOR, make_payment
from tests.integration.imports.conftest import MovedClock, World, clock, world
from tests.integration.imports.test_invoice_import import SALES, here, invoices_in, outstanding
from tests.integration.sync.scenes import ok

__all__ = ["MovedClock", "World", "clock", "world"]


def live() -> list[Payment]:
    found = list(db.session.scalars(db.select(Payment).where(Payment.voided_at.is_(None)).order_by(Payment.id)))
    db.session.commit()
    return found


def agree(world: World) -> None:
    """Every imported invoice owes here what it owes there."""
    imported = set(db.session.scalars(db.select(Invoice.number)))
    assert imported
    for row in outstanding(world):
        if row["DOCNO"] not in imported:
            continue
        assert here(row["DOCNO"]).balance == Decimal(row["TRX_TOTALDUE"]), row["DOCNO"]


def order(world: World, number: str, paid: str = "") -> str:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_order", customerid=customer, documentno=number, amount="100.00")
    if paid:
        world.act("receive_payment", invoice_recordid=number, amount=paid, document=f"CHQ-{number}")
    return str(customer)


def test_payments_that_become_readable_take_the_place_of_the_opening_payment(world: World) -> None:
    world.choose(read_payments=False, read_credits=False, write_credit_notes=False)
    ok(invoices_in(world))
    agree(world)
    opened = sum(payment.amount for payment in live())
    assert opened > 0
    world.choose(read_payments=True)
    ok(world.sync())
    agree(world)
    assert sum(payment.amount for payment in live()) == opened
    assert all(payment.reference != "Paid in Intacct before it was read" for payment in live())
    assert world.problems() == []


def test_a_payment_that_covers_the_whole_invoice_is_not_called_paid_twice(world: World) -> None:
    world.choose(read_payments=False, read_credits=False, write_credit_notes=False)
    order(world, "SI-9001", paid="100.00")
    ok(invoices_in(world, SALES, open_only=False))
    assert here("SI-9001").balance == 0
    world.choose(read_payments=True)
    ok(world.sync())
    assert here("SI-9001").balance == 0
    assert world.problems() == []


def test_new_money_after_the_import_comes_beside_the_opening_payment(world: World) -> None:
    world.choose(read_payments=False, read_credits=False, write_credit_notes=False)
    order(world, "SI-9001", paid="30.00")
    ok(invoices_in(world, SALES))
    assert here("SI-9001").balance == 70
    make_payment("20.00", on={here("SI-9001"): "20.00"}, number="PMT-9")
    ok(world.sync())
    assert here("SI-9001").balance == 50
    world.choose(read_payments=True)
    ok(world.sync())
    agree(world)
    world.act("reverse_payment", document="CHQ-SI-9001")
    ok(world.sync())
    ok(world.sync())
    assert here("SI-9001").balance == 80
    agree(world)


def test_what_was_paid_before_the_import_stays_when_money_of_ours_beside_it_is_deleted(world: World) -> None:
    world.choose(read_credits=False)
    customer = order(world, "SI-9001")
    credit = world.act("issue_credit", customerid=customer, amount="30.00", number="CR-1")["credit_key"]
    world.act("apply_credit", credit_key=credit, invoice_recordid="SI-9001", amount="30.00")
    ok(invoices_in(world, SALES))
    make_payment("20.00", on={here("SI-9001"): "20.00"}, number="PMT-9")
    ok(world.sync())
    assert here("SI-9001").balance == 50
    world.act("delete_payment", document="PMT-9")
    for _ in range(2):
        world.sync()
        assert [problem.code for problem in world.problems()] == ["gone_there"]
        assert here("SI-9001").balance == 50
    choices.resolve(world.problems()[0], "void_here", actor=ACTOR)
    ok(world.sync())
    assert here("SI-9001").balance == 70
    agree(world)


@pytest.mark.parametrize("reads", [True, False])
def test_rule_8_a_credit_that_settles_an_imported_invoice_afterwards_is_not_carried_over(
    world: World, reads: bool
) -> None:
    world.choose(read_invoices=reads, invoice_document_types=[SALES])
    customer = order(world, "SI-9001")
    ok(invoices_in(world, SALES))
    credit = world.act("issue_credit", customerid=customer, amount="100.00", number="CR-1")["credit_key"]
    world.act("apply_credit", credit_key=credit, invoice_recordid="SI-9001", amount="100.00")
    ok(world.sync())
    ok(world.sync())
    assert here("SI-9001").balance == 100
    assert world.problems() == []
