"""query, readByQuery, readMore, read and readByName: shapes, filters, paging."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.unit.sandbox.sandbox_client import (
    detail,
    envelope,
    equal,
    invoice,
    login,
    payment,
    query,
    read_by_query,
    texts,
)


def ids(wire, where, field="CUSTOMERID", name="CUSTOMER", **more):
    return [row[field] for row in wire.rows(name, field, where, **more)]


def by_text(wire, where, name="CUSTOMER", field="CUSTOMERID"):
    result = wire.do(read_by_query(name, where, field, size=1000))
    return [row.findtext(field) for row in result.find("data")]


def test_query_answers_upper_case_rows_with_fields_in_the_order_asked_for(wire):
    wire.key(invoice("LP-1", "850.00", term="Net 30"))
    fields = "RECORDID CUSTOMERID STATE WHENCREATED WHENDUE CURRENCY TRX_TOTALENTERED TRX_TOTALDUE MODULEKEY WHENPAID"
    data = wire.do(query("ARINVOICE", fields, equal("RECORDID", "LP-1"), private=True)).find("data")
    assert dict(data.attrib) == {
        "listtype": "ARINVOICE",
        "totalcount": "1",
        "offset": "0",
        "count": "1",
        "numremaining": "0",
    }
    (row,) = data
    assert row.tag == "ARINVOICE"
    assert [cell.tag for cell in row] == fields.split()
    assert [cell.text for cell in row] == [
        "LP-1",
        "CLT-1001",
        "Posted",
        "01/14/2026",
        "02/13/2026",
        "USD",
        "850",
        "850",
        "4.AR",
        None,
    ]


def test_query_pages_by_offset_and_counts_what_remains(wire):
    pages = [
        wire.do(query("CUSTOMER", "RECORDNO", order="RECORDNO", size=15, offset=at)).find("data") for at in (0, 15, 30)
    ]
    assert [(page.get("count"), page.get("numremaining"), page.get("totalcount")) for page in pages] == [
        ("15", "25", "40"),
        ("15", "10", "40"),
        ("10", "0", "40"),
    ]
    keys = [int(row.findtext("RECORDNO")) for page in pages for row in page]
    assert keys == sorted(set(keys))


def test_query_without_rows_is_an_empty_list(wire):
    data = wire.do(query("CUSTOMER", "NAME", equal("NAME", "nobody"))).find("data")
    assert (len(data), data.get("count"), data.get("totalcount")) == (0, "0", "0")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (equal("CUSTOMERID", "CLT-1003"), ["CLT-1003"]),
        (equal("STATUS", "inactive"), ["CLT-1040"]),
        (equal("STATUS", "F"), ["CLT-1040"]),
        ("<lessthan><field>RECORDNO</field><value>3</value></lessthan>", ["CLT-1001", "CLT-1002"]),
        ("<lessthanorequalto><field>RECORDNO</field><value>1</value></lessthanorequalto>", ["CLT-1001"]),
        ("<greaterthan><field>RECORDNO</field><value>39</value></greaterthan>", ["CLT-1040"]),
        ("<greaterthanorequalto><field>RECORDNO</field><value>40</value></greaterthanorequalto>", ["CLT-1040"]),
        ("<like><field>NAME</field><value>%Kettle%</value></like>", ["CLT-1005"]),
        ("<like><field>NAME</field><value>%kettle%</value></like>", []),
        (
            "<or><like><field>NAME</field><value>%Kettle%</value></like><like><field>NAME</field><value>%.%%</value>"
            "</like><like><field>CUSTOMERID</field><value>%-1007%</value></like></or>",
            ["CLT-1005", "CLT-1007"],
        ),
        ("<like><field>CUSTOMERID</field><value>CLT-100_</value></like>", [f"CLT-100{n}" for n in range(1, 10)]),
        (
            "<between><field>RECORDNO</field><value>5</value><value>6</value></between>",
            ["CLT-1005", "CLT-1006"],
        ),
        ("<in><field>CUSTOMERID</field><value>CLT-1009</value><value>x</value></in>", ["CLT-1009"]),
        ("<isnull><field>TERMNAME</field></isnull>", []),
        (
            f"<and>{equal('TERMNAME', 'Net 15')}<lessthan><field>RECORDNO</field><value>7</value></lessthan></and>",
            ["CLT-1002", "CLT-1006"],
        ),
        (
            f"<or>{equal('RECORDNO', 2)}<and>{equal('RECORDNO', 3)}{equal('NAME', 'x')}</and></or>",
            ["CLT-1002"],
        ),
        (equal("DISPLAYCONTACT.MAILADDRESS.CITY", "Denver"), ["CLT-1003"]),
    ],
)
def test_query_filters(wire, where, expected):
    assert ids(wire, where) == expected


def test_query_negations_leave_nulls_out(wire):
    wire.do("<create><CUSTOMER><CUSTOMERID>N-1</CUSTOMERID><NAME>No term</NAME></CUSTOMER></create>")
    not_in = "<notin><field>TERMNAME</field><value>Net 15</value><value>Net 30</value><value>Net 60</value></notin>"
    assert "N-1" not in ids(wire, not_in)
    assert len(ids(wire, not_in)) == 10
    assert "N-1" in ids(wire, "<isnull><field>TERMNAME</field></isnull>")
    assert "N-1" not in ids(wire, "<notequalto><field>TERMNAME</field><value>Net 15</value></notequalto>")
    assert len(ids(wire, "<notlike><field>NAME</field><value>%a%</value></notlike>")) < 41


def test_query_can_ignore_case(core):
    body = query("CUSTOMER", "CUSTOMERID", equal("NAME", "harbor LANE dental")).replace(
        "<pagesize>", "<options><caseinsensitive>true</caseinsensitive></options><pagesize>"
    )
    assert etree.fromstring(core.handle(envelope(body)).body).findtext(".//CUSTOMER/CUSTOMERID") == "CLT-1001"


def test_query_accepts_the_loose_filters_of_other_clients(core):
    one = f"<and>{equal('CUSTOMERID', 'CLT-1001')}</and>"
    two = equal("STATUS", "active") + equal("CUSTOMERID", "CLT-1002")
    for where, expected in ((one, "CLT-1001"), (two, "CLT-1002")):
        root = etree.fromstring(core.handle(envelope(query("CUSTOMER", "CUSTOMERID", where))).body)
        assert [node.text for node in root.iter("CUSTOMERID")] == [expected]


def test_query_sorts_by_any_column(wire):
    body = query("CUSTOMER", "NAME", order="NAME").replace("<ascending/>", "<descending/>")
    names = [row.findtext("NAME") for row in wire.do(body).find("data")]
    assert names == sorted(names, reverse=True)


def test_query_follows_relations_over_several_steps(wire):
    key = wire.key(invoice("LP-1", "10"))
    (row,) = wire.rows("ARINVOICEITEM", "ARINVOICE.RECORDID ARINVOICE.CUSTOMER.NAME", equal("RECORDKEY", key))
    assert row == {"ARINVOICE.RECORDID": "LP-1", "ARINVOICE.CUSTOMER.NAME": "Harbor Lane Dental"}


def test_query_refuses_what_it_cannot_answer(wire):
    assert wire.refused(query("CUSTOMER", "*")) == ["Field requested is not valid: customer.*"]
    assert wire.refused(query("CUSTOMER", "NAME SHOESIZE")) == ["Field requested is not valid: customer.SHOESIZE"]
    assert wire.refused(query("CUSTOMER", "ITEM.SIZE")) == [
        "The following fields cannot be queried: [ customer: [ITEM.SIZE] ]"
    ]
    assert wire.refused(query("PODOCUMENT", "DOCID")) == ["Object definition PODOCUMENT not found"]
    assert "Invalid value" in wire.refused(query("CUSTOMER", "NAME", equal("RECORDNO", "seven")))[0]


def test_unknown_field_of_query_has_its_code(wire):
    (result,) = wire.results(query("CUSTOMER", "SHOESIZE"))
    assert result.findtext(".//errorno") == "XL03000010"


def test_changes_are_found_by_stamp_in_the_users_time_zone(core, wire):
    wire.key(invoice("LP-1", "10"))
    where = "<greaterthanorequalto><field>WHENMODIFIED</field><value>{}</value></greaterthanorequalto>"
    assert ids(wire, where.format("01/14/2026 09:05:11"), "RECORDID", "ARINVOICE") == ["LP-1"]
    assert ids(wire, where.format("01/14/2026 09:05:12"), "RECORDID", "ARINVOICE") == []
    core.switch(user_offset="-08:00")
    assert ids(wire, where.format("01/14/2026 01:05:11"), "RECORDID", "ARINVOICE") == ["LP-1"]
    assert ids(wire, where.format("01/14/2026 01:05:12"), "RECORDID", "ARINVOICE") == []
    (row,) = wire.rows("ARINVOICE", "WHENMODIFIED AUWHENCREATED", equal("RECORDID", "LP-1"))
    assert row["WHENMODIFIED"] == "01/14/2026 01:05:11"


def test_never_modified_rows_can_have_no_stamp(core, wire):
    core.switch(null_whenmodified=["ARPYMTDETAIL"])
    key = wire.key(invoice("LP-1", "10"))
    wire.do(payment(detail(key, "10")))
    since = "<greaterthanorequalto><field>{}</field><value>01/14/2026 09:00:00</value></greaterthanorequalto>"
    by_change = since.format("WHENMODIFIED")
    either = f"<or>{by_change}<and><isnull><field>WHENMODIFIED</field></isnull>{since.format('WHENCREATED')}</and></or>"
    assert ids(wire, by_change, "RECORDKEY", "ARPYMTDETAIL") == []
    assert ids(wire, either, "RECORDKEY", "ARPYMTDETAIL") == [str(key)]


def test_read_by_query_answers_lower_case_rows_page_by_page(wire):
    session = "<sessionid>{}</sessionid>".format(wire.do("<getAPISession/>").findtext("data/api/sessionid"))
    fields = "RECORDNO,CUSTOMERID,NAME,DISPLAYCONTACT.EMAIL1,TERMNAME,STATUS,WHENMODIFIED"
    where = "STATUS = 'T' AND CUSTOMERID <= 'CLT-1002'"
    data = wire.do(read_by_query("CUSTOMER", where, fields, size=1), auth=session).find("data")
    result_id = data.get("resultId")
    assert list(data.attrib) == ["listtype", "count", "totalcount", "numremaining", "resultId"]
    assert [data.get(name) for name in ("listtype", "count", "totalcount", "numremaining")] == [
        "customer",
        "1",
        "2",
        "1",
    ]
    (row,) = data
    assert row.tag == "customer"
    assert [cell.tag for cell in row] == fields.split(",")
    assert row.findtext("DISPLAYCONTACT.EMAIL1") == "accounts@harborlanedental.example"
    assert row.findtext("STATUS") == "active"
    more = f"<readMore><resultId>{result_id}</resultId></readMore>"
    data = wire.do(more, auth=session).find("data")
    assert [data.get(name) for name in ("count", "totalcount", "numremaining", "resultId")] == [
        "1",
        "2",
        "0",
        result_id,
    ]
    assert data[0].findtext("NAME") == "Pine & Quarry Tools"
    assert "has no more records" in wire.refused(more, auth=session)[0]


def test_result_belongs_to_its_session(wire):
    session = "<sessionid>{}</sessionid>".format(wire.do("<getAPISession/>").findtext("data/api/sessionid"))
    data = wire.do(read_by_query("CUSTOMER", "", "NAME", size=10), auth=session).find("data")
    more = f"<readMore><resultId>{data.get('resultId')}</resultId></readMore>"
    assert wire.refused(more)
    assert wire.do("<readMore><object>CUSTOMER</object></readMore>", auth=session).find("data").get("count") == "10"


def test_empty_read_by_query_is_a_bare_list(wire):
    data = wire.do(read_by_query("DEPARTMENT", "TITLE = 'none'")).find("data")
    assert dict(data.attrib) == {
        "listtype": "department",
        "count": "0",
        "totalcount": "0",
        "numremaining": "0",
        "resultId": "",
    }


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("CUSTOMERID = 'CLT-1001'", ["CLT-1001"]),
        ("STATUS = 'F'", ["CLT-1040"]),
        ("STATUS = 'inactive'", []),
        ("NAME like '%Kettle%'", ["CLT-1005"]),
        ("NAME LIKE '%kettle%'", []),
        ("CUSTOMERID in ('CLT-1002', 'CLT-1003')", ["CLT-1002", "CLT-1003"]),
        ("RECORDNO < 3 AND NOT (CUSTOMERID = 'CLT-1001')", ["CLT-1002"]),
        ("RECORDNO <= 2 and CUSTOMERID not in ('CLT-1001')", ["CLT-1002"]),
        ("(RECORDNO = 1 OR RECORDNO = 2) AND TERMNAME = 'Net 15'", ["CLT-1002"]),
        ("RECORDNO = 1 OR RECORDNO = 2 AND TERMNAME = 'none'", ["CLT-1001"]),
        ("TERMNAME IS NULL", []),
        ("RECORDNO > 39 AND TERMNAME IS NOT NULL", ["CLT-1040"]),
        ("RECORDNO > 39 AND NAME not like 'Z%'", ["CLT-1040"]),
        ("RECORDNO = 9 AND NAME <> 'x'", ["CLT-1009"]),
        ("WHENMODIFIED >= '01/01/2030 00:00:00'", []),
    ],
)
def test_read_by_query_conditions(wire, where, expected):
    assert by_text(wire, where) == expected


def test_quotes_are_escaped_with_a_backslash(wire):
    wire.do("<create><CUSTOMER><CUSTOMERID>Q-1</CUSTOMERID><NAME>Jane's Deli</NAME></CUSTOMER></create>")
    assert by_text(wire, r"NAME = 'Jane\'s Deli'") == ["Q-1"]


def test_states_are_compared_by_stored_code(wire):
    stored = by_text(wire, "STATE = 'A'", "ARINVOICE", "STATE")
    assert {"Posted", "Partially Paid", "Paid"} == set(stored)
    assert by_text(wire, "STATE = 'Paid'", "ARINVOICE", "STATE") == []
    assert set(ids(wire, equal("STATE", "Paid"), "STATE", "ARINVOICE")) == {"Paid"}


@pytest.mark.parametrize("where", ["REGION_CODE = 1", "DISPLAYCONTACT.EMAIL1 = 'x'"])
def test_unknown_or_related_field_in_the_condition_stays_unnamed(wire, where):
    (result,) = wire.results(read_by_query("CUSTOMER", where))
    assert result.findtext(".//errorno") == "DL02000001"


@pytest.mark.parametrize("where", ["NAME =", "NAME = 'x' AND", "(NAME = 'x'", "NAME 'x'", "NAME = 'x' NAME"])
def test_condition_that_cannot_be_read_is_refused(wire, where):
    assert wire.refused(read_by_query("CUSTOMER", where))


def test_unknown_field_of_read_by_query_has_intaccts_words(wire):
    (result,) = wire.results(read_by_query("ARINVOICE", "RECORDNO = 5012", "RECORDNO,RECORDID,REGION_CODE"))
    error = result.find("errormessage/error")
    assert [child.text for child in error] == [
        "DL02000001",
        "Error",
        "There was an error processing the request.",
        None,
    ]


def test_custom_field_is_known_once_the_company_has_it(core, wire):
    core.switch(custom_fields={"ARINVOICE": ["REGION_CODE"]})
    sent = invoice("LP-1", "10").replace(
        "<invoiceitems>",
        "<customfields><customfield><customfieldname>REGION_CODE</customfieldname>"
        "<customfieldvalue>N</customfieldvalue></customfield></customfields><invoiceitems>",
    )
    wire.key(sent)
    assert by_text(wire, "RECORDID = 'LP-1'", "ARINVOICE", "REGION_CODE") == ["N"]


def test_unknown_object_has_intaccts_words(wire):
    (result,) = wire.results(read_by_query("BADOBJECT", ""))
    assert result.findtext(".//errorno") == "Query Failed"
    assert texts(result) == ["Object definition BADOBJECT not found"]


def test_page_size_of_read_by_query_is_bounded(wire):
    assert wire.refused(read_by_query("CUSTOMER", "", size=1001))
    assert wire.refused(read_by_query("CUSTOMER", "", size=0))


def test_read_nests_groups_and_lines_and_leaves_missing_keys_out(wire):
    key = wire.key(invoice("LP-1", "10", "5"))
    data = wire.do(f"<read><object>ARINVOICE</object><keys>{key},999999</keys><fields>*</fields></read>").find("data")
    assert (data.get("listtype"), data.get("count")) == ("ARINVOICE", "1")
    (row,) = data
    assert row.findtext("BILLTO/MAILADDRESS/CITY") == "Portland"
    lines = row.findall("ARINVOICEITEMS/arinvoiceitem")
    assert [line.findtext("TRX_AMOUNT") for line in lines] == ["10", "5"]
    assert [line.findtext("LINE_NO") for line in lines] == ["1", "2"]


def test_read_of_a_missing_key_is_an_empty_success(wire):
    data = wire.do("<read><object>ARPYMT</object><keys>999999</keys></read>").find("data")
    assert dict(data.attrib) == {"listtype": "ARPYMT", "count": "0"}


def test_read_puts_an_unknown_field_into_the_error_number(wire):
    (result,) = wire.results("<read><object>CUSTOMER</object><keys>1</keys><fields>NAME,FOO</fields></read>")
    assert result.findtext(".//errorno") == "Invalid fields list FOO"


def test_read_by_name_finds_by_id(wire):
    data = wire.do("<readByName><object>CUSTOMER</object><keys>CLT-1001,none</keys></readByName>").find("data")
    assert data.get("count") == "1"
    assert data[0].findtext("DISPLAYCONTACT/PRINTAS") == "Harbor Lane Dental"


def test_entity_sees_its_own_and_shared_records(wire):
    wire.key(invoice("W-1", "10"), auth=login(entity="200-WEST"))
    wire.key(invoice("T-1", "10"))
    where = "<in><field>RECORDID</field><value>W-1</value><value>T-1</value></in>"
    assert ids(wire, where, "RECORDID", "ARINVOICE") == ["T-1"]
    assert ids(wire, where, "RECORDID", "ARINVOICE", private=True) == ["W-1", "T-1"]

    def seen_from(entity):
        result = wire.do(query("ARINVOICE", "RECORDID", where), auth=login(entity=entity))
        return [row.findtext("RECORDID") for row in result.find("data")]

    assert seen_from("200-WEST") == ["W-1", "T-1"]
    assert seen_from("100-US") == ["T-1"]


def test_deletion_shows_in_the_audit_history(wire):
    key = wire.key(invoice("LP-1", "10"))
    wire.key(f'<delete_invoice key="{key}"/>')
    assert wire.rows("ARINVOICE", "RECORDNO", equal("RECORDNO", key)) == []
    (row,) = wire.rows("AUDITHISTORY", "OBJECTTYPE OBJECTKEY ACCESSMODE USERID", equal("OBJECTKEY", key))
    assert row == {"OBJECTTYPE": "arinvoice", "OBJECTKEY": str(key), "ACCESSMODE": "D", "USERID": "xml_portal"}
