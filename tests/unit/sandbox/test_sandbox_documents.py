"""Customers, contacts, invoices and adjustments: what is kept, what is refused, and in which words."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.sandbox_client import (
    apply,
    day,
    detail,
    equal,
    invoice,
    login,
    payment,
    reverse_invoice,
    reverse_payment,
    texts,
)


def customer(ident="N-1", name="New One", more=""):
    return (
        f"<create><CUSTOMER><CUSTOMERID>{ident}</CUSTOMERID><NAME>{name}</NAME><DISPLAYCONTACT>"
        f"<PRINTAS>{name}</PRINTAS><EMAIL1>ap@new.example</EMAIL1><MAILADDRESS><CITY>Salem</CITY></MAILADDRESS>"
        f"</DISPLAYCONTACT>{more}</CUSTOMER></create>"
    )


def header(wire, key, fields, name="ARINVOICE"):
    (row,) = wire.rows(name, fields, equal("RECORDNO", key))
    return list(row.values())


def balance(wire, ident="CLT-1001"):
    (row,) = wire.rows("CUSTOMER", "TOTALDUE", equal("CUSTOMERID", ident))
    return float(row["TOTALDUE"])


def test_customer_comes_with_its_display_contact(wire):
    data = wire.do(customer()).find("data")
    assert dict(data.attrib) == {"listtype": "objects", "count": "1"}
    assert [child.tag for child in data[0]] == ["RECORDNO", "CUSTOMERID"]
    assert data[0].tag == "customer"
    (row,) = wire.rows(
        "CUSTOMER",
        "NAME STATUS ENTITY TOTALDUE DISPLAYCONTACT.CONTACTNAME DISPLAYCONTACT.EMAIL1 DISPLAYCONTACT.MAILADDRESS.CITY",
        equal("CUSTOMERID", "N-1"),
    )
    assert list(row.values()) == ["New One", "active", "CN-1", "0", "New One(CN-1)", "ap@new.example", "Salem"]


def test_object_names_are_taken_in_any_case(wire):
    wire.do("<create><customer><customerid>N-2</customerid><name>Lower</name></customer></create>")
    assert wire.rows("CUSTOMER", "NAME", equal("CUSTOMERID", "N-2")) == [{"NAME": "Lower"}]


def test_same_customer_id_twice_is_refused_with_its_wrapper(wire):
    wire.do(customer())
    (result,) = wire.results(customer(name="Other"))
    assert [error.findtext("errorno") for error in result.iter("error")] == ["BL34000061", "BL01001973"]
    assert texts(result)[1].startswith("Could not create Customer record! [Support ID:")
    assert dict(result.find("data").attrib) == {"listtype": "objects", "count": "0"}


def test_same_customer_name_twice_is_fine(wire):
    wire.do(customer("N-1"))
    wire.do(customer("N-2"))
    assert len(wire.rows("CUSTOMER", "RECORDNO", equal("NAME", "New One"))) == 2


def test_contact_name_is_used_once(wire):
    contact = "<create><CONTACT><CONTACTNAME>Ann</CONTACTNAME><PRINTAS>Ann A</PRINTAS></CONTACT></create>"
    wire.do(contact)
    assert "already exists" in wire.refused(contact)[0]


def test_create_of_several_objects_keeps_those_before_the_bad_one(wire):
    several = customer("N-1").replace("</create>", customer("N-1", "Twice").removeprefix("<create>"))
    (result,) = wire.results(several)
    assert result.findtext("status") == "failure"
    data = result.find("data")
    assert (data.get("count"), data[0].findtext("CUSTOMERID")) == ("1", "N-1")
    assert len(wire.rows("CUSTOMER", "NAME", equal("CUSTOMERID", "N-1"))) == 1


@pytest.mark.parametrize(
    ("sent", "phrase"),
    [
        (customer("X" * 21), "customer ID is too long"),
        (customer(name="N" * 101), "customer name is too long"),
        (customer(name=""), "Provide a name"),
        (customer(""), "Provide a customer ID"),
        (customer(more="<TERMNAME>Net 99</TERMNAME>"), "Invalid Term 'Net 99' specified."),
        (customer().replace("ap@new.example", "nonsense"), "Primary Email Address"),
    ],
)
def test_customer_that_does_not_fit_is_refused(wire, sent, phrase):
    assert phrase in wire.refused(sent)[0]
    assert wire.rows("CONTACT", "RECORDNO", equal("PRINTAS", "New One")) == []


def test_customers_are_numbered_when_the_company_does_so(core, wire):
    core.switch(auto_customer_ids=True)
    assert wire.do(customer("")).findtext("data/customer/CUSTOMERID") == "CUST-00001"


def test_update_changes_only_what_was_sent_and_empties_clear(wire):
    wire.do(customer(more="<TERMNAME>Net 30</TERMNAME><COMMENTS>old</COMMENTS>"))
    wire.do(
        "<update><CUSTOMER><CUSTOMERID>N-1</CUSTOMERID><COMMENTS/><DISPLAYCONTACT><EMAIL1>b@new.example</EMAIL1>"
        "</DISPLAYCONTACT></CUSTOMER></update>"
    )
    (row,) = wire.rows("CUSTOMER", "NAME TERMNAME COMMENTS DISPLAYCONTACT.EMAIL1", equal("CUSTOMERID", "N-1"))
    assert list(row.values()) == ["New One", "Net 30", "", "b@new.example"]


def test_update_of_nobody_is_refused(wire):
    (result,) = wire.results("<update><CUSTOMER><RECORDNO>9999</RECORDNO><NAME>x</NAME></CUSTOMER></update>")
    assert result.findtext(".//errorno") == "DL03000005"
    assert texts(result)[0] == "No record exits for the recordkey 9999"


def test_top_level_customer_is_not_changed_from_an_entity(wire):
    update = "<update><CUSTOMER><CUSTOMERID>CLT-1001</CUSTOMERID><NAME>x</NAME></CUSTOMER></update>"
    assert "root level customer" in wire.refused(update, auth=login(entity="100-US"))[0]


def test_delete_takes_record_numbers_and_spares_customers_with_transactions(wire):
    key = wire.do(customer()).findtext("data/customer/RECORDNO")
    result = wire.do(f"<delete><object>CUSTOMER</object><keys>{key}</keys></delete>")
    assert result.find("data") is None
    assert "has transactions" in wire.refused("<delete><object>CUSTOMER</object><keys>1</keys></delete>")[0]
    assert wire.refused("<delete><object>CUSTOMER</object><keys>x</keys></delete>") == [
        "Cannot find customer with key 'x' to delete."
    ]


def test_legacy_customer_is_the_same_customer(wire):
    wire.key(
        "<create_customer><customerid>L-1</customerid><name>Legacy</name><contactinfo><contact>"
        "<contactname>Someone</contactname><printas>Legacy Inc</printas><email1>l@legacy.example</email1>"
        "<mailaddress><city>Bath</city><isocountrycode>US</isocountrycode></mailaddress></contact></contactinfo>"
        "</create_customer>"
    )
    (row,) = wire.rows("CUSTOMER", "DISPLAYCONTACT.EMAIL1 DISPLAYCONTACT.MAILADDRESS.CITY", equal("CUSTOMERID", "L-1"))
    assert list(row.values()) == ["l@legacy.example", "Bath"]


def test_invoice_answers_its_key_and_adds_up(wire):
    before = balance(wire)
    result = wire.do(invoice("LP-1", "120.00", "0.55", "-20.10", term="Net 30"), ids=("ci-1",))
    assert [child.tag for child in result] == ["status", "function", "controlid", "key"]
    key = int(result.findtext("key"))
    fields = "STATE RAWSTATE RECORDTYPE TOTALENTERED TOTALDUE TOTALPAID WHENDUE WHENPAID DESCRIPTION CUSTOMERNAME"
    assert header(wire, key, fields) == [
        "Posted",
        "A",
        "ri",
        "100.45",
        "100.45",
        "0",
        "02/13/2026",
        "",
        "x",
        "Harbor Lane Dental",
    ]
    assert balance(wire) == pytest.approx(before + 100.45)


def test_duplicate_number_has_intaccts_words(wire):
    wire.key(invoice("LP-1", "5"))
    (result,) = wire.results(invoice("LP-1", "7", customer="CLT-1002"))
    first, second = result.findall("errormessage/error")
    assert first.findtext("description2") == "A transaction with the number 'LP-1' already exists."
    assert first.findtext("errorno") == "BL01001973"
    assert second.findtext("description2").startswith("Could not create Invoice record!")
    assert result.find("key") is None


@pytest.mark.parametrize(
    ("sent", "phrase"),
    [
        (invoice("A", "5", customer="NOBODY"), "Invalid Customer 'NOBODY' specified."),
        (invoice("A", "5", customer="CLT-1040"), "inactive"),
        (invoice("A", "5", account="9999"), "Invalid GL account '9999' specified."),
        (invoice("A", "5", more="<locationid>900</locationid>"), "Invalid Location '900' specified."),
        (invoice("A", "5", more="<departmentid>900</departmentid>"), "Invalid Department '900' specified."),
        (invoice("A", "5", term="Net 7"), "Invalid Term 'Net 7' specified."),
        (invoice("A", "5", currency="EUR"), "Enable foreign-currency transactions, and try again."),
        (invoice("N" * 46, "5"), "invoice number is too long"),
        (invoice("A", "5", description="d" * 1001), "description is too long"),
        (invoice("A", "five"), "line amount 'five' is invalid"),
        (invoice("A", "5.001"), "more than two decimal places"),
        (invoice("A", "5", date="2026-02-30"), "The transaction date '02/30/2026' is invalid."),
        (invoice("A", "5").replace("<glaccountno>4000</glaccountno>", "<glaccountno/>"), "Enter an account number"),
    ],
)
def test_invoice_that_does_not_fit_is_refused(core, wire, sent, phrase):
    before = core.snapshot()["tables"]
    assert phrase in wire.refused(sent)[0]
    assert core.snapshot()["tables"] == before


def test_base_currency_may_be_named(wire):
    assert header(wire, wire.key(invoice("A", "5", currency="USD")), "CURRENCY BASECURR") == ["USD", "USD"]


def test_foreign_currency_is_kept_beside_base(core, wire):
    core.switch(multi_currency=True)
    key = wire.key(invoice("A", "100", currency="EUR"))
    fields = "CURRENCY TRX_TOTALENTERED TOTALENTERED TRX_TOTALDUE TOTALDUE"
    assert header(wire, key, fields) == ["EUR", "100", "110", "100", "110"]


def test_required_dimension_is_asked_for(core, wire):
    core.act(do="edit", object="GLACCOUNT", id="4000", fields={"REQUIRELOC": "true"})
    assert "location is required" in wire.refused(invoice("A", "5"))[0]
    wire.key(invoice("A", "5", more="<locationid>100</locationid>"))


def test_closed_period_is_refused(core, wire):
    core.switch(closed_through="01/31/2026")
    assert "Periods are closed." in wire.refused(invoice("A", "5"))[0]
    wire.key(invoice("A", "5", date="2026-02-01"))


def test_user_specified_summaries_want_a_key(core, wire):
    core.switch(user_summaries=["payments", "invoices"])
    assert "batch key" in wire.refused(invoice("A", "5"))[0]
    key = wire.key(invoice("A", "5", batch="7"))
    first, second = wire.refused(payment(detail(key, "5")))
    assert first == "Please provide a payment batch key."
    assert second.startswith("Could not create Payment record!")


def test_draft_owes_nothing_and_cannot_be_paid(wire):
    before = balance(wire)
    key = wire.key(invoice("D-1", "50", action="Draft"))
    assert header(wire, key, "STATE RAWSTATE") == ["Draft", "D"]
    assert balance(wire) == before
    assert "Draft" in wire.refused(payment(detail(key, "5")))[0]
    assert "already exists" in wire.refused(invoice("D-1", "1"))[0]
    wire.key(f'<update_invoice key="{key}"><action>Submit</action></update_invoice>')
    assert header(wire, key, "STATE TOTALDUE") == ["Posted", "50"]
    assert balance(wire) == before + 50


def test_update_changes_header_and_lines(wire):
    before = balance(wire)
    key = wire.key(invoice("LP-1", "100", "20"))
    wire.key(
        f'<update_invoice key="{key}"><datedue>{day("2026-03-01")}</datedue><invoiceno>LP-9</invoiceno>'
        "<description>new</description><updateinvoiceitems><lineitem><glaccountno>4010</glaccountno>"
        '<amount>7.50</amount></lineitem><updatelineitem line_num="2"><amount>30</amount></updatelineitem>'
        "</updateinvoiceitems></update_invoice>"
    )
    assert header(wire, key, "RECORDID DESCRIPTION WHENDUE TOTALENTERED TOTALDUE") == [
        "LP-9",
        "new",
        "03/01/2026",
        "137.5",
        "137.5",
    ]
    lines = wire.rows("ARINVOICEITEM", "LINE_NO ACCOUNTNO AMOUNT ENTRYDESCRIPTION", equal("RECORDKEY", key))
    assert [list(line.values()) for line in lines] == [
        ["1", "4000", "100", "line"],
        ["2", "4000", "30", "line"],
        ["3", "4010", "7.5", ""],
    ]
    assert balance(wire) == pytest.approx(before + 137.5)


def test_update_to_a_number_in_use_is_refused(wire):
    wire.key(invoice("LP-1", "5"))
    key = wire.key(invoice("LP-2", "5"))
    assert (
        "already exists" in wire.refused(f'<update_invoice key="{key}"><invoiceno>LP-1</invoiceno></update_invoice>')[0]
    )


def test_paid_invoice_is_neither_changed_nor_taken_back(wire):
    key = wire.key(invoice("LP-1", "100"))
    wire.do(payment(detail(key, "40")))
    (result,) = wire.results(f'<update_invoice key="{key}"><description>x</description></update_invoice>')
    assert result.findtext(".//errorno") == "BL03000215"
    assert "already paid" in wire.refused(reverse_invoice(key))[0]
    assert "already paid and can't be deleted" in wire.refused(f'<delete_invoice key="{key}"/>')[0]


def test_reversed_invoice_is_a_pair_that_owes_nothing_and_keeps_its_number(wire):
    before = balance(wire)
    key = wire.key(invoice("LP-1", "100"))
    wire.key(reverse_invoice(key))
    assert header(wire, key, "RECORDID STATE RAWSTATE TOTALENTERED TOTALDUE") == ["LP-1", "Reversed", "V", "100", "0"]
    (counter,) = wire.rows("ARINVOICE", "RECORDID STATE TOTALENTERED TOTALDUE", equal("PARENTINVOICEKEY", key))
    assert list(counter.values()) == ["Reversal of LP-1", "Reversed", "-100", "0"]
    assert balance(wire) == before
    assert "already exists" in wire.refused(invoice("LP-1", "1"))[0]
    assert "Reversed" in wire.refused(reverse_invoice(key))[0]


def test_missing_key_has_intaccts_words(wire):
    assert wire.refused(reverse_invoice(999999)) == ["No record exits for the recordkey 999999"]


def test_every_ar_transaction_is_numbered_from_one_sequence(wire):
    first = wire.key(invoice("LP-1", "100"))
    paid = int(wire.do(payment(detail(first, "40"))).findtext("data/arpymt/RECORDNO"))
    assert (paid, wire.key(invoice("LP-2", "1"))) == (first + 1, first + 2)


def credit(amount="-20.00", number="CM-1"):
    return (
        f"<create_aradjustment><customerid>CLT-1001</customerid><datecreated>{day('2026-01-15')}</datecreated>"
        f"<adjustmentno>{number}</adjustmentno><invoiceno>LP-1</invoiceno><aradjustmentitems><lineitem>"
        f"<glaccountno>4090</glaccountno><amount>{amount}</amount></lineitem></aradjustmentitems></create_aradjustment>"
    )


def test_credit_memo_is_applied_and_used_up(wire):
    before = balance(wire)
    key = wire.key(invoice("LP-1", "120"))
    memo = wire.key(credit())
    assert balance(wire) == before + 100
    application = wire.key(apply(memo, (key, "20.00")))
    assert header(wire, key, "STATE TOTALPAID TOTALDUE") == ["Partially Paid", "20", "100"]
    assert header(wire, memo, "RECORDID DOCNUMBER TOTALENTERED TOTALDUE STATE", "ARADJUSTMENT") == [
        "CM-1",
        "LP-1",
        "-20",
        "0",
        "Paid",
    ]
    (row,) = wire.rows(
        "ARPYMTDETAIL",
        "ADJUSTMENTKEY TRX_ADJUSTMENTAMOUNT TRX_PAYMENTAMOUNT PARENTPAYMENTKEY",
        equal("RECORDKEY", key),
    )
    assert list(row.values()) == [str(memo), "20", "", str(application)]
    assert "exceeds the credit available" in wire.refused(apply(memo, (key, "1")))[0]
    wire.key(reverse_payment(application))
    assert header(wire, key, "STATE TOTALDUE") == ["Posted", "120"]
    assert header(wire, memo, "TOTALDUE", "ARADJUSTMENT") == ["-20"]
    wire.key(f'<delete_aradjustment key="{memo}"/>')
    assert balance(wire) == before + 120


def test_used_credit_memo_cannot_be_deleted(wire):
    key, memo = wire.key(invoice("LP-1", "120")), wire.key(credit())
    wire.key(apply(memo, (key, "5.00")))
    assert "can't be deleted" in wire.refused(f'<delete_aradjustment key="{memo}"/>')[0]
