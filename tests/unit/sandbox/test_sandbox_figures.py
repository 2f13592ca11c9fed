"""Figures over rows, return formats, keyset pages, and planting many records."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

from lxml import etree

from tests.unit.sandbox.sandbox_client import envelope, equal, invoice, query, read_by_query


def figures(inside, name="ARINVOICE", where="", more=""):
    found = f"<filter>{where}</filter>" if where else ""
    return f"<query><select>{inside}</select><object>{name}</object>{found}{more}</query>"


def test_figures_over_all_rows_come_as_one_row(wire):
    for number, amount in (("F-1", "10"), ("F-2", "20.50"), ("F-3", "0.50")):
        wire.key(invoice(number, amount, customer="CLT-1039"))
    asked = "".join(f"<{name}>TOTALDUE</{name}>" for name in ("count", "sum", "min", "max", "avg"))
    data = wire.do(figures(asked + "<max>WHENCREATED</max>", where=equal("CUSTOMERID", "CLT-1039"))).find("data")
    assert data.get("totalcount") == "1"
    assert {cell.tag: cell.text for cell in data[0]} == {
        "COUNT.TOTALDUE": "3",
        "SUM.TOTALDUE": "31",
        "MIN.TOTALDUE": "0.5",
        "MAX.TOTALDUE": "20.5",
        "AVG.TOTALDUE": "10.33",
        "MAX.WHENCREATED": "01/14/2026",
    }


def test_plain_fields_beside_figures_group_the_rows(wire):
    rows = wire.do(figures("<field>MODULEKEY</field><count>RECORDNO</count>")).find("data")
    assert {row.findtext("MODULEKEY"): row.findtext("COUNT.RECORDNO") for row in rows} == {"4.AR": "15", "8.SO": "13"}


def test_sums_of_groups_add_up_to_the_sum_of_all(wire):
    groups = wire.do(figures("<field>CUSTOMERID</field><sum>TOTALDUE</sum>")).find("data")
    whole = wire.do(figures("<sum>TOTALDUE</sum>")).findtext("data/ARINVOICE/SUM.TOTALDUE")
    assert sum(Decimal(row.findtext("SUM.TOTALDUE")) for row in groups) == Decimal(whole)


def test_figures_over_nothing_are_a_count_of_none(wire):
    (row,) = wire.do(figures("<count>RECORDNO</count><sum>TOTALDUE</sum>", where=equal("RECORDID", "NONE"))).find(
        "data"
    )
    assert [cell.text for cell in row] == ["0", None]
    assert (
        len(
            wire.do(figures("<field>STATE</field><count>RECORDNO</count>", where=equal("RECORDID", "NONE"))).find(
                "data"
            )
        )
        == 0
    )


def test_sum_of_a_text_and_figure_of_an_unknown_field_are_refused(wire):
    assert "sum cannot be used with the field STATE" in wire.refused(figures("<sum>STATE</sum>"))[0]
    assert wire.refused(figures("<sum>SHOESIZE</sum>")) == ["Field requested is not valid: arinvoice.SHOESIZE"]


def bare(core, function):
    reply = core.handle(envelope(function))
    return reply.content_type, reply.body.decode()


def test_json_is_a_bare_list_of_flat_objects_of_texts(core):
    where = equal("RECORDID", "INV-1037")
    form = "<options><returnformat>json</returnformat></options>"
    kind, body = bare(
        core, figures("<field>RECORDID</field><field>TOTALDUE</field><field>WHENPAID</field>", where=where, more=form)
    )
    assert kind == "application/json"
    assert json.loads(body) == [{"RECORDID": "INV-1037", "TOTALDUE": "980", "WHENPAID": ""}]


def test_csv_has_a_header_and_quotes_what_needs_it(core, wire):
    wire.do('<update><CUSTOMER><CUSTOMERID>CLT-1001</CUSTOMERID><COMMENTS>a, "b"</COMMENTS></CUSTOMER></update>')
    sent = read_by_query("CUSTOMER", "CUSTOMERID = 'CLT-1001'", "CUSTOMERID,COMMENTS")
    kind, body = bare(core, sent.replace("</readByQuery>", "<returnFormat>csv</returnFormat></readByQuery>"))
    assert kind.startswith("text/csv")
    assert list(csv.reader(io.StringIO(body))) == [["CUSTOMERID", "COMMENTS"], ["CLT-1001", 'a, "b"']]


def test_json_among_other_functions_stands_inside_its_data(core):
    form = "<options><returnformat>json</returnformat></options>"
    first = figures("<field>RECORDID</field>", where=equal("RECORDID", "INV-1037"), more=form)
    reply = etree.fromstring(core.handle(envelope(first, "<getFinancialSetup/>")).body)
    assert json.loads(reply.findtext("operation/result/data")) == [{"RECORDID": "INV-1037"}]


def test_errors_of_a_json_query_come_as_xml(core):
    form = "<options><returnformat>json</returnformat></options>"
    kind, body = bare(core, figures("<field>SHOESIZE</field>", more=form))
    assert kind.startswith("text/xml")
    assert "Field requested is not valid" in body


def test_unknown_return_format_is_refused(core):
    sent = read_by_query("CUSTOMER", "", "NAME").replace(
        "</readByQuery>", "<returnFormat>pdf</returnFormat></readByQuery>"
    )
    assert "The return format 'pdf' is invalid." in bare(core, sent)[1]


def after(last, extra=""):
    bound = f"<greaterthan><field>RECORDNO</field><value>{last}</value></greaterthan>"
    return f"<and>{bound}{extra}</and>" if extra else bound


def read_all(wire, name, extra="", size=7):
    found, last = [], 0
    while True:
        data = wire.do(query(name, "RECORDNO", after(last, extra), "RECORDNO", size)).find("data")
        found += [int(row.findtext("RECORDNO")) for row in data]
        if data.get("numremaining") == "0":
            return found
        last = found[-1]


def test_keyset_pages_hold_every_row_once(wire):
    everything = [int(row["RECORDNO"]) for row in wire.rows("ARINVOICE", "RECORDNO")]
    assert read_all(wire, "ARINVOICE") == everything
    due = "<greaterthan><field>TOTALDUE</field><value>0</value></greaterthan>"
    open_ones = [int(row["RECORDNO"]) for row in wire.rows("ARINVOICE", "RECORDNO", due)]
    assert read_all(wire, "ARINVOICE", due) == open_ones


def test_page_that_follows_a_write_shows_it(core, wire):
    first = wire.do(query("ARINVOICE", "RECORDNO", after(5000), "RECORDNO", 5)).find("data")
    wire.key(invoice("NEW-1", "5"))
    second = wire.do(query("ARINVOICE", "RECORDNO", after(5000), "RECORDNO", 5)).find("data")
    assert int(second.get("totalcount")) == int(first.get("totalcount")) + 1
    key = int(second[0].findtext("RECORDNO"))
    core.act(do="edit_invoice", invoice_key=key, fields={"RECORDID": "CHANGED"})
    where = after(0, equal("RECORDID", "CHANGED"))
    assert [row["RECORDNO"] for row in wire.rows("ARINVOICE", "RECORDNO", where)] == [str(key)]


def test_rolled_back_work_does_not_linger_in_kept_pages(core, wire):
    count = len(wire.rows("ARINVOICE", "RECORDNO", after(0)))
    core.handle(envelope(invoice("T-1", "5"), query("ARINVOICE", "RECORDNO", after(0)), "<dance/>", transaction="true"))
    assert len(wire.rows("ARINVOICE", "RECORDNO", after(0))) == count
