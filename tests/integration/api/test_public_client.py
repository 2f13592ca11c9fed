"""The public client of the API's shape, unchanged, over a real socket: its whole round trip."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import invoiced
import pytest
from flask import Flask
from invoiced import errors
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.blueprints.api import limits
from portal.extensions import db
from portal.services import api_keys
from tests.factories import ACTOR
from tests.integration.api.conftest import DAY


@pytest.fixture
def backend() -> str:
    return "sqlite"


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def client(app: Flask, company) -> Iterator[invoiced.Client]:
    """The client with its address pointed at a portal that listens."""
    key = api_keys.create(company, "Public client", actor=ACTOR).text
    db.session.commit()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # how soon it sees its shutdown
    thread.start()
    client = invoiced.Client(key)
    client.api_url = f"http://127.0.0.1:{server.server_port}/api"
    yield client
    server.shutdown()
    thread.join()
    server.server_close()


def an_invoice(client: invoiced.Client, customer, **changes):
    given = {
        "customer": customer.id, "date": DAY, "currency": "usd", "payment_terms": "NET 30",
        "items": [{"name": "Service plan", "quantity": 2, "unit_cost": 50.25}], "taxes": [{"amount": 3}],
    }  # fmt: skip
    return client.Invoice.create(**(given | changes))


def test_customers_are_created_changed_listed_and_their_balance_read(client):
    made = client.Customer.create(name="Harbor Lane Dental", email="ap@harbor.example", metadata={"account": "77"})
    assert (made.object, made.number, made.currency) == ("customer", "CUST-00001", "usd")

    found = client.Customer.retrieve(made.id)
    found.phone = "555 1234"
    assert found.save()
    assert (found.phone, found.metadata) == ("555 1234", {"account": "77"})

    an_invoice(client, made)
    balance = made.balance()
    assert (balance["total_outstanding"], balance["currency"], balance["available_credits"]) == (103.5, "usd", 0)


def test_invoices_are_created_changed_paid_and_voided(client):
    customer = client.Customer.create(name="Harbor Lane Dental")
    invoice = an_invoice(client, customer, number="INV-0001")
    assert (invoice.object, invoice.total, invoice.balance, invoice.date) == ("invoice", 103.5, 103.5, DAY)
    assert invoice.due_date == DAY + 30 * 86400

    invoice.purchase_order = "PO 88"
    assert invoice.save(items=[{"name": "Service plan", "quantity": 1, "unit_cost": 50.25}])
    assert (invoice.purchase_order, invoice.total) == ("PO 88", 53.25)

    payment = client.Payment.create(
        customer=customer.id, amount=60, method="check", reference="4711",
        applied_to=[{"type": "invoice", "invoice": invoice.id, "amount": 53.25}],
    )  # fmt: skip
    assert (payment.object, payment.balance, payment.applied_to[0]["amount"]) == ("payment", 6.75, 53.25)
    assert client.Invoice.retrieve(invoice.id).status == "paid"

    assert payment.save(applied_to=[{"type": "invoice", "invoice": invoice.id, "amount": 20}])
    assert (payment.balance, client.Invoice.retrieve(invoice.id).balance) == (40, 33.25)

    assert payment.delete()
    assert client.Payment.retrieve(payment.id).voided is True
    assert client.Invoice.retrieve(invoice.id).balance == 53.25

    assert invoice.void()
    assert (invoice.status, invoice.balance) == ("voided", 0)


def test_credit_notes_are_created_applied_and_voided(client):
    customer = client.Customer.create(name="Harbor Lane Dental")
    invoice = an_invoice(client, customer)
    note = client.CreditNote.create(customer=customer.id, items=[{"name": "Goodwill", "unit_cost": 20}])
    assert (note.object, note.number, note.total, note.balance) == ("credit_note", "CN-00001", 20, 20)

    note.metadata = {"why": "late"}
    assert note.save()
    client.Payment.create(
        customer=customer.id, amount=0,
        applied_to=[{"type": "credit_note", "credit_note": note.id, "document_type": "invoice", "invoice": invoice.id,
                     "amount": 15}],
    )  # fmt: skip
    assert client.Payment.list()[1].total_count == 0
    assert client.Invoice.retrieve(invoice.id).balance == 88.5
    found, _ = client.CreditNote.list(filter={"status": "partially_applied"})
    assert [(kept.id, kept.balance, kept.metadata) for kept in found] == [(note.id, 5, {"why": "late"})]
    assert customer.balance()["open_credit_notes"] == 5

    assert note.void()
    assert note.status == "voided"
    assert client.Invoice.retrieve(invoice.id).balance == 103.5


def test_lists_page_through_the_whole_book(client):
    for number in range(1, 6):
        client.Customer.create(name=f"Customer {number}")
    page, metadata = client.Customer.list(per_page=2, page=2, sort="name desc", filter={"currency": "usd"})
    assert [customer.name for customer in page] == ["Customer 3", "Customer 2"]
    assert metadata.total_count == 5
    assert list(metadata.links) == ["self", "first", "previous", "next", "last"]
    assert metadata.links["next"].startswith(f"{client.api_url}/customers?")
    nothing, metadata = client.Customer.list(updated_after=4_000_000_000)
    assert (nothing, metadata.total_count) == ([], 0)


def test_events_tell_what_happened(client):
    customer = client.Customer.create(name="Harbor Lane Dental")
    invoice = an_invoice(client, customer)
    invoice.void()
    events, _ = client.Event.list(filter={"object": "invoice"})
    assert [event.type for event in events] == ["invoice.created", "invoice.voided"]
    assert events[0].data["object"]["id"] == invoice.id
    assert events[0].data["object"]["total"] == 103.5
    assert events[1].data["previous"] == {"balance": 103.5}
    assert events[0].user == "API key Public client"


def test_an_idempotency_key_makes_one_of_two(client):
    first = client.Customer.create(idempotency_key="a random value", name="Harbor Lane Dental")
    again = client.Customer.create(idempotency_key="a random value", name="Harbor Lane Dental")
    assert first.id == again.id
    with pytest.raises(errors.ApiError, match="was used for another request"):
        client.Customer.create(idempotency_key="a random value", name="Another")
    assert client.Customer.list()[1].total_count == 1


def test_the_client_understands_every_error(client):
    with pytest.raises(errors.InvalidRequestError, match="The name is missing") as refused:
        client.Customer.create(name="")
    assert (refused.value.status_code, refused.value.error["param"]) == (400, "name")
    with pytest.raises(errors.InvalidRequestError) as refused:
        client.Invoice.retrieve(99)
    assert refused.value.status_code == 404
    customer = client.Customer.create(name="Harbor Lane Dental")
    invoice = an_invoice(client, customer)
    with pytest.raises(errors.ApiError, match="more than is due") as refused:
        client.Payment.create(customer=customer.id, amount=500, applied_to=[{"invoice": invoice.id, "amount": 500}])
    assert (refused.value.status_code, refused.value.error["param"]) == (409, "applied_to.0.amount")
    assert client.Payment.list()[1].total_count == 0
    client.api_key = "portal_wrong"
    with pytest.raises(errors.AuthenticationError):
        client.Customer.list()


def test_the_client_is_told_to_slow_down(client, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS_A_WINDOW", 2)
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_000_010.0)
    client.Customer.list()
    client.Customer.list()
    with pytest.raises(errors.RateLimitError):
        client.Customer.list()
