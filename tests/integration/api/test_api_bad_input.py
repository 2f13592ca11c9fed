"""What nobody should send: told at its field, and nothing of it is saved."""

from __future__ import annotations

from typing import Any

import pytest

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice, InvoiceLine
from portal.models.payment import Application, Payment
from tests.integration.api.conftest import DAY, invoice_of, told

TABLES = (Customer, Invoice, InvoiceLine, Payment, CreditNote, Application, AuditEntry)


def counts() -> list[int]:
    db.session.expire_all()
    return [db.session.query(table).count() for table in TABLES]


def item(**changes: Any) -> dict[str, Any]:
    return {"name": "Service plan", "quantity": 1, "unit_cost": 10} | changes


BAD_CUSTOMERS = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "x" * 1_000_000}, "name"),
    ({"name": "bell\x07"}, "name"),
    ({"name": "zero\x00"}, "name"),
    ({"name": "half \ud800"}, "name"),
    ({"name": "A", "currency": "dollars"}, "currency"),
    ({"name": "A", "email": "nobody"}, "email"),
    ({"name": "A", "active": "yes"}, "active"),
    ({"name": "A", "metadata": [1]}, "metadata"),
    ({"name": "A", "metadata": {"list": [1]}}, "metadata"),
    ({"name": "A", "nickname": "B"}, "nickname"),
    ({"name": "A", "number": "cust-00001"}, "number"),
]


def test_bad_customers_are_told_at_their_fields(api, customer):
    before = counts()
    for document, param in BAD_CUSTOMERS:
        refused = told(api.post("/customers", document), 400)
        assert (refused["type"], refused["param"]) == ("invalid_request", param)
        assert len(refused["message"]) < 300
    assert counts() == before


BAD_INVOICES = [
    ({"customer": 999}, "customer"),
    ({"customer": "CUST-99"}, "customer"),
    ({"customer": "\x00"}, "customer"),
    ({"customer": True}, "customer"),
    ({"customer": 2**70}, "customer"),
    ({"date": "soon"}, "date"),
    ({"date": -(10**17)}, "date"),
    ({"date": 1.5}, "date"),
    ({"items": "none"}, "items"),
    ({"items": [item(quantity="many")]}, "items.0.quantity"),
    ({"items": [item(), item(unit_cost=-(10**30))]}, "items.1.unit_cost"),
    ({"items": [item(unit_cost="1e9999999")]}, "items.0.unit_cost"),
    ({"items": [item(colour="red")]}, "items.0.colour"),
    ({"discounts": [{"amount": -1}]}, "discounts.0.amount"),
    ({"number": "X" * 46}, "number"),
    ({"number": "taken-1"}, "number"),
    ({"currency": "us"}, "currency"),
]


def test_bad_invoices_are_told_at_their_fields(api, customer):
    told(api.post("/invoices", invoice_of(customer["id"], number="TAKEN-1")), 201)
    before = counts()
    for changes, param in BAD_INVOICES:
        assert told(api.post("/invoices", invoice_of(customer["id"]) | changes), 400)["param"] == param
    assert counts() == before


BAD_PAYMENTS = [
    ({"amount": 0}, 400, "amount"),
    ({"amount": -5}, 400, "amount"),
    ({"amount": "much"}, 400, "amount"),
    ({"amount": 10.001}, 400, "amount"),
    ({"method": "barter"}, 400, "method"),
    ({"currency": "eur"}, 400, "applied_to.0.invoice"),
    ({"applied_to": [{"invoice": 999, "amount": 1}]}, 400, "applied_to.0.invoice"),
    ({"applied_to": [{"invoice": 1, "amount": 0}]}, 400, "applied_to.0.amount"),
    ({"applied_to": [{"invoice": 1, "amount": 99}]}, 409, "applied_to.0.amount"),
    ({"amount": 50}, 409, "applied_to.0.amount"),
    ({"applied_to": {"invoice": 1}}, 400, "applied_to"),
]


def test_bad_payments_are_told_at_their_fields_and_move_nothing(api, customer, invoice):
    before = counts()
    document = {"customer": customer["id"], "amount": 100, "applied_to": [{"invoice": 1, "amount": 98.5}]}
    for changes, status, param in BAD_PAYMENTS:
        assert told(api.post("/payments", document | changes), status)["param"] == param, changes
    assert counts() == before
    assert told(api.get(f"/invoices/{invoice['id']}"))["balance"] == 98.5


NO_OBJECTS = (
    b"", b"{", b"[]", b"7", b'"text"', b"{'name': 1}", b"\xff\xfe", b'{"amount": NaN}', b'{"amount": 1e999999999999}',
    b"[" * 100_000, b'{"name": "x"} more',
)  # fmt: skip


def test_what_is_no_json_object_is_refused(api):
    for document in NO_OBJECTS:
        assert told(api.post("/customers", document), 400)["type"] == "invalid_request"
    assert told(api.get("/customers")) == []


def test_every_fault_is_told_at_once(api):
    refused = told(api.post("/customers", {"name": "", "currency": "?", "email": "nobody"}), 400)
    assert {fault["param"] for fault in refused["errors"]} == {"name", "currency", "email"}


def test_a_body_above_the_limit_is_refused(api):
    assert told(api.post("/customers", b"x" * (4 * 1024 * 1024 + 1)), 413)["type"] == "invalid_request"


def test_amounts_are_exact_in_both_directions(api, customer):
    document = b'{"customer": %d, "amount": 90071992547.41}' % customer["id"]
    answer = api.post("/payments", document)
    assert '"amount": 90071992547.41,' in answer.text
    line = b'{"customer": %d, "items": [{"name": "A", "quantity": 0.000001, "unit_cost": 123456.123456}]}'
    assert '"quantity": 0.000001, "unit_cost": 123456.123456' in api.post("/invoices", line % customer["id"]).text


def test_a_refused_change_changes_nothing(api, customer, invoice):
    path = f"/invoices/{invoice['id']}"
    told(api.patch(path, {"purchase_order": "PO 1", "items": [item(quantity="many")]}), 400)
    told(api.patch(path, {"purchase_order": "PO 1", "version": "new"}), 400)
    told(api.patch(path, {"purchase_order": "PO 1", "draft": True}), 409)
    assert told(api.get(path)) == invoice


def test_a_document_cannot_be_voided_twice(api, invoice):
    path = f"/invoices/{invoice['id']}/void"
    assert told(api.post(path, {"reason": "Made twice"}))["void_reason"] == "Made twice"
    assert told(api.post(path), 409)["type"] == "conflict"
    assert told(api.post(path, {"because": "x"}), 400)["param"] == "because"


class TestWhatAPaymentIsAppliedTo:
    """A change of `applied_to` is carried out whole or not at all."""

    @pytest.fixture
    def payment(self, api, customer, invoice):
        second = told(api.post("/invoices", invoice_of(customer["id"], date=DAY + 86400)), 201)
        applied = [{"invoice": invoice["id"], "amount": 60}, {"invoice": second["id"], "amount": 40}]
        return told(api.post("/payments", {"customer": customer["id"], "amount": 100, "applied_to": applied}), 201)

    def applied(self, api, payment) -> dict[int, Any]:
        kept = told(api.get(f"/payments/{payment['id']}"))
        return {row["invoice"]: row["amount"] for row in kept["applied_to"]}

    def test_money_moves_from_one_invoice_to_another(self, api, payment):
        told(api.patch(f"/payments/{payment['id']}", {"applied_to": [{"invoice": 2, "amount": 98.5}]}))
        assert self.applied(api, payment) == {2: 98.5}
        assert told(api.get("/invoices/1"))["balance"] == 98.5

    def test_amount_and_applications_change_together(self, api, payment):
        change = {"amount": 30, "applied_to": [{"invoice": 1, "amount": 30}]}
        assert told(api.patch(f"/payments/{payment['id']}", change))["balance"] == 0
        change = {"amount": 150, "applied_to": [{"invoice": 1, "amount": 98.5}, {"invoice": 2, "amount": 51.5}]}
        assert told(api.patch(f"/payments/{payment['id']}", change))["balance"] == 0

    def test_an_empty_list_takes_all_off(self, api, payment):
        assert told(api.patch(f"/payments/{payment['id']}", {"applied_to": []}))["balance"] == 100

    def test_what_cannot_be_applied_leaves_everything_as_it_was(self, api, payment):
        for applied, status, param in (
            ([{"invoice": 1, "amount": 1}, {"invoice": 1, "amount": 2}], 400, "applied_to.1.invoice"),
            ([{"invoice": 2, "amount": 99}], 409, "applied_to.0.amount"),
            ([{"invoice": 1, "amount": 70}, {"invoice": 2, "amount": 31}], 409, "applied_to.0.amount"),
            ([{"invoice": 1, "amount": -1}], 400, "applied_to.0.amount"),
            ([{"invoice": 9, "amount": 1}], 400, "applied_to.0.invoice"),
        ):
            change = {"reference": "new", "applied_to": applied}
            assert told(api.patch(f"/payments/{payment['id']}", change), status)["param"] == param
            assert told(api.get(f"/payments/{payment['id']}")) == payment
