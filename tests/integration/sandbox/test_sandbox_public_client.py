"""A client that others wrote, `sageintacctsdk`, at work against the sandbox."""

from __future__ import annotations

import pytest

sdk = pytest.importorskip("sageintacctsdk", reason="the public client sageintacctsdk is not installed")

from sageintacctsdk import exceptions  # noqa: E402
from sageintacctsdk.apis import api_base  # noqa: E402

from intacct_sandbox import sessions  # noqa: E402
from intacct_sandbox.company import COMPANY_ID  # noqa: E402


@pytest.fixture
def connect(served, monkeypatch):
    """A signed-in client; its fixed address is exchanged for the sandbox's."""
    plain = api_base.ApiBase.__init__

    def at_the_sandbox(self, *args, **kwargs):
        plain(self, *args, **kwargs)
        self._ApiBase__api_url = served.url

    monkeypatch.setattr(api_base.ApiBase, "__init__", at_the_sandbox)

    def begin(password=sessions.USER_PASSWORD, sender_password=sessions.SENDER_PASSWORD, **more):
        return sdk.SageIntacctSDK(
            sender_id=sessions.SENDER_ID,
            sender_password=sender_password,
            user_id=sessions.USER_ID,
            company_id=COMPANY_ID,
            user_password=password,
            **more,
        )

    return begin


def test_it_lists_customers(connect):
    client = connect()
    assert client.customers.count() == 39
    customers = client.customers.get_all()
    assert len(customers) == 40
    assert customers[0]["CUSTOMERID"] == "CLT-1001"
    assert customers[0]["STATUS"] == "active"
    assert client.customers.get("CUSTOMERID", "CLT-1002")["customer"]["NAME"] == "Pine & Quarry Tools"


def test_it_lists_invoices_with_every_field_it_knows(connect):
    client = connect()
    invoices = client.ar_invoices.get_all()
    assert len(invoices) == 15 + 13
    assert {"Posted", "Partially Paid", "Paid"} == {row["STATE"] for row in invoices}
    assert invoices[0]["CONTACT.MAILADDRESS.CITY"] == "Portland"
    found = client.ar_invoices.get_by_query(and_filter=[("equalto", "RECORDID", "INV-1037")])
    assert [row["TOTALDUE"] for row in found] == ["980"]
    several = client.ar_invoices.get_by_query(
        and_filter=[("greaterthan", "TOTALDUE", "0"), ("equalto", "CUSTOMERID", "CLT-1001")]
    )
    assert [row["RECORDID"] for row in several] == ["INV-1038"]


def test_it_lists_invoice_lines_and_payments(connect):
    client = connect()
    assert len(client.ar_invoice_items.get_all()) == 45
    payments = client.ar_payments.get_all()
    assert len(payments) == 11
    assert {row["STATE"] for row in payments} == {"C"}


@pytest.mark.parametrize(
    "name", ["accounts", "checking_accounts", "contacts", "departments", "locations", "location_entities"]
)
def test_it_lists_what_the_company_is_made_of(connect, name):
    assert getattr(connect(), name).get_all()


def test_it_pages_through_generators(connect):
    pages = list(connect().customers.get_all_generator(order_by_field="RECORDNO", order="ascending"))
    assert sum(len(page) for page in pages) == 40


def test_it_posts_a_customer_and_an_invoice(connect):
    client = connect()
    posted = client.customers.post(
        {"CUSTOMERID": "SDK-1", "NAME": "Posted & Found", "DISPLAYCONTACT": {"PRINTAS": "Posted & Found"}}
    )
    assert posted["data"]["customer"]["CUSTOMERID"] == "SDK-1"
    assert client.customers.get("CUSTOMERID", "SDK-1")["customer"]["NAME"] == "Posted & Found"
    date = {"year": "2026", "month": "1", "day": "5"}
    lines = {"lineitem": [{"glaccountno": "4000", "amount": "12.50"}]}
    key = client.ar_invoices.post(
        {"customerid": "SDK-1", "datecreated": date, "invoiceno": "SDK-INV-1", "invoiceitems": lines}
    )["key"]
    (found,) = client.ar_invoices.get_by_query(and_filter=[("equalto", "RECORDNO", key)])
    assert (found["RECORDID"], found["TOTALDUE"]) == ("SDK-INV-1", "12.5")


def test_it_understands_refusals(connect):
    with pytest.raises(exceptions.InvalidTokenError):
        connect(password="wrong")
    with pytest.raises(exceptions.WrongParamsError):
        connect(sender_password="wrong")
    with pytest.raises(exceptions.InvalidTokenError):
        connect(entity_id="900")
    client = connect(entity_id="100-US")
    with pytest.raises(exceptions.WrongParamsError) as caught:
        client.customers.post({"CUSTOMERID": "CLT-1001", "NAME": "Twice"})
    assert caught.value.response["error"][0]["errorno"] == "BL34000061"
    with pytest.raises(exceptions.WrongParamsError):
        client.ar_aging.get_araging("31-60")


def test_it_understands_faults(connect, served):
    client = connect()
    for what, kind in (
        ("401", exceptions.InvalidTokenError),
        ("400", exceptions.WrongParamsError),
        ("500", exceptions.InternalServerError),
        ("rate_limit_text", exceptions.InternalServerError),
        ("session_expired", exceptions.InvalidTokenError),
    ):
        served.core.faults.order([{"when": "query", "what": what}])
        with pytest.raises(kind):
            client.customers.get_all()
