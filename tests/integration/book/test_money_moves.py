"""Money on invoices: what may move, what is refused, and what stays true after any sequence of moves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.services import invoices, payments
from portal.services.audit import Actor
from tests.factories import ACTOR, make_customer, make_invoice, make_invoice_data, make_payment

pytestmark = pytest.mark.usefixtures("app")


def test_payment_larger_than_balance_leaves_its_rest() -> None:
    invoice = make_invoice("60.00")
    payment = make_payment("100.00", on={invoice: "60.00"})
    assert (invoice.balance, payment.applied, payment.balance) == (0, 60, 40)


def test_payment_can_pay_several_invoices() -> None:
    first = make_invoice("60.00")
    second = make_invoice("60.00", customer=first.customer)
    payment = make_payment("100.00", on={first: "60.00", second: "25.50"})
    assert (first.balance, second.balance, payment.balance) == (0, Decimal("34.50"), Decimal("14.50"))


def test_applying_more_than_is_due_is_refused_at_its_field_and_saves_nothing() -> None:
    invoice = make_invoice("60.00")
    customer = invoice.customer
    with pytest.raises(NotAllowedNow, match=r"60\.01 USD is more than is due on INV-00001: 60\.00 USD") as caught:
        make_payment("100.00", on={invoice: "60.01"})
    assert (caught.value.field, caught.value.code) == ("applied_to.0.amount", "more_than_due")
    db.session.commit()
    assert invoice.balance == 60
    assert make_payment("1.00", customer=customer).applied == 0


def test_a_refused_application_takes_back_those_before_it() -> None:
    first = make_invoice("60.00")
    second = make_invoice("60.00", customer=first.customer)
    payment = make_payment("100.00", customer=first.customer)
    with pytest.raises(NotAllowedNow, match="more than is left") as caught:
        payments.apply(payment, [(first, Decimal(60)), (second, Decimal("40.01"))], actor=ACTOR)
    assert caught.value.field == "applied_to.1.amount"
    assert (first.balance, second.balance, payment.applied) == (60, 60, 0)


@pytest.mark.parametrize(("amount", "text"), [("0", "above zero"), ("-1", "above zero"), ("NaN", "not a number")])
def test_applying_nothing_or_less_is_refused(amount: str, text: str) -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    with pytest.raises(InvalidInput, match=text) as caught:
        payments.apply_one(payment, invoice, Decimal(amount), actor=ACTOR)
    assert caught.value.field == "amount"


def test_fractions_of_a_cent_cannot_be_applied() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    with pytest.raises(InvalidInput, match="too many decimals"):
        payments.apply_one(payment, invoice, Decimal("0.001"), actor=ACTOR)


def test_a_draft_takes_no_money() -> None:
    draft = make_invoice(draft=True)
    with pytest.raises(NotAllowedNow, match="is a draft and takes no money. Issue it first"):
        make_payment(on={draft: "1.00"})


def test_a_voided_invoice_takes_no_money() -> None:
    invoice = make_invoice()
    invoices.void(invoice, actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="is voided and takes no money"):
        make_payment(on={invoice: "1.00"})


def test_a_voided_payment_cannot_be_applied() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    payments.void(payment, actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="is voided and cannot be applied"):
        payments.set_applied(payment, invoice, Decimal(1), actor=ACTOR)


def test_money_stays_with_its_customer(company: Company) -> None:
    invoice = make_invoice(customer=make_customer(company))
    payment = make_payment(customer=make_customer(company))
    with pytest.raises(InvalidInput, match="belongs to another customer"):
        payments.apply_one(payment, invoice, Decimal(1), actor=ACTOR)


def test_money_stays_in_its_currency() -> None:
    invoice = make_invoice(currency="EUR")
    payment = make_payment(customer=invoice.customer)
    with pytest.raises(InvalidInput, match="is in EUR, PMT-00001 in USD") as caught:
        payments.apply_one(payment, invoice, Decimal(1), actor=ACTOR)
    assert caught.value.code == "currency"


def test_set_applied_moves_the_difference_both_ways() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    for amount, left in ((70, 30), (20, 80), (100, 0), (0, 100)):
        payments.set_applied(payment, invoice, Decimal(amount), actor=ACTOR)
        assert (invoice.balance, payment.balance) == (left, left)
    assert payment.applications == []


def test_unapply_takes_a_part_or_all_and_never_more() -> None:
    invoice = make_invoice()
    payment = make_payment(on={invoice: "100.00"})
    payments.unapply(payment, invoice, amount=Decimal(30), actor=ACTOR)
    assert (invoice.balance, payment.balance) == (30, 30)
    with pytest.raises(NotAllowedNow, match=r"Only 70\.00 USD of PMT-00001 lies on INV-00001"):
        payments.unapply(payment, invoice, amount=Decimal("70.01"), actor=ACTOR)
    payments.unapply(payment, invoice, actor=ACTOR)
    assert (invoice.balance, payment.balance) == (100, 100)
    with pytest.raises(NotAllowedNow, match="Nothing of PMT-00001 lies on INV-00001"):
        payments.unapply(payment, invoice, actor=ACTOR)


def test_voiding_an_invoice_gives_its_money_back_to_the_payments() -> None:
    invoice = make_invoice()
    payment = make_payment("80.00", on={invoice: "80.00"})
    invoices.void(invoice, reason="sent twice", actor=ACTOR)
    assert (invoice.voided, invoice.balance, invoice.void_reason) == (True, 0, "sent twice")
    assert (payment.balance, payment.applications) == (80, [])
    with pytest.raises(NotAllowedNow, match="is voided"):
        invoices.void(invoice, actor=ACTOR)


def test_voiding_a_payment_makes_its_invoices_due_again() -> None:
    invoice = make_invoice()
    payment = make_payment(on={invoice: "100.00"})
    payments.void(payment, reason="bounced", actor=ACTOR)
    assert (invoice.balance, payment.applied, payment.balance, payment.applications) == (100, 0, 0, [])


def test_a_payment_from_intacct_is_voided_by_the_sync_only() -> None:
    payment = make_payment(origin=Origin.INTACCT)
    with pytest.raises(NotAllowedNow, match="Reverse it in Intacct"):
        payments.void(payment, actor=ACTOR)
    payments.void(payment, reason="reversed there", actor=Actor("accounting sync 12"))
    assert payment.voided


def test_total_may_not_fall_below_what_is_applied() -> None:
    invoice = make_invoice()
    make_payment(on={invoice: "80.00"})
    with pytest.raises(InvalidInput, match=r"80\.00 USD lies on INV-00001. Un-apply the difference first"):
        invoices.edit(invoice, make_invoice_data(invoice.customer, "79.99"), actor=ACTOR)
    invoices.edit(invoice, make_invoice_data(invoice.customer, "90.00"), actor=ACTOR)
    assert (invoice.total, invoice.balance) == (90, 10)


def test_customer_and_currency_stay_while_money_lies_on_an_invoice(company: Company) -> None:
    invoice = make_invoice(customer=make_customer(company))
    make_payment(on={invoice: "1.00"})
    other = make_customer(company)
    with pytest.raises(InvalidInput) as caught:
        invoices.edit(invoice, make_invoice_data(other, currency="EUR"), actor=ACTOR)
    assert [fault.field for fault in caught.value.all] == ["customer", "currency"]


def test_a_payment_may_not_shrink_below_what_is_applied() -> None:
    invoice = make_invoice()
    payment = make_payment(on={invoice: "80.00"})
    data = payments.PaymentData(payment.customer_id, payment.date, Decimal("79.99"))
    with pytest.raises(InvalidInput, match="Un-apply the difference first") as caught:
        payments.edit(payment, data, actor=ACTOR)
    assert caught.value.field == "amount"


def test_yen_have_no_decimals(app: Flask) -> None:
    with pytest.raises(InvalidInput, match="JPY has 0"):
        make_payment("100.50", currency="JPY")
    assert make_payment("100", currency="JPY").amount == 100
