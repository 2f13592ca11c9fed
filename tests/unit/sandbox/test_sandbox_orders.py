"""Order Entry: what its documents post to A/R, what an edit does to that, and how they are read."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.unit.sandbox.sandbox_client import (
    apply,
    day,
    detail,
    edit_order,
    envelope,
    equal,
    invoice,
    order,
    order_line,
    payment,
    query,
    read_by_query,
    reverse_invoice,
    reverse_payment,
    texts,
)

TOTALS = "TRX_TOTAL TOTALENTERED TOTALPAID TOTALDUE"
PANEL = ("PANEL", "2", "100")


def make(wire, *lines, **options):
    return wire.do(order(*(lines or (PANEL,)), **options)).findtext("key")


def document(wire, doc_id, fields=TOTALS):
    (row,) = wire.rows("SODOCUMENT", fields, equal("DOCID", doc_id))
    return list(row.values())


def invoice_key(wire, doc_id):
    return int(document(wire, doc_id, "PRRECORDKEY")[0])


def receivable(wire, key, fields="RECORDID STATE TOTALENTERED TOTALPAID TOTALDUE MODULEKEY"):
    (row,) = wire.rows("ARINVOICE", fields, equal("RECORDNO", key))
    return list(row.values())


def balance(wire, ident="CLT-1001"):
    (row,) = wire.rows("CUSTOMER", "TOTALDUE", equal("CUSTOMERID", ident))
    return float(row["TOTALDUE"])


def test_sales_invoice_posts_to_receivables_under_its_number(wire):
    owed = balance(wire)
    made = make(wire, PANEL, number="SI-9", subtotals=(("Sales Tax", "12"), ("Discount", "-20")))
    assert made == "Sales Invoice-SI-9"
    assert document(wire, made) == ["192", "192", "0", "192"]
    key = invoice_key(wire, made)
    assert receivable(wire, key) == ["SI-9", "Posted", "192", "0", "192", "8.SO"]
    lines = wire.rows("ARINVOICEITEM", "ACCOUNTNO AMOUNT LINEITEM ITEMID ENTRYDESCRIPTION", equal("RECORDKEY", key))
    assert [list(line.values()) for line in lines] == [
        ["4010", "200", "T", "PANEL", "Control panel"],
        ["2200", "12", "F", "", "Sales Tax"],
        ["4090", "-20", "F", "", "Discount"],
    ]
    assert balance(wire) == owed + 192


@pytest.mark.parametrize("type", ["Sales Order", "Proforma Invoice"])
def test_document_of_a_type_that_does_not_post_has_no_receivable(wire, type):
    owed = balance(wire)
    made = make(wire, type=type)
    assert document(wire, made, "PRRECORDKEY TRX_TOTAL TOTALDUE") == ["", "200", "200"]
    assert balance(wire) == owed


def test_documents_number_themselves_by_type(wire):
    first, second = make(wire), make(wire)
    assert (first, second) == ("Sales Invoice-SI-00410", "Sales Invoice-SI-00411")
    assert make(wire, type="Service Invoice") == "Service Invoice-SVC-00406"


def test_draft_posts_when_it_is_submitted(wire):
    made = make(wire, more="<state>Draft</state>")
    assert document(wire, made, "STATE PRRECORDKEY") == ["Draft", ""]
    wire.do(edit_order(made, "<state>Pending</state>"))
    assert receivable(wire, invoice_key(wire, made))[1:4] == ["Posted", "200", "0"]


def test_money_on_the_receivable_shows_on_the_document(wire):
    made = make(wire)
    paid = wire.do(payment(detail(invoice_key(wire, made), "80"))).findtext("data/arpymt/RECORDNO")
    assert document(wire, made) == ["200", "200", "80", "120"]
    wire.key(reverse_payment(int(paid)))
    assert document(wire, made) == ["200", "200", "0", "200"]


def test_edit_replaces_the_receivable_under_its_number(core, wire):
    made = make(wire, number="SI-9")
    old, owed = invoice_key(wire, made), balance(wire)
    core.clock.advance(60)
    wire.do(edit_order(made, order_line(1, "<quantity>3</quantity>")))
    new = invoice_key(wire, made)
    assert new != old
    assert wire.rows("ARINVOICE", "RECORDNO", equal("RECORDID", "SI-9")) == [{"RECORDNO": str(new)}]
    assert wire.rows("ARINVOICE", "RECORDNO", equal("RECORDNO", old)) == []
    assert document(wire, made) == ["300", "300", "0", "300"]
    assert balance(wire) == owed + 100
    (gone,) = wire.rows("AUDITHISTORY", "OBJECTTYPE ACCESSMODE", equal("OBJECTKEY", old))
    assert gone == {"OBJECTTYPE": "arinvoice", "ACCESSMODE": "D"}
    assert document(wire, made, "WHENMODIFIED") == ["01/14/2026 09:06:11"]


def test_edit_of_a_text_alone_replaces_the_receivable_too(wire):
    made = make(wire)
    old = invoice_key(wire, made)
    wire.do(edit_order(made, "<referenceno>PO 12</referenceno>"))
    assert invoice_key(wire, made) != old
    assert receivable(wire, invoice_key(wire, made), "DOCNUMBER TOTALDUE") == ["PO 12", "200"]


def test_edit_moves_the_money_to_the_new_receivable(wire):
    made = make(wire, PANEL, subtotals=(("Discount", "-20"),))
    old, owed = invoice_key(wire, made), balance(wire)
    inline = f"<INLINEKEY>{old}</INLINEKEY><TRX_INLINEAMOUNT>20</TRX_INLINEAMOUNT>"
    paid = int(wire.do(payment(detail(old, "50", inline))).findtext("data/arpymt/RECORDNO"))
    wire.do(edit_order(made, order_line(1, "<price>150</price>")))
    new = invoice_key(wire, made)
    assert receivable(wire, new, "STATE TOTALENTERED TOTALPAID TOTALDUE") == ["Partially Paid", "280", "50", "230"]
    assert document(wire, made) == ["280", "280", "50", "230"]
    rows = wire.rows("ARPYMTDETAIL", "RECORDKEY TRX_PAYMENTAMOUNT TRX_INLINEAMOUNT", equal("PARENTPAYMENTKEY", paid))
    assert [list(row.values()) for row in rows] == [[str(new), "50", ""], [str(new), "", "20"]]
    assert wire.rows("ARPYMTDETAIL", "RECORDNO", equal("RECORDKEY", old)) == []
    assert balance(wire) == owed - 50 + 100
    wire.key(reverse_payment(paid))
    assert document(wire, made) == ["280", "280", "0", "280"]


def test_edit_moves_a_credit_with_its_source(core, wire):
    made = make(wire)
    credit = core.act(do="issue_credit", customerid="CLT-1001", amount="40")["credit_key"]
    wire.key(apply(credit, (invoice_key(wire, made), "40")))
    core.act(do="edit_order", docid=made, amount="210")
    assert document(wire, made) == ["210", "210", "40", "170"]
    (row,) = wire.rows("ARADJUSTMENT", "TOTALDUE", equal("RECORDNO", credit))
    assert row == {"TOTALDUE": "0"}


def test_edit_below_what_is_paid_is_refused_whole(wire):
    made = make(wire)
    old = invoice_key(wire, made)
    wire.do(payment(detail(old, "150")))
    assert "less than the 150 paid on it" in wire.refused(edit_order(made, order_line(1, "<price>50</price>")))[0]
    assert invoice_key(wire, made) == old
    assert document(wire, made) == ["200", "200", "150", "50"]


def test_paid_document_is_not_edited_or_deleted(core, wire):
    made = make(wire)
    wire.do(payment(detail(invoice_key(wire, made), "200")))
    (result,) = wire.results(edit_order(made, "<message>late</message>"))
    assert result.findtext(".//errorno") == "BL03000215"
    assert "Cannot update a document that's paid" in texts(result)[0]
    assert "is already paid and can't be deleted" in wire.refused(f'<delete_sotransaction key="{made}"/>')[0]


def test_switch_refuses_edits_of_partly_paid_documents(core, wire):
    core.switch(order_edits_move_money=False)
    made = make(wire)
    wire.do(payment(detail(invoice_key(wire, made), "20")))
    assert "document that's paid" in wire.refused(edit_order(made, "<message>late</message>"))[0]


def test_closed_document_is_not_edited(core, wire):
    made = make(wire)
    core.act(do="close_order", docid=made)
    assert document(wire, made, "STATE CLOSED") == ["Closed", "T"]
    assert "document that's closed" in wire.refused(edit_order(made, "<message>late</message>"))[0]


def test_delete_takes_the_receivable_with_it(wire):
    owed = balance(wire)
    made = make(wire)
    key = invoice_key(wire, made)
    wire.do(f'<delete_sotransaction key="{made}"/>')
    assert wire.rows("SODOCUMENT", "RECORDNO", equal("DOCID", made)) == []
    assert wire.rows("ARINVOICE", "RECORDNO", equal("RECORDNO", key)) == []
    assert {row["OBJECTTYPE"] for row in wire.rows("AUDITHISTORY", "OBJECTTYPE")} == {"arinvoice", "sodocument"}
    assert balance(wire) == owed


def test_receivable_of_a_document_is_not_touched_in_receivables(wire):
    key = invoice_key(wire, make(wire))
    text = "was created in Order Entry"
    assert text in wire.refused(f'<delete_invoice key="{key}"/>')[0]
    assert text in wire.refused(reverse_invoice(key))[0]
    assert text in wire.refused(f'<update_invoice key="{key}"><description>x</description></update_invoice>')[0]


@pytest.mark.parametrize(
    ("sent", "phrase"),
    [
        (order(PANEL, type="Ghost Invoice"), "Invalid Transaction definition 'Ghost Invoice' specified."),
        (order(PANEL, type="Counter Invoice"), "is inactive"),
        (order(PANEL, customer="CLT-1040"), "is inactive"),
        (order(("NOPE", "1", "1")), "Invalid Item 'NOPE' specified."),
        (order(("PANEL", "lots", "1")), "The quantity 'lots' is invalid."),
        (order(PANEL, number="SI-00401"), "A transaction with the number 'SI-00401' already exists."),
        (order(PANEL, number="INV-1031"), "A transaction with the number 'INV-1031' already exists."),
        (order(PANEL, subtotals=(("Gift wrap", "3"),)), "The subtotal 'Gift wrap' is not defined for Sales Invoice."),
        (order(PANEL, line_more="<projectid>PRJ-10</projectid>"), "belongs to customer 'CLT-1007'"),
        (order(PANEL, more="<state>Tired</state>"), "The state 'Tired' is invalid."),
    ],
)
def test_document_that_does_not_fit_is_refused(wire, sent, phrase):
    before = len(wire.rows("SODOCUMENT", "RECORDNO"))
    found = wire.refused(sent)
    assert phrase in found[0]
    assert found[1].startswith("Could not create Order Entry Transaction record!")
    assert len(wire.rows("SODOCUMENT", "RECORDNO")) == before


def test_customer_on_hold_gets_no_document(wire):
    wire.do("<update><CUSTOMER><CUSTOMERID>CLT-1001</CUSTOMERID><ONHOLD>true</ONHOLD></CUSTOMER></update>")
    assert "is on hold" in wire.refused(order(PANEL))[0]
    wire.key(invoice("LP-1", "5"))


def test_elements_out_of_order_are_refused_when_strict(core, wire):
    core.switch(strict_order=True)
    made = make(wire, PANEL, subtotals=(("Sales Tax", "1"),), more="<referenceno>PO 1</referenceno>")
    assert made.startswith("Sales Invoice-")
    wrong = (
        order(PANEL)
        .replace("<documentno></documentno>", "")
        .replace("<customerid>", "<documentno>X-1</documentno><customerid>")
    )
    assert "This element is not expected after 'documentno'" in schema_errors(core, wrong)


def schema_errors(core, function):
    """The texts with which the whole request is refused."""
    return " ".join(texts(etree.fromstring(core.handle(envelope(function)).body)))


def test_empty_list_of_lines_is_a_schema_error(core):
    assert "Element 'sotransitems': Missing child element(s). Expected is ( sotransitem )." in schema_errors(
        core, order()
    )


def test_amount_of_a_line_may_differ_from_price_times_quantity(wire):
    (row,) = wire.rows("SODOCUMENTENTRY", "QUANTITY TRX_PRICE TRX_VALUE", equal("SODOCUMENT.DOCNO", "SVC-00402"))
    assert list(row.values()) == ["6.25", "160", "985"]


def test_read_shows_lines_counted_from_zero_and_subtotals(wire):
    made = make(wire, PANEL, ("VISIT", "1", "60"), subtotals=(("Freight", "9"),))
    (row,) = wire.rows("SODOCUMENT", "RECORDNO", equal("DOCID", made))
    read = f"<read><object>SODOCUMENT</object><keys>{row['RECORDNO']}</keys><fields>*</fields></read>"
    (found,) = wire.do(read).find("data")
    entries = found.findall("SODOCUMENTENTRIES/sodocumententry")
    assert [(entry.findtext("LINE_NO"), entry.findtext("ITEMID")) for entry in entries] == [
        ("0", "PANEL"),
        ("1", "VISIT"),
    ]
    assert found.findtext("SUBTOTALS/sodocumentsubtotals/TRX_TOTAL") == "9"
    assert found.findtext("TERM/NAME") == ""


def test_documents_are_read_by_their_name(wire):
    made = make(wire, more="<termname>Net 30</termname>")
    fields = "<fields>DOCNO,TERM.NAME,WHENDUE</fields>"
    read = f"<readByName><object>SODOCUMENT</object><keys>{made}</keys>{fields}</readByName>"
    (found,) = wire.do(read).find("data")
    assert (found.findtext("TERM/NAME"), found.findtext("WHENDUE")) == ("Net 30", "02/13/2026")


def test_state_is_shown_in_words_and_filtered_by_code_in_read_by_query(wire):
    rows = wire.do(read_by_query("SODOCUMENT", "STATE = 'D'", "DOCID,STATE")).find("data")
    assert [(row.findtext("DOCID"), row.findtext("STATE")) for row in rows] == [("Sales Invoice-SI-00408", "Closed")]
    assert wire.rows("SODOCUMENT", "DOCID", equal("STATE", "Closed")) == [{"DOCID": "Sales Invoice-SI-00408"}]


def test_query_reaches_the_receivable_and_the_customer(wire):
    fields = "ARINVOICE.RECORDNO ARINVOICE.TOTALDUE CUSTOMER.NAME CUSTVENDNAME"
    (row,) = wire.rows("SODOCUMENT", fields, equal("DOCNO", "SI-00402"))
    assert row["ARINVOICE.TOTALDUE"] == "518"
    assert row["ARINVOICE.RECORDNO"] != ""
    assert row["CUSTOMER.NAME"] == row["CUSTVENDNAME"] != ""


def test_custom_fields_of_a_type_come_with_its_docparid(core, wire):
    core.switch(custom_fields={"SODOCUMENT": ["SHOP"], "SODOCUMENT:Sales Invoice": ["ROUTE"]})
    custom = "<customfields><customfield><customfieldname>{}</customfieldname><customfieldvalue>R 7</customfieldvalue>"
    custom += "</customfield></customfields>"
    made = make(wire, more=custom.format("ROUTE"))
    assert (
        "does not exist on SODOCUMENT" in wire.refused(order(PANEL, type="Sales Order", more=custom.format("ROUTE")))[0]
    )
    assert wire.refused(query("SODOCUMENT", "ROUTE")) == ["Field requested is not valid: sodocument.ROUTE"]
    assert wire.rows("SODOCUMENT", "SHOP", equal("DOCID", made)) == [{"SHOP": ""}]
    with_type = query("SODOCUMENT", "ROUTE", equal("DOCID", made)).replace(
        "</object>", "</object><docparid>Sales Invoice</docparid>"
    )
    assert wire.do(with_type).findtext("data/SODOCUMENT/ROUTE") == "R 7"
    assert "Transaction definition" in wire.refused(with_type.replace("Sales Invoice", "No Such"))[0]
    text = read_by_query("SODOCUMENT", "", "*").replace(
        "</readByQuery>", "<docparid>Sales Invoice</docparid></readByQuery>"
    )
    assert wire.do(text).find("data")[0].find("ROUTE") is not None


def test_unknown_field_of_a_document_is_told_in_prose(wire):
    (result,) = wire.results("<read><object>SODOCUMENT</object><keys>1</keys><fields>NOPE</fields></read>")
    assert result.findtext(".//errorno").startswith("SODocumentManager: Could not find field information")


def test_definitions_tell_class_and_posting(wire):
    where = f"<and>{equal('DOCCLASS', 'Invoice')}{equal('STATUS', 'active')}</and>"
    rows = wire.rows("SODOCUMENTPARAMS", "DOCID UPDATES_GL", where)
    assert [list(row.values()) for row in rows] == [
        ["Sales Invoice", "Accounts Receivable"],
        ["Service Invoice", "Accounts Receivable"],
        ["Proforma Invoice", "No"],
    ]


def test_demo_holds_outstanding_documents_of_every_kind(wire):
    rows = wire.rows("SODOCUMENT", f"DOCPARID STATE PRRECORDKEY {TOTALS} BILLTO.CONTACTNAME")
    outstanding = [row for row in rows if row["PRRECORDKEY"] and float(row["TOTALDUE"]) > 0]
    assert len(outstanding) == 12
    assert any(float(row["TOTALPAID"]) > 0 for row in outstanding)
    assert any(row["STATE"] == "Closed" for row in rows)
    assert any(not row["PRRECORDKEY"] and row["DOCPARID"] == "Sales Invoice" for row in rows)
    assert len([row for row in rows if row["BILLTO.CONTACTNAME"] == "Regional Payables Office"]) == 2


def test_document_made_from_an_order_converts_it(wire):
    source = make(wire, type="Sales Order")
    sent = order(PANEL).replace("<customerid>", f"<createdfrom>{source}</createdfrom><customerid>")
    made = wire.do(sent).findtext("key")
    assert document(wire, made, "CREATEDFROM") == [source]
    assert document(wire, source, "STATE") == ["Converted"]
    assert "document that's converted" in wire.refused(edit_order(source, "<message>x</message>"))[0]


def test_update_adds_lines_and_changes_subtotals(wire):
    made = make(wire, PANEL, subtotals=(("Sales Tax", "12"),))
    added = "<sotransitem><itemid>VISIT</itemid><quantity>2</quantity></sotransitem>"
    tax = "<updatesubtotals><updatesubtotal><description>Sales Tax</description><total>30.60</total></updatesubtotal>"
    freight = "<updatesubtotal><description>Freight</description><total>5</total></updatesubtotal></updatesubtotals>"
    wire.do(edit_order(made, f"<updatesotransitems>{added}</updatesotransitems>{tax}{freight}"))
    assert document(wire, made)[0] == "545.6"
    assert "line number '9'" in wire.refused(edit_order(made, order_line(9, "<memo>x</memo>")))[0]


def test_closed_order_entry_leaves_receivables_open(core, wire):
    core.switch(closed_modules={"8.SO": "01/31/2026"})
    assert "Periods are closed." in wire.refused(order(PANEL))[0]
    wire.key(invoice("LP-1", "5"))
    core.switch(closed_modules={"4.AR": "01/31/2026"})
    assert make(wire)
    posted = order(PANEL).replace("<customerid>", f"<dateposted>{day('2025-12-31')}</dateposted><customerid>")
    core.switch(closed_modules={"8.SO": "12/31/2025"})
    assert "Your transaction date (12/31/2025)" in wire.refused(posted)[0]
