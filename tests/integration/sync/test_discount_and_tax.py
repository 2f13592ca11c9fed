"""Discount and tax go to Intacct as lines of their own; the first payment carries the inline credit whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.services import invoices, payments
from portal.sync import previews
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem
from tests.integration.sync.scenes import ok
from tests.integration.sync.test_rules import edited


def discounted(
    world: World, amount: str = "120.00", *, discount: str = "20.00", tax: str = "0", number: str = "INV-1"
) -> Invoice:
    """An issued invoice with a discount and perhaps tax."""
    return make_invoice(
        amount, customer=make_customer(world.company, number="C-1"), number=number, discount=Decimal(discount),
        tax=Decimal(tax),
    )  # fmt: skip


def lines_there(world: World, number: str = "INV-1") -> list[tuple[str, str, str]]:
    """(account, amount, open) of each line in Intacct."""
    key = world.there("ARINVOICE", RECORDID=number)[0]["RECORDNO"]
    rows = sorted(world.there("ARINVOICEITEM", RECORDKEY=key), key=lambda row: int(row["LINE_NO"]))
    return [
        (row["ACCOUNTNO"], row["TRX_AMOUNT"], str(Decimal(row["TRX_AMOUNT"]) - Decimal(row["TRX_TOTALPAID"])))
        for row in rows
    ]


def due_there(world: World, number: str = "INV-1") -> str:
    """What Intacct still expects."""
    return world.there("ARINVOICE", RECORDID=number)[0]["TRX_TOTALDUE"]


def payments_here(world: World) -> list[Payment]:
    """The payments of the portal."""
    return list(db.session.scalars(db.select(Payment).where(Payment.company_id == world.company_id)))


def test_discount_and_tax_are_lines_of_their_own_accounts_and_sum_to_the_total(world: World) -> None:
    world.choose(discount_account="4010", tax_account="2200", location_id="110")
    invoice = discounted(world, tax="7.50")
    ok(world.sync())
    assert [line[:2] for line in lines_there(world)] == [("4000", "120"), ("4010", "-20"), ("2200", "7.5")]
    assert Decimal(due_there(world)) == invoice.total == Decimal("107.50")
    key = world.there("ARINVOICE", RECORDID="INV-1")[0]["RECORDNO"]
    assert {row["LOCATIONID"] for row in world.there("ARINVOICEITEM", RECORDKEY=key)} == {"110"}


def test_without_accounts_of_their_own_both_go_to_the_income_account(world: World) -> None:
    discounted(world, tax="7.50")
    ok(world.sync())
    assert {line[0] for line in lines_there(world)} == {"4000"}


def test_120_less_20_paid_with_100_ends_at_due_0_with_no_line_open(world: World) -> None:
    make_payment("100.00", on={discounted(world): "100.00"})
    ok(world.sync())
    assert due_there(world) == "0"
    assert [line[2] for line in lines_there(world)] == ["0", "0"]
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["STATE"] == "Paid"


def test_the_first_of_several_payments_carries_the_inline_credit_whole(world: World) -> None:
    invoice = discounted(world)
    make_payment("30.00", on={invoice: "30.00"}, number="PMT-1")
    make_payment("50.00", on={invoice: "50.00"}, number="PMT-2")
    ok(world.sync())
    carried = [row["INLINEAMOUNT"] for row in world.there("ARPYMTDETAIL") if row["INLINEKEY"]]
    assert carried == ["20"]
    assert due_there(world) == "20"
    make_payment("20.00", on={invoice: "20.00"}, number="PMT-3")
    ok(world.sync())
    assert (due_there(world), [line[2] for line in lines_there(world)]) == ("0", ["0", "0"])


def test_an_inline_credit_is_no_money_here(world: World) -> None:
    invoice = discounted(world)
    payment = make_payment("100.00", on={invoice: "100.00"})
    ok(world.sync())
    ok(world.sync())
    assert (invoice.balance, payment.balance) == (0, 0)
    assert [payment.origin for payment in payments_here(world)] == ["portal"]


def test_a_payment_taken_back_gives_the_inline_credit_back_and_the_next_one_carries_it(world: World) -> None:
    invoice = discounted(world)
    payment = make_payment("100.00", on={invoice: "100.00"}, number="PMT-1")
    ok(world.sync())
    payments.void(payment, reason="bounced", actor=ACTOR)
    ok(world.sync())
    assert due_there(world) == "100"
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-2")
    ok(world.sync())
    assert (due_there(world), [line[2] for line in lines_there(world)]) == ("0", ["0", "0"])


def test_money_put_on_in_intacct_with_the_inline_credit_arrives_here_as_the_money_alone(world: World) -> None:
    invoice = discounted(world)
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="100", inline="20")
    ok(world.sync())
    assert (invoice.balance, [payment.amount for payment in payments_here(world)]) == (0, [100])


def test_a_preview_shows_the_payment_as_it_is_sent_with_the_inline_credit(world: World) -> None:
    invoice = discounted(world)
    make_payment("100.00", on={invoice: "100.00"})
    shown = world.sync(RunKind.PREVIEW, subject=previews.subject())
    ok(world.sync(subject=previews.subject_of(shown)))
    assert due_there(world) == "0"


def test_a_changed_discount_is_updated_there(world: World) -> None:
    invoice = discounted(world)
    ok(world.sync())
    invoices.edit(invoice, replace(edited(invoice), discount=Decimal("30.00"), tax=Decimal("4.00")), actor=ACTOR)
    ok(world.sync())
    assert [line[1] for line in lines_there(world)] == ["120", "-30", "4"]


def test_a_discount_taken_off_cannot_be_taken_off_there_and_says_so(world: World) -> None:
    invoice = discounted(world)
    ok(world.sync())
    invoices.edit(invoice, edited(invoice), actor=ACTOR)
    world.sync()
    assert "discount and tax counted" in only_problem(world, "lines_removed").text
    assert [line[1] for line in lines_there(world)] == ["120", "-20"]


@pytest.mark.parametrize("whole", [True, False])
def test_it_ends_the_same_whether_intacct_takes_parts_of_an_inline_credit_or_not(world: World, whole: bool) -> None:
    world.core.switch(inline_whole=whole)
    invoice = discounted(world)
    make_payment("10.00", on={invoice: "10.00"})
    ok(world.sync())
    make_payment("90.00", on={invoice: "90.00"})
    ok(world.sync())
    assert (due_there(world), [line[2] for line in lines_there(world)]) == ("0", ["0", "0"])
