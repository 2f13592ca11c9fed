"""Rule 6: in bill-to mode the portal's customer is the bill-to contact, several for one customer of Intacct's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intacct_sandbox import receipts
from intacct_sandbox.money import Application
from intacct_sandbox.receipts import Receipt
from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.customer import Customer
from portal.models.payment import Payment
from portal.models.sync import Kind, SyncRow
from portal.services import payments
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.imports.conftest import MovedClock, World, clock, import_, world
from tests.integration.imports.test_customer_import import everything
from tests.integration.imports.test_invoice_import import SALES, here, invoices_in, outstanding
from tests.integration.sync.conftest import row_of
from tests.integration.sync.scenes import ok

__all__ = ["MovedClock", "World", "clock", "world"]

SHARED = "Regional Payables Office"


@pytest.fixture
def by_contact(world: World) -> World:
    """A company whose customers are Intacct's bill-to contacts."""
    world.choose(customer_source="bill_to_contact")
    return world


def customers_called(name: str) -> list[Customer]:
    return list(db.session.scalars(db.select(Customer).where(Customer.name == name)))


@pytest.mark.rule(6, "in")
def test_the_customer_of_an_invoice_is_its_bill_to_contact_with_a_number_of_ours(by_contact: World) -> None:
    invoices_in(by_contact)
    contact = by_contact.there("CONTACT", CONTACTNAME=SHARED)[0]
    shared = [row for row in outstanding(by_contact) if row.get("BILLTOKEY") == contact["RECORDNO"]]
    assert shared
    for row in shared:
        customer = here(row["DOCNO"]).customer
        assert customer.name == (contact["PRINTAS"] or SHARED)
        assert customer.number != row["CUSTVENDID"]


@pytest.mark.rule(6, "in")
def test_several_contacts_of_one_customer_are_several_customers_here(by_contact: World) -> None:
    there = by_contact.there("CUSTOMER")[0]
    by_contact.act("create_order", customerid=there["CUSTOMERID"], documentno="SI-9001", amount="10.00")
    by_contact.act(
        "create_order", customerid=there["CUSTOMERID"], documentno="SI-9002", amount="20.00", bill_to=SHARED
    )  # fmt: skip
    invoices_in(by_contact, SALES)
    one, two = here("SI-9001").customer, here("SI-9002").customer
    assert one.id != two.id
    rows = [row_of(by_contact, Kind.CUSTOMER, customer.id) for customer in (one, two)]
    assert [row.key for row in rows] == [there["RECORDNO"]] * 2
    assert rows[0].part != rows[1].part
    assert {row.number_there for row in rows} == {there["CUSTOMERID"]}


@pytest.mark.rule(6, "in")
def test_importing_contacts_twice_changes_nothing(by_contact: World) -> None:
    import_(by_contact)
    invoices_in(by_contact)
    before = everything()
    import_(by_contact)
    invoices_in(by_contact)
    assert everything() == before


@pytest.mark.rule(6, "out")
def test_a_customer_born_here_is_written_as_a_customer_and_stays_its_display_contact(by_contact: World) -> None:
    customer = make_customer(by_contact.company, "Brightwater", number="C-1")
    make_invoice("50.00", customer=customer, number="INV-1")
    ok(by_contact.sync())
    assert by_contact.there("CUSTOMER", CUSTOMERID="C-1")[0]["NAME"] == "Brightwater"
    import_(by_contact)
    assert [one.id for one in customers_called("Brightwater")] == [customer.id]
    by_contact.act("create_order", customerid="C-1", documentno="SI-9001", amount="10.00")
    invoices_in(by_contact, SALES)
    assert here("SI-9001").customer_id == customer.id


@pytest.mark.rule(6, "out")
def test_a_payment_here_for_a_contact_goes_to_its_customer_there(by_contact: World) -> None:
    there = by_contact.there("CUSTOMER")[0]
    by_contact.act(
        "create_order", customerid=there["CUSTOMERID"], documentno="SI-9002", amount="20.00", bill_to=SHARED
    )  # fmt: skip
    invoices_in(by_contact, SALES)
    make_payment("20.00", on={here("SI-9002"): "20.00"}, number="PMT-1")
    ok(by_contact.sync())
    assert by_contact.there("ARPYMT", DOCNUMBER="PMT-1")[0]["CUSTOMERID"] == there["CUSTOMERID"]
    assert Decimal(by_contact.alive("ARINVOICE", RECORDID="SI-9002")[0]["TRX_TOTALDUE"]) == 0


@pytest.mark.rule(6, "in")
def test_a_receipt_for_two_contacts_is_a_payment_of_each(by_contact: World) -> None:
    there = by_contact.there("CUSTOMER")[0]
    keys: list[int] = []
    for number, more in (("SI-9001", {}), ("SI-9002", {"bill_to": SHARED})):
        made = by_contact.act(
            "create_order", customerid=there["CUSTOMERID"], documentno=number, amount="20.00", **more
        )  # fmt: skip
        keys.append(int(made["invoice_key"]))
    invoices_in(by_contact, SALES)
    ok(by_contact.sync())
    receipt = shared_receipt(by_contact, keys)
    ok(by_contact.sync())
    assert [here(number).balance for number in ("SI-9001", "SI-9002")] == [15, 13]
    query = db.select(SyncRow).where(SyncRow.kind == Kind.PAYMENT, SyncRow.key == str(receipt))
    rows = list(db.session.scalars(query.order_by(SyncRow.id)))
    assert len({row.part for row in rows}) == len(rows) == 2
    half = db.session.get_one(Payment, rows[0].record_id)
    with pytest.raises(NotAllowedNow, match="Reverse it in Intacct.*shared with"):
        payments.void(half, reason="mistake", actor=ACTOR)


def shared_receipt(world: World, invoice_keys: list[int]) -> int:
    with world.core.lock:
        books = world.core.books
        first = books.store.table("ARINVOICE").rows[invoice_keys[0]]
        books.store.begin()
        made = receipts.post(
            books,
            Receipt(
                customer=books.store.table("CUSTOMER").rows[first["CUSTOMERKEY"]],
                method="Printed Check",
                received=books.today(),
                bank=books.dimension("CHECKINGACCOUNT", "Bank account", "CHK-01"),
                applications=[
                    Application("ARINVOICE", key, Decimal(amount))
                    for key, amount in zip(invoice_keys, (5, 7), strict=True)
                ],
            ),
        )
        books.store.commit()
    return int(made["RECORDNO"])
