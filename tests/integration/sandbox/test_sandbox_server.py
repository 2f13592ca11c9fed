"""The sandbox over HTTP: the gateway's address, broken connections, the control, and the page."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import requests
from lxml import etree

from intacct_sandbox.companies import Companies, company_ids
from intacct_sandbox.core import SandboxCore
from intacct_sandbox.replies import Reply
from tests.unit.sandbox.sandbox_client import Wire, envelope, equal, invoice, login, query


def over_http(url, session=None):
    sender = session or requests

    def handle(body):
        reply = sender.post(url, data=body, headers={"Content-Type": "application/xml"}, timeout=10)
        return Reply(reply.status_code, reply.content, reply.headers["Content-Type"])

    return handle


def test_only_post_is_answered(served):
    reply = requests.get(served.url, timeout=10)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert requests.post(served.base + "/elsewhere", data="x" * 10_000, timeout=10).status_code == 404


def test_gateway_answers_on_a_kept_connection(served):
    with requests.Session() as session:
        wire = Wire(over_http(served.url, session))
        for number in range(5):
            wire.key(invoice(f"H-{number}", "5"))
        assert session.post(served.base + "/elsewhere", data=b"x" * 5000, timeout=10).status_code == 404
        assert len(wire.rows("ARINVOICE", "RECORDID", "<like><field>RECORDID</field><value>H-%</value></like>")) == 5
        reply = session.post(served.url, data=envelope(query("ARTERM", "NAME")), timeout=10)
        assert reply.headers["Connection"] == "keep-alive"
        assert reply.headers["Content-Type"] == 'text/xml; encoding="UTF-8"'


def test_session_names_the_address_that_was_called(served):
    port = served.url.split(":")[2].split("/")[0]
    url = f"http://localhost:{port}/ia/xml/xmlgw.phtml"
    assert Wire(over_http(url)).do("<getAPISession/>").findtext("data/api/endpoint") == url


@pytest.mark.parametrize(("what", "posted"), [("dropped_before", 0), ("reply_lost", 1), ("cut_off", 1)])
def test_dropped_connection_really_ends(served, what, posted):
    requests.post(f"{served.base}/_control/faults", json=[{"when": "create_invoice", "what": what}], timeout=10)
    with requests.Session() as session:
        session.post(served.url, data=envelope(query("ARTERM", "NAME")), timeout=10)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            session.post(served.url, data=envelope(invoice("D-1", "5")), timeout=10)
        rows = Wire(over_http(served.url, session)).rows("ARINVOICE", "RECORDNO", equal("RECORDID", "D-1"))
    assert len(rows) == posted


def test_the_control_shows_and_frees_what_is_held_and_how_many_were_at_work_at_once(served):
    control = f"{served.base}/_control"
    requests.post(f"{control}/reset", json={"seed": "demo"}, timeout=10)
    requests.post(f"{control}/faults", json=[{"when": "query", "what": "held_after", "times": 3}], timeout=10)
    body = envelope(query("ARTERM", "NAME"))
    threads = [threading.Thread(target=requests.post, args=(served.url, body), kwargs={"timeout": 30}) for _ in "abc"]
    for thread in threads:
        thread.start()
    while len(requests.get(f"{control}/held", timeout=10).json()) < 3:
        time.sleep(0.01)
    assert requests.get(f"{control}/concurrency", timeout=10).json() == {"now": 3, "highest": 3}
    assert requests.post(f"{control}/release", timeout=10).json() == {"released": 3}
    for thread in threads:
        thread.join(30)
    assert requests.get(f"{control}/concurrency", timeout=10).json() == {"now": 0, "highest": 3}


def test_slow_reply_outlasts_a_short_patience(served):
    served.core.faults.order([{"when": "any", "what": "slow", "seconds": 1}])
    with pytest.raises(requests.ReadTimeout):
        requests.post(served.url, data=envelope(invoice("S-1", "5")), timeout=0.2)
    assert served.core.books.store.one("ARINVOICE", "RECORDID", "S-1") is not None


def test_third_request_at_once_is_throttled(served):
    requests.post(f"{served.base}/_control/switches", json={"throttle": True}, timeout=10)
    served.core.faults.order([{"when": "query", "what": "slow", "seconds": 1, "times": 2}])
    seen = []

    def post():
        seen.append(requests.post(served.url, data=envelope(query("ARTERM", "NAME")), timeout=10).status_code)

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    while served.core.requests["fault:slow"] < 2:
        threads[0].join(0.01)
    assert requests.post(served.url, data=envelope(query("ARTERM", "NAME")), timeout=10).status_code == 429
    for thread in threads:
        thread.join()
    assert seen == [200, 200]


def test_half_a_request_is_no_harm(served):
    host, port = served.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"POST /ia/xml/xmlgw.phtml HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n<request>")
    assert requests.post(served.url, data=envelope("<getAPISession/>"), timeout=10).status_code == 200


def control(served, path, body=None, **query_args):
    url = f"{served.base}/_control/{path}"
    if body is None:
        return requests.get(url, params=query_args, timeout=10)
    return requests.post(url, json=body, timeout=10)


def test_control_moves_the_clock(served):
    assert control(served, "clock", {"now": "2026-02-01T10:00:00Z"}).json() == {"now": "2026-02-01T10:00:00+00:00"}
    assert control(served, "clock", {"advance_seconds": 60}).json() == {"now": "2026-02-01T10:01:00+00:00"}
    stamp = etree.fromstring(requests.post(served.url, data=envelope("<getAPISession/>"), timeout=10).content).findtext(
        ".//sessiontimestamp"
    )
    assert stamp == "2026-02-01T10:01:00+00:00"
    assert control(served, "clock", {"real": True}).json() != {"now": "2026-02-01T10:01:00+00:00"}


def test_control_shows_records_with_all_fields(served):
    records = control(served, "records/ARINVOICE", RECORDID="INV-1037").json()
    assert [(record["STATE"], record["TRX_TOTALDUE"]) for record in records] == [("Posted", "980")]
    assert len(control(served, "records/customer").json()) == 40
    assert control(served, "records/NOSUCH").status_code == 404


def test_control_has_a_user_do_things(served):
    made = control(served, "act", {"do": "receive_payment", "invoice_recordid": "INV-1037", "amount": "80"}).json()
    (record,) = control(served, "records/ARPYMT", RECORDNO=made["payment_key"]).json()
    assert (record["PAYMENTMETHOD"], record["TOTALENTERED"]) == ("Printed Check", "80")
    refused = control(served, "act", {"do": "receive_payment", "invoice_recordid": "INV-1037", "amount": "9999"})
    assert refused.status_code == 400
    assert "exceeds total amount due" in refused.json()["error"]["message"]


def test_control_counts_requests_and_resets(served):
    requests.post(served.url, data=envelope(invoice("C-1", "5")), timeout=10)
    counts = control(served, "requests", bodies=1).json()
    assert (counts["requests"], counts["functions"]) == (1, {"create_invoice": 1})
    assert "<password>***</password>" in counts["bodies"][0]
    assert control(served, "reset", {"seed": "empty"}).json() == {"reset": True}
    assert control(served, "requests").json()["requests"] == 0
    assert control(served, "records/CUSTOMER").json() == []


def test_control_plants_many_records(served):
    assert control(served, "plant", {"customers": 30, "invoices": 90}).json() == {"customers": 30, "invoices": 90}
    planted = control(served, "records/CUSTOMER", CUSTOMERID="PLT-000030").json()
    assert [record["NAME"] for record in planted] == ["Planted Customer 000030"]
    wire = Wire(over_http(served.url))
    where = "<like><field>RECORDID</field><value>PLT-%</value></like>"
    assert len(wire.rows("ARINVOICE", "RECORDID", where)) == 90
    assert control(served, "plant", {"customers": -1}).status_code == 400


def test_control_acts_in_order_entry(served):
    made = control(served, "act", {"do": "create_order", "customerid": "CLT-1001", "amount": "75"}).json()
    edited = control(served, "act", {"do": "edit_order", "docid": made["docid"], "amount": "90"}).json()
    assert edited["invoice_key"] != made["invoice_key"]
    (record,) = control(served, "records/ARINVOICE", RECORDNO=edited["invoice_key"]).json()
    assert record["TOTALDUE"] == "90"
    control(served, "act", {"do": "delete_order", "docid": made["docid"]})
    assert control(served, "records/SODOCUMENT", DOCID=made["docid"]).json() == []


def test_control_keeps_and_restores_a_snapshot(served):
    control(served, "snapshot", {"name": "before"})
    requests.post(served.url, data=envelope(invoice("C-1", "5")), timeout=10)
    control(served, "restore", {"name": "before"})
    assert control(served, "records/ARINVOICE", RECORDID="C-1").json() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", [{"when": "any", "what": "hiccup"}]),
        ("switches", {"colour": "red"}),
        ("reset", {"seed": "forest"}),
        ("act", {"do": "dance"}),
        ("clock", {"now": "soon"}),
        ("restore", {"name": "none"}),
    ],
)
def test_control_says_what_is_wrong(served, path, body):
    reply = control(served, path, body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]


def test_page_shows_what_arrives_newest_first(served):
    assert requests.post(served.url, data=envelope(invoice("PAGE-1", "1234.50")), timeout=10).status_code == 200
    reply = requests.get(served.base + "/", timeout=10)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    page = reply.text
    assert "Intacct sandbox: not the real Intacct" in page
    assert page.index("PAGE-1") < page.index("INV-1045")
    assert "1,234.50" in page
    assert "Pine &amp; Quarry Tools" in page
    assert page.count('<span class="mark">new</span>') == 1
    assert "<script" not in page


def test_several_companies_share_an_address_and_nothing_else():
    cores = [SandboxCore(company_id=company_id) for company_id in company_ids(3)]
    companies = Companies(cores)
    wire = Wire(lambda body: companies.of(body).handle(body))
    logins = [login(company=core.books.company_id) for core in cores]
    for place, auth in enumerate(logins):
        wire.do(invoice(f"C-{place}", "5"), auth=auth)
    for place, core in enumerate(cores):
        numbers = {row["RECORDID"] for row in core.books.store.rows("ARINVOICE")}
        assert numbers & {"C-0", "C-1", "C-2"} == {f"C-{place}"}
    session = wire.do("<getAPISession/>", auth=logins[2]).findtext("data/api/sessionid")
    assert companies.of(envelope(query("ARTERM", "NAME"), auth=f"<sessionid>{session}</sessionid>")) is cores[2]
    assert companies.of(b"<sessionid>nobody's</sessionid>") is cores[0]
    assert companies.named("") is cores[0]
    assert companies.named("NOBODY") is None
