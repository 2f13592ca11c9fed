"""Several people at the same moment: each in a thread with a session of its own, released together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from flask import Flask

from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import customers, invoices, payments
from tests.factories import ACTOR, make_customer, make_invoice, make_invoice_data, make_payment

Commit = Callable[[], None]


def at_once(app: Flask, *actions: Callable[[], object]) -> list[PortalError | None]:
    """Run each action in a transaction of its own, all starting together; what each was refused with, or None."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> PortalError | None:
        with app.app_context():
            barrier.wait()
            try:
                action()
                db.session.commit()
            except PortalError as error:
                db.session.rollback()
                return error
            return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def apply(payment_id: int, invoice_id: int, amount: int) -> Callable[[], object]:
    """Applies as a door does: reads both, then asks."""

    def action() -> None:
        payment, invoice = db.session.get_one(Payment, payment_id), db.session.get_one(Invoice, invoice_id)
        payments.apply_one(payment, invoice, Decimal(amount), actor=ACTOR)

    return action


def test_two_people_cannot_spend_the_same_rest_twice(app: Flask, commit: Commit) -> None:
    payment = make_payment("100.00", customer=make_customer())
    targets = [make_invoice("80.00", customer=payment.customer).id for _ in range(2)]
    payment_id = payment.id
    commit()
    refused = at_once(app, *(apply(payment_id, target, 80) for target in targets))
    assert sorted(type(error).__name__ for error in refused) == ["NoneType", "NotAllowedNow"]
    db.session.expire_all()
    assert db.session.get_one(Payment, payment_id).applied == 80
    assert sorted(db.session.get_one(Invoice, target).balance for target in targets) == [0, 80]


def test_two_payments_cannot_pay_the_same_invoice_twice(app: Flask, commit: Commit) -> None:
    invoice = make_invoice("100.00")
    sources = [make_payment("70.00", customer=invoice.customer).id for _ in range(3)]
    invoice_id = invoice.id
    commit()
    refused = at_once(app, *(apply(source, invoice_id, 70) for source in sources))
    assert [error.code for error in refused if error] == ["more_than_due", "more_than_due"]
    db.session.expire_all()
    assert db.session.get_one(Invoice, invoice_id).balance == 30


def test_applying_while_somebody_voids_both_ends(app: Flask, commit: Commit) -> None:
    invoice = make_invoice("100.00")
    payment = make_payment("100.00", customer=invoice.customer)
    invoice_id, payment_id = invoice.id, payment.id
    commit()
    at_once(
        app,
        apply(payment_id, invoice_id, 50),
        lambda: invoices.void(db.session.get_one(Invoice, invoice_id), actor=ACTOR),
        lambda: payments.void(db.session.get_one(Payment, payment_id), actor=ACTOR),
    )
    db.session.expire_all()
    invoice, payment = db.session.get_one(Invoice, invoice_id), db.session.get_one(Payment, payment_id)
    assert (invoice.voided, invoice.balance, payment.voided, payment.applied) == (True, 0, True, 0)


def test_two_people_saving_the_same_invoice_the_second_is_told(app: Flask, commit: Commit) -> None:
    invoice = make_invoice("100.00")
    invoice_id, customer_id = invoice.id, invoice.customer_id
    commit()

    def save(total: str) -> Callable[[], object]:
        def action() -> None:
            invoice = db.session.get_one(Invoice, invoice_id)
            customer = db.session.get_one(Customer, customer_id)
            invoices.edit(invoice, make_invoice_data(customer, total), actor=ACTOR, expected_version=1)

        return action

    refused = [error for error in at_once(app, save("110.00"), save("120.00")) if error]
    assert [type(error) for error in refused] == [NotAllowedNow]
    assert "Somebody else saved invoice INV-00001 meanwhile: test changed " in refused[0].message


def test_generated_numbers_are_never_given_twice(app: Flask, company: Company, commit: Commit) -> None:
    company_id = company.id
    make_customer(company, number="cust-00003")
    commit()

    def add() -> None:
        for _ in range(3):
            make_customer(db.session.get_one(Company, company_id))

    assert at_once(app, add, add, add) == [None] * 3
    found = db.session.scalars(db.select(Customer.number).order_by(Customer.number))
    assert list(found) == [*(f"CUST-{n:05d}" for n in (1, 2, 4, 5, 6, 7, 8, 9, 10)), "cust-00003"]


def test_one_number_typed_by_two_people_goes_to_one(app: Flask, company: Company, commit: Commit) -> None:
    company_id = company.id
    commit()

    def add(number: str) -> Callable[[], object]:
        return lambda: customers.create(
            db.session.get_one(Company, company_id), customers.CustomerData("A", number=number), actor=ACTOR
        )

    refused = [error for error in at_once(app, add("a-1"), add("A-1")) if error]
    assert [(type(error), error.field) for error in refused] == [(InvalidInput, "number")]


def test_a_payment_is_moved_to_another_customer_while_it_is_applied(
    app: Flask, company: Company, commit: Commit
) -> None:
    old, new = make_customer(company), make_customer(company)
    payment, invoice = make_payment(customer=old), make_invoice(customer=old)
    payment_id, invoice_id, old_id, new_id = payment.id, invoice.id, old.id, new.id
    commit()

    def move() -> None:
        payment = db.session.get_one(Payment, payment_id)
        payments.edit(payment, payments.PaymentData(new_id, payment.date, payment.amount), actor=ACTOR)

    refused = at_once(app, move, apply(payment_id, invoice_id, 50))
    assert len([error for error in refused if error]) == 1
    db.session.expire_all()
    payment = db.session.get_one(Payment, payment_id)
    assert (payment.customer_id, payment.applied) in {(new_id, 0), (old_id, 50)}


@pytest.fixture(autouse=True)
def _free_database(commit: Commit) -> None:
    commit()
