"""Faults on request, and the three ways in which control ids may be kept."""

from __future__ import annotations

import threading
import time

import pytest
from lxml import etree

from intacct_sandbox.faults import WHATS, read_fault
from tests.unit.sandbox.sandbox_client import detail, envelope, equal, invoice, payment, query, texts


def posted(core, number="F-1"):
    return len(core.books.store.where("ARINVOICE", "RECORDID", number))


@pytest.mark.parametrize(
    ("what", "status", "executed", "holds"),
    [
        ("401", 401, 0, "XMLGW_JPP0002"),
        ("400", 400, 0, "GW-0011"),
        ("429", 429, 0, "GW-0010"),
        ("500", 500, 0, "Internal server error"),
        ("502_html", 502, 0, "cf-error-details"),
        ("503_html", 503, 0, "cf-error-details"),
        ("524_late", 524, 1, "cf-error-details"),
        ("slow", 200, 1, "success"),
        ("maintenance", 200, 0, "The Service is Temporarily Off-line"),
        ("try_again_later", 200, 0, "Please Try Again Later"),
        ("rate_limit_text", 200, 0, "API rate limit exceeded"),
        ("function_error", 200, 0, "Fault on request."),
        ("schema_error", 200, 0, "XL03000003"),
        ("dropped_before", 0, 0, ""),
        ("reply_lost", 0, 1, ""),
        ("truncated", 200, 1, "<response>"),
        ("cut_off", 200, 1, "success"),
        ("two_roots", 200, 1, "<response/>"),
    ],
)
def test_fault_hits_once_and_is_executed_or_not(core, what, status, executed, holds):
    core.faults.order([{"when": "create_invoice", "what": what}])
    assert core.handle(envelope(query("ARTERM", "NAME"))).status == 200
    reply = core.handle(envelope(invoice("F-1", "5")))
    assert reply.status == status
    assert holds in reply.body.decode()
    assert (reply.delivery == "drop") == (what in ("dropped_before", "reply_lost"))
    assert posted(core) == executed
    assert core.handle(envelope(invoice("F-2", "5"))).status == 200
    assert posted(core, "F-2") == 1


def test_every_fault_is_tried_above_or_below():
    marks = test_fault_hits_once_and_is_executed_or_not.pytestmark
    tried = {row[0] for mark in marks for row in mark.args[1]}
    assert tried | {"session_expired", "held_before", "held_after"} == WHATS


@pytest.mark.parametrize(("what", "executed"), [("held_before", 0), ("held_after", 1)])
def test_a_held_request_keeps_nobody_else_waiting_and_goes_on_when_it_is_let_go(core, what, executed):
    core.faults.order([{"when": "create_invoice", "what": what, "seconds": 30}])
    replies = []
    thread = threading.Thread(target=lambda: replies.append(core.handle(envelope(invoice("F-1", "5")))))
    thread.start()
    while not core.holds.shown():
        time.sleep(0.01)
    assert core.holds.shown() == [{"what": what, "functions": ["create_invoice"]}]
    assert posted(core) == executed
    assert core.handle(envelope(query("ARTERM", "NAME"))).status == 200
    with core.lock:
        assert core.holds.release() == 1
    thread.join(30)
    assert (replies[0].status, posted(core), core.holds.shown()) == (200, 1, [])


def test_a_held_request_goes_on_by_itself_after_its_time(core):
    core.faults.order([{"when": "create_invoice", "what": "held_before", "seconds": 0.01}])
    assert core.handle(envelope(invoice("F-1", "5"))).status == 200
    assert posted(core) == 1


@pytest.mark.parametrize("mode", ["received", "success", "ignored"])
def test_a_held_request_is_executed_when_it_is_let_go_whatever_control_ids_mean(core, mode):
    core.switch(uniqueid=mode)
    core.faults.order([{"when": "create_invoice", "what": "held_before", "seconds": 0.01}])
    core.handle(envelope(invoice("F-1", "5"), uniqueid="true"))
    assert posted(core) == 1


@pytest.mark.parametrize("what", ["truncated", "two_roots"])
def test_broken_replies_are_not_xml(core, what):
    core.faults.order([{"when": "any", "what": what}])
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(core.handle(envelope(query("ARTERM", "NAME"))).body)


def test_edge_refusals_show_only_a_status_in_control(core):
    core.faults.order([{"when": "any", "what": "429"}])
    root = etree.fromstring(core.handle(envelope(query("ARTERM", "NAME"))).body)
    assert [child.tag for child in root.find("control")] == ["status"]


def test_slow_reply_says_for_how_long(core):
    core.faults.order([{"when": "any", "what": "slow", "seconds": 7}])
    assert core.handle(envelope(query("ARTERM", "NAME"))).delay == 7


def test_fault_is_aimed_at_one_record(core, wire):
    core.faults.order(
        [
            {
                "when": {"function": "create_invoice", "invoiceno": "F-2"},
                "what": "function_error",
                "errorno": "X",
                "text": "No.",
            }
        ]
    )
    first, second = wire.results(invoice("F-1", "5"), invoice("F-2", "5"))
    assert first.findtext("status") == "success"
    assert (second.findtext(".//errorno"), texts(second)) == ("X", ["No."])


def test_fault_is_aimed_at_an_object_and_a_key(core, wire):
    key = wire.key(invoice("F-1", "5"))
    core.faults.order(
        [
            {"when": {"function": "query", "object": "ARPYMT"}, "what": "429"},
            {"when": {"function": "create", "object": "ARPYMT"}, "what": "500"},
            {"when": {"function": "delete_invoice", "key": key}, "what": "503_html"},
        ]
    )
    bodies = [
        (query("ARTERM", "NAME"), 200),
        (query("ARPYMT", "RECORDNO"), 429),
        (payment(detail(key, "1")), 500),
        ('<delete_invoice key="1"/>', 200),
        (f'<delete_invoice key="{key}"/>', 503),
    ]
    assert [core.handle(envelope(body)).status for body, _ in bodies] == [status for _, status in bodies]


def test_fault_can_skip_and_repeat(core):
    core.faults.order([{"when": {"function": "query", "skip": 1}, "what": "500", "times": 2}])
    seen = [core.handle(envelope(query("ARTERM", "NAME"))).status for _ in range(5)]
    assert seen == [200, 500, 500, 200, 200]
    core.faults.order([{"when": "any", "what": "500", "times": 0}])
    assert {core.handle(envelope(query("ARTERM", "NAME"))).status for _ in range(5)} == {500}
    core.faults.order([])
    assert core.handle(envelope(query("ARTERM", "NAME"))).status == 200


def test_textual_faults_show_at_the_level_asked_for(core, wire):
    core.faults.order([{"when": "any", "what": "maintenance", "level": "function"}])
    assert wire.refused(query("ARTERM", "NAME")) == ["The Service is Temporarily Off-line"]
    core.faults.order([{"when": "any", "what": "rate_limit_text", "level": "control"}])
    assert texts(wire.send(query("ARTERM", "NAME"))) == ["API rate limit exceeded"]


def test_unknown_fault_is_named():
    with pytest.raises(ValueError, match="hiccup"):
        read_fault({"when": "any", "what": "hiccup"})


def test_expired_session_stays_dead(core, wire):
    session = "<sessionid>{}</sessionid>".format(wire.do("<getAPISession/>").findtext("data/api/sessionid"))
    core.faults.order([{"when": "query", "what": "session_expired"}])
    for _ in range(2):
        assert texts(wire.send(query("ARTERM", "NAME"), auth=session))[0].startswith("Invalid session")
    wire.do(query("ARTERM", "NAME"))


def test_late_work_is_done_when_it_is_due(core, wire):
    core.faults.order([{"when": "create_invoice", "what": "524_late", "late_seconds": 30}])
    assert core.handle(envelope(invoice("F-1", "5"))).status == 524
    core.clock.advance(29)
    assert wire.rows("ARINVOICE", "RECORDNO", equal("RECORDID", "F-1")) == []
    core.clock.advance(31)
    (row,) = wire.rows("ARINVOICE", "AUWHENCREATED", equal("RECORDID", "F-1"))
    assert row["AUWHENCREATED"] == "01/14/2026 09:05:41"


def outcomes(core, wire, *functions):
    return [wire.results(body, ids=("REF-1",), uniqueid="true")[0].findtext("status") for body in functions]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("received", ["failure", "failure", "failure"]),
        ("success", ["failure", "success", "failure"]),
        ("ignored", ["failure", "success", "success"]),
    ],
)
def test_control_id_is_burnt_as_the_mode_says(core, wire, mode, expected):
    core.switch(uniqueid=mode)
    bad, good, other = invoice("U-1", "x"), invoice("U-1", "5"), invoice("U-2", "5")
    assert outcomes(core, wire, bad, good, other) == expected


def test_used_control_id_has_its_words(core, wire):
    outcomes(core, wire, invoice("U-1", "5"))
    (result,) = wire.results(invoice("U-2", "5"), ids=("REF-1",), uniqueid="True")
    assert "control id already used" in texts(result)[0]


def test_control_ids_may_repeat_where_uniqueness_is_not_asked_for(wire):
    for number in ("U-1", "U-2"):
        assert wire.results(invoice(number, "5"), ids=("REF-1",))[0].findtext("status") == "success"


def test_same_control_id_twice_in_one_request_runs_once(core, wire):
    found = wire.results(invoice("U-1", "5"), invoice("U-2", "5"), ids=("R", "R"), uniqueid="true")
    assert [result.findtext("status") for result in found] == ["success", "failure"]


def test_rolled_back_transaction_burns_ids_only_on_receipt(core, wire):
    for mode, again in (("success", "success"), ("received", "failure")):
        core.switch(uniqueid=mode)
        wire.results(
            invoice(f"{mode}-1", "5"),
            invoice(f"{mode}-2", "x"),
            ids=(f"{mode}a", f"{mode}b"),
            uniqueid="true",
            transaction="true",
        )
        (result,) = wire.results(invoice(f"{mode}-1", "5"), ids=(f"{mode}a",), uniqueid="true")
        assert result.findtext("status") == again


@pytest.mark.parametrize("mode", ["received", "success"])
def test_retry_beside_late_work_is_never_doubled(core, wire, mode):
    core.switch(uniqueid=mode)
    core.faults.order([{"when": "create", "what": "524_late", "late_seconds": 60}])
    key = wire.key(invoice("F-1", "100"))
    paid = payment(detail(key, "10"))
    core.handle(envelope(paid, ids=("PAY-1",), uniqueid="true"))
    core.handle(envelope(paid, ids=("PAY-1",), uniqueid="true"))
    core.clock.advance(120)
    assert [row["TOTALDUE"] for row in wire.rows("ARINVOICE", "TOTALDUE", equal("RECORDNO", key))] == ["90"]


def test_third_request_at_once_is_throttled(core):
    core.switch(throttle=True)
    assert core.handle(envelope(query("ARTERM", "NAME")), in_flight=2).status == 200
    assert core.handle(envelope(query("ARTERM", "NAME")), in_flight=3).status == 429


def test_many_threads_post_each_invoice_once(core, wire):
    def post(start):
        for number in range(start, start + 10):
            core.handle(envelope(invoice(f"T-{number}", "5")))

    threads = [threading.Thread(target=post, args=(start,)) for start in (0, 10, 20, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = wire.rows("ARINVOICE", "RECORDID", "<like><field>RECORDID</field><value>T-%</value></like>")
    assert sorted(row["RECORDID"] for row in rows) == sorted(f"T-{number}" for number in range(30))


def test_requests_are_counted_by_function(core, wire):
    wire.results(query("ARTERM", "NAME"), query("ARTERM", "NAME"), invoice("F-1", "5"))
    assert core.requests["all"] == 1
    assert dict(core.functions) == {"query": 2, "create_invoice": 1}
