"""Random books and random drifts on both sides: whatever happened, every difference is explained to the cent."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from intacct_sandbox.errors import FunctionRefusal
from portal.errors import PortalError
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Hold, Kind
from portal.services import invoices, payments
from portal.sync import choices
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.test_rules import edited
from tests.integration.sync.tied import explained

STEPS = 14


class Drifts:
    """What may happen to two books, at random."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, random.Random(seed)
        self.customers = [make_customer(world.company, f"Customer {n}", number=f"C-{n}") for n in (1, 2)]
        self.serial = 0

    def amount(self, most: int = 9000) -> Decimal:
        return Decimal(self.random.randint(1, most)) / 100

    def number(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}-{self.serial}"

    def invoice(self) -> Invoice:
        open_ = db.session.scalars(db.select(Invoice).where(Invoice.voided_at.is_(None), Invoice.balance > 0)).all()
        return self.random.choice(open_) if open_ else self.new_invoice()

    def new_invoice(self) -> Invoice:
        account = self.random.choice(("", "", "", "9999"))
        lines = (make_line(str(self.amount()), account=account),)
        return make_invoice(customer=self.random.choice(self.customers), number=self.number("INV"), lines=lines)

    def new_payment(self) -> None:
        invoice = self.invoice()
        part = min(self.amount(), invoice.balance)
        rest = self.random.choice((Decimal(0), self.amount(2000)))
        make_payment(str(part + rest), on={invoice: str(part)}, number=self.number("PMT"))

    def new_credit(self) -> None:
        invoice = self.invoice()
        part = min(self.amount(), invoice.balance)
        make_credit_note(str(part + self.amount(500)), customer=invoice.customer, on={invoice: str(part)})

    def edit(self) -> None:
        invoice = self.invoice()
        invoices.edit(invoice, edited(invoice, lines=(make_line(str(invoice.total + self.amount())),)), actor=ACTOR)

    def void(self) -> None:
        found = db.session.scalars(db.select(Payment).where(Payment.voided_at.is_(None))).all()
        if found:
            payments.void(self.random.choice(found), actor=ACTOR)

    def void_invoice(self) -> None:
        invoices.void(self.invoice(), actor=ACTOR)

    def skip(self) -> None:
        row = row_of(self.world, Kind.INVOICE, self.invoice().id)
        if row.hold == Hold.NONE:
            choices.skip(row, "left", actor=ACTOR)

    def sync(self) -> None:
        self.world.sync()

    def lost_answer(self) -> None:
        what = self.random.choice(("reply_lost", "dropped_before"))
        self.world.fault(self.random.choice(("create_invoice", "create")), what)
        self.world.sync()

    def there(self, do: str, **order: str) -> None:
        db.session.commit()
        self.world.act(do, **order)

    def received_there(self) -> None:
        number = self.invoice().number
        rest = self.random.choice(("0", "12.5"))
        self.there("receive_payment", invoice_recordid=number, amount=str(self.amount(3000)), rest=rest)

    def edited_there(self) -> None:
        self.there("edit_invoice", invoice_recordid=self.invoice().number, amount=str(self.amount() + 50))

    def reversed_there(self) -> None:
        self.there("reverse_invoice", invoice_recordid=self.invoice().number)

    def deleted_there(self) -> None:
        self.there("delete_invoice", invoice_recordid=self.invoice().number)

    def payment_reversed_there(self) -> None:
        self.there("reverse_payment", document=f"PMT-{self.random.randint(1, self.serial + 1)}")

    def typed_there(self) -> None:
        customer = self.random.choice(("C-1", "C-2", "CUST-00001"))
        self.there("create_invoice", customerid=customer, invoiceno=self.number("TYPED"), amount=str(self.amount()))

    def credited_there(self) -> None:
        invoice = self.invoice()
        amount = str(self.random.choice((invoice.balance, min(self.amount(), invoice.balance))))
        db.session.commit()
        made = self.world.act("issue_credit", customerid=invoice.customer.number, amount=amount)
        self.there("apply_credit", credit_key=made["credit_key"], invoice_recordid=invoice.number, amount=amount)

    def anything(self) -> None:
        step = self.random.choice(
            (
                self.new_invoice, self.new_invoice, self.new_payment, self.new_payment, self.new_credit, self.edit,
                self.void, self.void_invoice, self.skip, self.sync, self.sync, self.lost_answer, self.received_there,
                self.edited_there, self.reversed_there, self.deleted_there, self.payment_reversed_there,
                self.typed_there, self.credited_there,
            )
        )  # fmt: skip
        try:
            step()
        except (PortalError, FunctionRefusal, ValueError, LookupError):
            db.session.rollback()  # not possible in this book: one of the two sides refused it
        db.session.commit()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_on_both_sides_nothing_is_left_unexplained(world: World, seed: int) -> None:
    drifts = Drifts(world, seed)
    for _ in range(2):
        for _ in range(STEPS):
            drifts.anything()
        explained(world)
    world.sync()
    explained(world)
