"""What a company demands or hides: closed periods, dimensions, entities, inline credits, advances, audit history."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.sandbox_client import (
    apply,
    day,
    detail,
    equal,
    invoice,
    login,
    order,
    payment,
    query,
    reverse_invoice,
    reverse_payment,
)

EAST, WEST = login(entity="100-US"), login(entity="200-WEST")


def header(wire, key, fields, name="ARINVOICE"):
    (row,) = wire.rows(name, fields, equal("RECORDNO", key))
    return list(row.values())


@pytest.mark.parametrize(
    ("switch", "refused"),
    [
        ({"closed_through": "01/14/2026"}, True),
        ({"closed_through": "01/13/2026"}, False),
        ({"closed_modules": {"4.AR": "01/31/2026"}}, True),
        ({"closed_modules": {"8.SO": "01/31/2026"}}, False),
        ({"closed_periods": ["01/14/2026-01/14/2026"]}, True),
        ({"closed_periods": ["01/01/2026-01/13/2026", "01/15/2026-01/31/2026"]}, False),
    ],
)
def test_posting_into_a_closed_period_is_refused(core, wire, switch, refused):
    core.switch(**switch)
    sent = invoice("LP-1", "5", date="2026-01-14")
    if refused:
        assert "Periods are closed. Your transaction date (01/14/2026)" in wire.refused(sent)[0]
    else:
        wire.key(sent)


def test_closed_periods_hold_back_payments_reversals_and_deletions(core, wire):
    key = wire.key(invoice("LP-1", "100"))
    other = wire.key(invoice("LP-2", "100"))
    paid = int(wire.do(payment(detail(key, "10"))).findtext("data/arpymt/RECORDNO"))
    core.switch(closed_through="01/31/2026")
    for function in (payment(detail(key, "10")), reverse_payment(paid), reverse_invoice(other)):
        assert "Periods are closed." in wire.refused(function)[0]
    assert "Periods are closed." in wire.refused(f'<delete_invoice key="{other}"/>')[0]
    core.switch(closed_through="")
    wire.key(reverse_payment(paid))


def test_switch_refuses_dates_that_cannot_be_read(core):
    with pytest.raises(ValueError, match="not a date"):
        core.switch(closed_modules={"4.AR": "soon"})
    with pytest.raises(ValueError, match="ends before it begins"):
        core.switch(closed_periods=["02/01/2026-01/01/2026"])


@pytest.mark.parametrize(
    ("flag", "noun", "given"),
    [
        ("REQUIRELOC", "A location", "<locationid>100</locationid>"),
        ("REQUIREDEPT", "A department", "<departmentid>200</departmentid>"),
        ("REQUIREPROJECT", "A project", "<projectid>PRJ-20</projectid>"),
        ("REQUIREVENDOR", "A vendor", "<vendorid>V-1</vendorid>"),
        ("REQUIREEMPLOYEE", "An employee", "<employeeid>E-1</employeeid>"),
        ("REQUIREITEM", "An item", "<itemid>VISIT</itemid>"),
        ("REQUIRECLASS", "A class", "<classid>TRADE</classid>"),
    ],
)
def test_account_demands_its_dimension_on_every_line(core, wire, flag, noun, given):
    core.act(do="edit", object="GLACCOUNT", id="4000", fields={flag: "true"})
    assert f"{noun} is required for account 4000 on line item 1." in wire.refused(invoice("LP-1", "5"))[0]
    wire.key(invoice("LP-1", "5", more=given))
    wire.key(invoice("LP-2", "5", account="4010"))


def test_account_demands_its_dimension_on_order_lines_too(core, wire):
    core.act(do="edit", object="GLACCOUNT", id="4010", fields={"REQUIRECLASS": "true"})
    panel = ("PANEL", "1", "10")
    assert "A class is required for account 4010 on line item 1." in wire.refused(order(panel))[0]
    wire.do(order(panel, line_more="<classid>TRADE</classid>"))


def test_account_that_demands_a_customer_has_the_invoices_own(core, wire):
    core.act(do="edit", object="GLACCOUNT", id="4000", fields={"REQUIRECUSTOMER": "true"})
    wire.key(invoice("LP-1", "5"))


def test_dimensions_are_found_and_shown(wire):
    key = wire.key(
        invoice("LP-1", "5", customer="CLT-1007", more="<projectid>PRJ-10</projectid><classid>TRADE</classid>")
    )
    (line,) = wire.rows("ARINVOICEITEM", "PROJECTID PROJECTNAME CLASSNAME", equal("RECORDKEY", key))
    assert list(line.values()) == ["PRJ-10", "Plant refit", "Trade"]
    assert (
        wire.refused(invoice("LP-2", "5", more="<projectid>10064</projectid>"))[0]
        == "Invalid Project '10064' specified."
    )
    assert (
        "belongs to customer 'CLT-1007'" in wire.refused(invoice("LP-2", "5", more="<projectid>PRJ-10</projectid>"))[0]
    )


def inline(key, amount, entry=""):
    line = f"<INLINEENTRYKEY>{entry}</INLINEENTRYKEY>" if entry else ""
    return f"<INLINEKEY>{key}</INLINEKEY>{line}<TRX_INLINEAMOUNT>{amount}</TRX_INLINEAMOUNT>"


def test_discount_of_twenty_and_a_hundred_paid_end_at_nothing_due_and_no_line_open(wire):
    key = wire.key(invoice("LP-1", "120", "-20"))
    wire.do(payment(detail(key, "100", inline(key, "20"))))
    assert header(wire, key, "STATE TOTALENTERED TOTALPAID TOTALDUE") == ["Paid", "100", "100", "0"]
    lines = wire.rows("ARINVOICEITEM", "AMOUNT TOTALPAID", equal("RECORDKEY", key))
    assert [list(line.values()) for line in lines] == [["120", "120"], ["-20", "-20"]]


def test_inline_credit_is_applied_whole_or_not_at_all(core, wire):
    key = wire.key(invoice("LP-1", "120", "-20"))
    assert "can only be applied whole (20)" in wire.refused(payment(detail(key, "50", inline(key, "10"))))[0]
    wire.do(payment(detail(key, "30", inline(key, "20"))))
    assert header(wire, key, "TOTALPAID TOTALDUE") == ["30", "70"]
    wire.do(payment(detail(key, "70")))
    assert header(wire, key, "STATE TOTALDUE") == ["Paid", "0"]
    core.switch(inline_whole=False)
    other = wire.key(invoice("LP-2", "120", "-20"))
    wire.do(payment(detail(other, "50", inline(other, "10"))))


def test_inline_credits_of_single_lines_are_named(wire):
    key = wire.key(invoice("LP-1", "120", "-20", "-5"))
    lines = wire.rows("ARINVOICEITEM", "RECORDNO AMOUNT", equal("RECORDKEY", key))
    small = next(line["RECORDNO"] for line in lines if line["AMOUNT"] == "-5")
    assert "can only be applied whole (5)" in wire.refused(payment(detail(key, "10", inline(key, "25", small))))[0]
    wire.do(payment(detail(key, "10", inline(key, "5", small))))
    paid = wire.rows("ARINVOICEITEM", "TOTALPAID", equal("RECORDKEY", key))
    assert [line["TOTALPAID"] for line in paid] == ["15", "0", "-5"]


def test_entity_session_sees_its_own_and_shared_records_with_their_lines(wire):
    shared, east, west = (
        wire.key(invoice("S-1", "5")),
        wire.key(invoice("E-1", "5"), auth=EAST),
        wire.key(invoice("W-1", "5"), auth=WEST),
    )

    def seen(name, field, **options):
        asked = f"<in><field>{field}</field>{''.join(f'<value>{key}</value>' for key in (shared, east, west))}</in>"
        result = wire.do(query(name, field, asked, private=options.pop("private", False)), **options)
        return [int(row.findtext(field)) for row in result.find("data")]

    for name, field in (("ARINVOICE", "RECORDNO"), ("ARINVOICEITEM", "RECORDKEY")):
        assert seen(name, field) == [shared]
        assert seen(name, field, private=True) == [shared, east, west]
        assert seen(name, field, auth=EAST) == [shared, east]
        assert seen(name, field, auth=EAST, private=True) == [shared, east]


def test_entity_session_cannot_pay_name_or_use_what_it_does_not_see(wire):
    west = wire.key(invoice("W-1", "5"), auth=WEST)
    assert "can't find this transaction" in wire.refused(payment(detail(west, "5")), auth=EAST)[0]
    assert "No record exits" in wire.refused(reverse_invoice(west), auth=EAST)[0]
    read = f"<read><object>ARINVOICE</object><keys>{west}</keys><fields>RECORDNO</fields></read>"
    assert len(wire.do(read, auth=EAST).find("data")) == 0
    made = "<create><CUSTOMER><CUSTOMERID>W-9</CUSTOMERID><NAME>Western</NAME></CUSTOMER></create>"
    wire.do(made, auth=WEST)
    assert wire.refused(invoice("E-1", "5", customer="W-9"), auth=EAST)[0] == "Invalid Customer 'W-9' specified."
    place = "<locationid>210</locationid>"
    assert wire.refused(invoice("E-2", "5", more=place), auth=EAST)[0] == "Invalid Location '210' specified."
    wire.key(invoice("W-2", "5", customer="W-9", more=place), auth=WEST)


def test_entity_session_lists_its_own_locations(wire):
    names = [row.findtext("LOCATIONID") for row in wire.do(query("LOCATION", "LOCATIONID"), auth=WEST).find("data")]
    assert names == ["200-WEST", "210"]
    assert len(wire.rows("LOCATION", "LOCATIONID")) == 5


def test_credit_of_one_entity_does_not_pay_the_invoice_of_another(wire):
    west = wire.key(invoice("W-1", "50"), auth=WEST)
    line = "<lineitem><glaccountno>4099</glaccountno><amount>-20</amount></lineitem>"
    credit = wire.key(
        f"<create_aradjustment><customerid>CLT-1001</customerid><datecreated>{day('2026-01-14')}</datecreated>"
        f"<aradjustmentitems>{line}</aradjustmentitems></create_aradjustment>",
        auth=EAST,
    )
    (result,) = wire.results(apply(credit, (west, "20")))
    assert result.findtext(".//errorno") == "BL03002073"


def advance(amount="100", more="", account="2400"):
    return (
        "<create><ARADVANCE><CUSTOMERID>CLT-1001</CUSTOMERID><PAYMENTMETHOD>EFT</PAYMENTMETHOD>"
        "<PAYMENTDATE>01/14/2026</PAYMENTDATE><RECEIPTDATE>01/14/2026</RECEIPTDATE>"
        f"<FINANCIALENTITY>CHK-01</FINANCIALENTITY>{more}<ARADVANCEITEMS><ARADVANCEITEM><ACCOUNTNO>{account}</ACCOUNTNO>"
        f"<TRX_AMOUNT>{amount}</TRX_AMOUNT></ARADVANCEITEM></ARADVANCEITEMS></ARADVANCE></create>"
    )


def made(wire, function, tag="aradvance"):
    return int(wire.do(function).findtext(f"data/{tag}/RECORDNO"))


def test_advance_waits_until_it_is_applied(wire):
    key = made(wire, advance())
    fields = "RECORDTYPE STATE TOTALENTERED TOTALPAID TOTALDUE"
    assert header(wire, key, fields, "ARADVANCE") == ["rr", "C", "100", "0", "100"]
    first, second = wire.key(invoice("LP-1", "60")), wire.key(invoice("LP-2", "60"))
    use = f"<ADVANCEKEY>{key}</ADVANCEKEY><TRX_POSTEDADVANCEAMOUNT>60</TRX_POSTEDADVANCEAMOUNT>"
    paid = made(wire, payment(detail(first, "", use)), "arpymt")
    assert header(wire, first, "STATE") == ["Paid"]
    wire.key(apply(key, (second, "40")))
    assert header(wire, second, "TOTALDUE") == ["20"]
    assert header(wire, key, fields, "ARADVANCE")[2:] == ["100", "100", "0"]
    rows = wire.rows("ARPYMTDETAIL", "RECORDKEY TRX_POSTEDADVANCEAMOUNT TRX_PAYMENTAMOUNT", equal("ADVANCEKEY", key))
    assert [list(row.values()) for row in rows] == [[str(first), "60", ""], [str(second), "40", ""]]
    wire.key(reverse_payment(paid))
    assert header(wire, key, "TOTALDUE", "ARADVANCE") == ["60"]
    assert header(wire, first, "TOTALDUE") == ["60"]


def test_advance_is_not_applied_beyond_its_rest(wire):
    key, owed = made(wire, advance("10")), wire.key(invoice("LP-1", "60"))
    assert "exceeds the unapplied amount (10)" in wire.refused(apply(key, (owed, "11")))[0]
    assert header(wire, key, "TOTALDUE", "ARADVANCE") == ["10"]


def test_advance_is_read_with_its_lines_and_taken_back_while_unused(wire):
    key = made(wire, advance())
    read = f"<read><object>ARADVANCE</object><keys>{key}</keys><fields>*</fields></read>"
    (found,) = wire.do(read).find("data")
    assert found.findtext("ARADVANCEITEMS/aradvanceitem/TRX_AMOUNT") == "100"
    owed = wire.key(invoice("LP-1", "60"))
    applied = wire.key(apply(key, (owed, "5")))
    assert "has been applied" in wire.refused(reverse_payment(key))[0]
    wire.key(reverse_payment(applied))
    wire.key(reverse_payment(key))
    assert header(wire, key, "STATE TOTALDUE", "ARADVANCE") == ["V", "0"]


@pytest.mark.parametrize(
    ("sent", "phrase"),
    [
        (advance("-5"), "Amounts of an advance are positive."),
        (advance(account="9999"), "Invalid GL account '9999' specified."),
        (advance().replace("EFT", "Barter"), "The payment method 'Barter' is invalid."),
        (advance().replace("<RECEIPTDATE>01/14/2026", "<RECEIPTDATE>soon"), "The receipt date 'soon' is invalid."),
    ],
)
def test_advance_that_does_not_fit_is_refused(wire, sent, phrase):
    assert phrase in wire.refused(sent)[0]
    assert wire.rows("ARADVANCE", "RECORDNO") == []


def test_draft_advance_can_be_deleted_but_not_applied(wire):
    key = made(wire, advance(more="<ACTION>Draft</ACTION>"))
    owed = wire.key(invoice("LP-1", "60"))
    assert "can't find this transaction" in wire.refused(apply(key, (owed, "5")))[0]
    wire.do(f"<delete><object>ARADVANCE</object><keys>{key}</keys></delete>")
    assert wire.rows("ARADVANCE", "RECORDNO") == []


def test_audit_history_tells_of_deletions_since_a_moment(core, wire):
    key = wire.key(invoice("LP-1", "5"))
    core.clock.advance(3600)
    wire.do(f'<delete_invoice key="{key}"/>')
    since = "<greaterthanorequalto><field>ACCESSTIME</field><value>01/14/2026 10:00:00</value></greaterthanorequalto>"
    where = f"<and>{since}{equal('ACCESSMODE', 'D')}</and>"
    assert wire.rows("AUDITHISTORY", "OBJECTTYPE OBJECTKEY USERID", where) == [
        {"OBJECTTYPE": "arinvoice", "OBJECTKEY": str(key), "USERID": "xml_portal"}
    ]


def test_audit_history_wants_the_right_to_read_it(core, wire):
    core.switch(denied=["READ AUDITHISTORY"])
    assert "You do not have permission" in wire.refused(query("AUDITHISTORY", "OBJECTKEY"))[0]


def test_audit_history_notes_more_when_it_is_told_to(core, wire):
    core.switch(audit_modes=["C", "M", "D"])
    key = wire.key(invoice("LP-1", "5"))
    wire.do(payment(detail(key, "5")))
    modes = [row["ACCESSMODE"] for row in wire.rows("AUDITHISTORY", "ACCESSMODE", equal("OBJECTKEY", key))]
    assert modes == ["C", "M"]
    assert {row["OBJECTTYPE"] for row in wire.rows("AUDITHISTORY", "OBJECTTYPE")} == {"arinvoice", "arpymt"}
