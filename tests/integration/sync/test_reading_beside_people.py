"""Reading stores a page in one transaction while people work on the same customers: neither makes the other fail."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.models.company import Company
from portal.models.payment import Payment
from portal.queries.invoices import InvoiceFilter
from portal.services import bulk, payments
from portal.services.payments import PaymentData
from portal.sync import answers, book_money
from tests.factories import ACTOR, make_customer, make_invoice
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok

on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
PAUSES = pytest.mark.parametrize("pause", [0.3, 1.6])
"""Seconds that reading stands still: less and more than those after which PostgreSQL looks for a deadlock, so that one
and the other of two that wait for each other is ended."""

Scene = tuple[int, list[int]]


@pytest.fixture
def scene(world: World) -> Scene:
    """Invoices 1 and 2 of two customers, and cheques in Intacct for 2 and for another one of the first customer. By
    their keys there the second customer's comes first."""
    one, two = (make_customer(world.company, name, number=number) for name, number in (("One", "C-1"), ("Two", "C-2")))
    first = make_invoice("100.00", customer=one, number="INV-1")
    second = make_invoice("100.00", customer=two, number="INV-2")
    make_invoice("100.00", customer=one, number="INV-3")
    known = one.id, [first.id, second.id]
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-2", amount="10", document="X2")
    world.act("receive_payment", invoice_recordid="INV-3", amount="10", document="X3")
    return known


def beside(
    world: World, monkeypatch: pytest.MonkeyPatch, pause: float, do: Callable[[Company], Any], *, before: bool = False
) -> Any:
    """Sync, and have somebody `do` something after (or before) the first money is carried over; what came of that."""
    came: list[Any] = []

    def work() -> None:
        with world.app.app_context():
            try:
                came.append(do(db.session.get_one(Company, world.company_id)))
                db.session.commit()
            except Exception as error:  # noqa: BLE001 - the test tells what it was
                came.append(error)

    person, carry = threading.Thread(target=work), book_money._carry

    def carry_slowly(*arguments: Any) -> None:
        begins = not person.ident
        if begins and before:
            person.start()
            time.sleep(pause)
        carry(*arguments)
        if begins and not before:
            person.start()
            time.sleep(pause)

    monkeypatch.setattr(book_money, "_carry", carry_slowly)
    ok(world.sync())
    person.join(30)
    return came[0]


@on_postgresql
@PAUSES
def test_many_documents_are_voided_while_money_on_them_is_read(
    world: World, scene: Scene, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    def void(company: Company) -> list[bulk.Result]:
        wanted = InvoiceFilter(ids=tuple(scene[1]))
        return bulk.perform(company, bulk.Act.VOID, wanted, actor=ACTOR, reason="mistake")

    came = beside(world, monkeypatch, pause, void)
    assert [(result.number, result.error) for result in came] == [("INV-1", ""), ("INV-2", "")]


@on_postgresql
@PAUSES
def test_a_payment_is_recorded_while_others_of_its_customer_are_read(
    world: World, scene: Scene, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    customer_id, (invoice_id, _) = scene

    def record(company: Company) -> str:
        day, amount = dt.date(2026, 1, 5), Decimal(30)
        data = PaymentData(customer_id=customer_id, date=day, amount=amount, applications=((invoice_id, amount),))
        return payments.record(company, data, actor=ACTOR).number

    assert beside(world, monkeypatch, pause, record, before=True) == "PMT-00003"
    assert len(set(db.session.scalars(db.select(Payment.number)))) == 3


def fail_once(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[int]:
    """Have a function's first work taken back as by a deadlock; how often it was called."""
    real, calls = getattr(module, name), []

    def failing(*arguments: Any) -> Any:
        calls.append(len(calls))
        came = real(*arguments)
        db.session.flush()
        if len(calls) == 1:
            raise OperationalError("UPDATE", {}, psycopg.errors.DeadlockDetected("deadlock detected"))
        return came

    monkeypatch.setattr(module, name, failing)
    return calls


def test_a_page_that_a_deadlock_took_back_is_stored_again(
    world: World, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fail_once(monkeypatch, book_money, "store")
    run = ok(world.sync())
    assert len(calls) > 1
    assert run.counts["read.payments_received"] == 2, "each is counted once"
    assert sorted(db.session.scalars(db.select(Payment.amount))) == [10, 10]


def test_answers_that_a_deadlock_took_back_are_stored_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_invoice("10.00", customer=make_customer(world.company, "One"))
    db.session.commit()
    fail_once(monkeypatch, answers, "store_all")
    run = ok(world.sync())
    assert run.counts["written.invoices"] == 1
    assert {posting.state for posting in world.postings()} == {"posted"}
