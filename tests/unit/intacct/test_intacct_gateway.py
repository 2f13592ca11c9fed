"""The gateway's promise: reads are patient, writes leave once, and every reply is judged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from zeep import Client

from portal.intacct.binding import GatewayBinding
from portal.intacct.departure import clock
from portal.intacct.errors import (
    Action,
    BadReply,
    ConnectFailed,
    Duplicate,
    IntacctError,
    NoReply,
    TooLate,
)
from portal.intacct.gateway import Call, Session
from portal.intacct.queries import Query
from portal.intacct.schema import BINDING, document
from tests import sage_schema
from tests.unit.intacct.fake_gateway import (
    CLUSTER,
    Http,
    control_failure,
    echo,
    failed,
    gateway,
    read_call,
    results,
    rows,
    signed_in,
    success,
    write_call,
)

HTML = Http("<html>down</html>", 500, "text/html")


def test_zeep_uses_our_binding():
    assert type(Client(document()).wsdl.bindings[BINDING]) is GatewayBinding


FAULTS = [
    (HTML, BadReply),
    (Http("gone", 524, "text/html"), BadReply),
    (Http("", 200), BadReply),
    (Http("<response><control><status>succ", 200), BadReply),
    (Http("<other/>", 200), BadReply),
    (Http("<response><control><status>success</status></control></response>", 200), BadReply),
    (Http("moved", 307, "text/html"), BadReply),
    (requests.ReadTimeout("slow"), NoReply),
    (requests.ConnectionError("dropped"), NoReply),
    (requests.exceptions.ChunkedEncodingError("cut"), NoReply),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_write_that_meets_a_fault_is_sent_once_and_its_outcome_is_unknown(fault, kind):
    line, script = gateway(fault, session=Session("s", CLUSTER))
    with pytest.raises(kind) as caught:
        line.write([write_call()])
    assert len(script.sent) == 1
    assert caught.value.executed == "unknown"
    assert caught.value.action is Action.UNKNOWN_OUTCOME


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_read_that_meets_a_fault_may_be_tried_later(fault, kind):
    line, _ = gateway(fault, session=Session("s", CLUSTER))
    with pytest.raises(kind) as caught:
        line.read([read_call()])
    assert caught.value.action is Action.RETRY_LATER


def test_connection_that_never_opened_ran_nothing():
    line, _ = gateway(requests.ConnectTimeout("no route"), session=Session("s", CLUSTER))
    with pytest.raises(ConnectFailed) as caught:
        line.write([write_call()])
    assert caught.value.executed == "no"


def test_redirect_is_not_followed():
    line, script = gateway(Http("", 308, "text/html"), session=Session("s", CLUSTER))
    with pytest.raises(BadReply):
        line.write([write_call()])
    assert script.urls == [CLUSTER]


def test_write_does_not_leave_after_its_moment():
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    with pytest.raises(TooLate) as caught:
        line.write([write_call()], leave_before=clock() - 1)
    assert caught.value.executed == "no"
    assert script.sent == []
    assert line.write([write_call()], leave_before=clock() + 60)["w-1"].error is None


def test_write_asks_for_unique_control_ids_and_no_transaction():
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    line.write([write_call("REF-1.3")])
    assert script.sent[0].find("control/uniqueid").text == "true"
    assert script.sent[0].find("operation").get("transaction") == "false"
    assert script.sent[0].find(".//function").get("controlid") == "REF-1.3"


def test_read_does_not_ask_for_unique_control_ids():
    line, script = gateway(echo(lambda i: rows(i)), session=Session("s", CLUSTER))
    line.read([read_call()])
    assert script.sent[0].find("control/uniqueid").text == "false"


def test_one_function_of_two_fails_and_the_other_counts():
    answer = results(
        failed("b", ("BL01001973", "A transaction with the number 'I-2' already exists.")),
        success("a", "<key>5013</key>"),
    )
    line, _ = gateway(answer, session=Session("s", CLUSTER))
    written = line.write([write_call("a"), write_call("b")])
    assert written["a"].key == "5013"
    assert isinstance(written["b"].error, Duplicate)
    assert written["b"].error.executed == "refused"


def test_call_without_a_result_is_unknown():
    line, _ = gateway(results(success("a")), session=Session("s", CLUSTER))
    written = line.write([write_call("a"), write_call("b")])
    assert written["a"].error is None
    assert isinstance(written["b"].error, NoReply)
    assert written["b"].error.executed == "unknown"


def test_result_without_a_status_is_unknown():
    answer = results("<result><function>create</function><controlid>w-1</controlid></result>")
    line, _ = gateway(answer, session=Session("s", CLUSTER))
    assert line.write([write_call()])["w-1"].error.executed == "unknown"


def test_two_results_for_one_write_are_unknown():
    answer = results(success("w-1", "<key>1</key>"), success("w-1", "<key>2</key>"))
    line, _ = gateway(answer, session=Session("s", CLUSTER))
    assert line.write([write_call()])["w-1"].error.executed == "unknown"


def test_read_without_a_result_for_each_call_is_a_bad_reply():
    line, _ = gateway(results(rows("a")), session=Session("s", CLUSTER))
    with pytest.raises(BadReply):
        line.read([read_call("a"), read_call("b")])


def test_read_results_come_in_the_order_of_the_calls():
    line, _ = gateway(results(rows("b"), rows("a")), session=Session("s", CLUSTER))
    assert [result.control_id for result in line.read([read_call("a"), read_call("b")])] == ["a", "b"]


def test_calls_that_share_a_control_id_are_not_sent():
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    with pytest.raises(ValueError, match="control id"):
        line.write([write_call("a"), write_call("a")])
    assert script.sent == []


def test_body_is_sent_as_frozen():
    body = (
        '<reverse_invoice key="5"><datereversed><year>2026</year><month>1</month><day>4</day></datereversed>\n'
        "<description>a &lt;b&gt; &#13; é</description></reverse_invoice>"
    )
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    line.write([Call("w", body)])
    sent = script.sent[0].find(".//reverse_invoice")
    assert sent.find("description").text == "a <b> \r é"
    assert sent.get("key") == "5"


def test_body_that_is_not_xml_is_not_sent():
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    for body in ("<a>", "", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'):
        with pytest.raises(ValueError, match="body of w"):
            line.write([Call("w", body)])
    assert script.sent == []


def test_create_names_the_record_that_it_made():
    made = '<data listtype="objects" count="1"><arpymt><RECORDNO>5014</RECORDNO></arpymt></data>'
    line, _ = gateway(results(success("w-1", made)), session=Session("s", CLUSTER))
    assert line.write([write_call()])["w-1"].key == "5014"


def test_rows_are_flat_and_null_is_empty():
    record = (
        "<CUSTOMER><RECORDNO>1</RECORDNO><DISPLAYCONTACT><EMAIL1>a@b.example</EMAIL1><MAILADDRESS><CITY/>"
        "</MAILADDRESS></DISPLAYCONTACT><DISPLAYCONTACT.PHONE1>5</DISPLAYCONTACT.PHONE1><NAME></NAME></CUSTOMER>"
    )
    line, _ = gateway(results(rows("r-1", record)), session=Session("s", CLUSTER))
    (row,) = line.read([read_call()])[0].rows()
    assert row == {
        "RECORDNO": "1",
        "DISPLAYCONTACT.EMAIL1": "a@b.example",
        "DISPLAYCONTACT.MAILADDRESS.CITY": "",
        "DISPLAYCONTACT.PHONE1": "5",
        "NAME": "",
    }


def test_empty_result_has_counts_and_no_rows():
    line, _ = gateway(results(rows("r-1", total=0)), session=Session("s", CLUSTER))
    (result,) = line.read([read_call()])
    assert (result.totalcount, result.count, result.numremaining, list(result.rows())) == (0, 0, 0, [])


def test_blank_counts_are_none():
    data = '<data listtype="x" count="" totalcount="many" numremaining=""/>'
    line, _ = gateway(results(success("r-1", data, "query")), session=Session("s", CLUSTER))
    (result,) = line.read([read_call()])
    assert (result.totalcount, result.count, result.numremaining, result.result_id) == (None, None, None, "")


def test_clock_is_the_newest_stamp_in_utc():
    newer = results(rows("r-1"), now="2026-01-14T02:10:00-08:00", until="2026-01-14T14:10:00-08:00")
    line, _ = gateway(signed_in(), newer, results(rows("r-1")))
    assert line.clock is None
    line.read([read_call()])
    line.read([read_call()])
    assert line.clock == datetime(2026, 1, 14, 10, 10, tzinfo=UTC)


def test_envelope_without_stamps_is_tolerated():
    line, _ = gateway(results(rows("r-1"), now="", until=""), session=Session("s", CLUSTER))
    line.read([read_call()])
    assert line.clock is None


def record(number: int) -> str:
    return f"<CUSTOMER><RECORDNO>{number}</RECORDNO></CUSTOMER>"


def test_query_pages_by_record_number():
    line, script = gateway(
        echo(lambda i: rows(i, record(3), record(7), total=3, remaining=1)),
        echo(lambda i: rows(i, record(9), total=1)),
        session=Session("s", CLUSTER),
    )
    pages = list(line.query(Query("CUSTOMER", ("RECORDNO",), page_size=2)))
    assert [page.last_recordno for page in pages] == [7, 9]
    assert [page.total for page in pages] == [3, 3]
    assert script.sent[0].find(".//filter") is None
    assert script.sent[1].findtext(".//greaterthan/value") == "7"
    assert len(script.sent) == 2


def test_query_without_rows_gives_one_empty_page():
    line, _ = gateway(echo(lambda i: rows(i, total=0)), session=Session("s", CLUSTER))
    (page,) = line.query(Query("CUSTOMER", ("RECORDNO",), after_recordno=12))
    assert (page.rows, page.total, page.last_recordno) == ([], 0, 12)


@pytest.mark.parametrize("numbers", [(7, 3), (3, 3), (0,)])
def test_query_whose_rows_are_out_of_order_is_refused(numbers):
    line, _ = gateway(echo(lambda i: rows(i, *map(record, numbers), remaining=5)), session=Session("s", CLUSTER))
    with pytest.raises(BadReply):
        list(line.query(Query("CUSTOMER", ("RECORDNO",))))


def test_failed_query_raises_its_error():
    answer = echo(lambda i: failed(i, ("DL02000001", "There was an error processing the request.")))
    line, _ = gateway(answer, session=Session("s", CLUSTER))
    with pytest.raises(IntacctError) as caught:
        list(line.query(Query("CUSTOMER", ("NOPE",))))
    assert caught.value.code == "DL02000001"


DTD = '<!DOCTYPE response [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
BOMB = '<!DOCTYPE response [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("prologue", [DTD, BOMB, '<!DOCTYPE response SYSTEM "http://evil.example/x.dtd">'])
def test_reply_with_a_document_type_is_refused(prologue):
    good = str(results(success("w-1", "<key>&x;</key>" if "&x" in prologue else "<key>1</key>")).body)
    line, _ = gateway(Http(good.replace("<response>", prologue + "<response>")), session=Session("s", CLUSTER))
    with pytest.raises(BadReply) as caught:
        line.write([write_call()])
    assert caught.value.executed == "unknown"


def test_control_failure_of_a_write_ran_nothing():
    line, _ = gateway(control_failure("XL03000003", "XML Parse schema error"), session=Session("s", CLUSTER))
    with pytest.raises(IntacctError) as caught:
        line.write([write_call()])
    assert (caught.value.executed, caught.value.level) == ("no", "control")


@pytest.mark.skipif(sage_schema.load() is None, reason=sage_schema.ABSENT)
def test_the_schema_check_of_these_tests_can_fail():
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    with pytest.raises(AssertionError, match="Sage's schema refuses"):
        line.write([Call("w", "<create_invoice><customerid>C</customerid></create_invoice>")])
    assert script.sent == []
