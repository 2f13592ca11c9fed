"""Payments: what they put where, what is refused, and how they are taken back."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.sandbox_client import (
    apply,
    day,
    detail,
    equal,
    invoice,
    payment,
    reverse_payment,
)

DETAIL = (
    "RECORDKEY ENTRYKEY PARENTPAYMENTKEY PAYMENTKEY TRX_PAYMENTAMOUNT OVERPAYMENTKEY TRX_POSTEDOVERPAYMENTAMOUNT STATE"
)


def header(wire, key, fields, name="ARINVOICE"):
    (row,) = wire.rows(name, fields, equal("RECORDNO", key))
    return list(row.values())


def pay(wire, sent):
    return int(wire.do(sent).findtext("data/arpymt/RECORDNO"))


def lines(wire, key):
    return wire.rows("ARINVOICEITEM", "RECORDNO TOTALPAID", equal("RECORDKEY", key), order="LINE_NO")


def test_one_payment_on_two_invoices(wire):
    first, second = wire.key(invoice("LP-1", "350")), wire.key(invoice("LP-2", "120"))
    result = wire.do(payment(detail(first, "350.00"), detail(second, "50.00")), ids=("pay-1",))
    data = result.find("data")
    assert dict(data.attrib) == {"listtype": "objects", "count": "1"}
    assert [child.tag for child in data[0]] == ["RECORDNO"]
    key = int(data.findtext("arpymt/RECORDNO"))
    assert header(wire, first, "STATE TOTALPAID TOTALDUE WHENPAID") == ["Paid", "350", "0", "01/15/2026"]
    assert header(wire, second, "STATE TOTALPAID TOTALDUE WHENPAID") == ["Partially Paid", "50", "70", ""]
    assert header(wire, key, "TOTALENTERED TOTALPAID TOTALDUE STATE DOCNUMBER FINANCIALENTITY", "ARPYMT") == [
        "400",
        "400",
        "0",
        "C",
        "PMT-1",
        "CHK-01",
    ]


def test_money_without_a_line_runs_down_the_lines(wire):
    key = wire.key(invoice("LP-1", "30", "50", "20"))
    made = pay(wire, payment(detail(key, "60")))
    assert [line["TOTALPAID"] for line in lines(wire, key)] == ["30", "30", "0"]
    rows = wire.rows("ARPYMTDETAIL", DETAIL, equal("PARENTPAYMENTKEY", made))
    assert [(row["TRX_PAYMENTAMOUNT"], row["PAYMENTKEY"], row["STATE"]) for row in rows] == [
        ("30", str(made), "C"),
        ("30", str(made), "C"),
    ]
    assert [row["ENTRYKEY"] for row in rows] == [line["RECORDNO"] for line in lines(wire, key)[:2]]


def test_money_for_a_line_stays_on_it(wire):
    key = wire.key(invoice("LP-1", "30", "50"))
    second = lines(wire, key)[1]["RECORDNO"]
    entry = f"<ENTRYKEY>{second}</ENTRYKEY>"
    assert "on the line" in wire.refused(payment(detail(key, "60", entry)))[0]
    pay(wire, payment(detail(key, "40", entry)))
    assert [line["TOTALPAID"] for line in lines(wire, key)] == ["0", "40"]


def test_inline_credit_closes_every_line(wire):
    key = wire.key(invoice("LP-1", "120", "-20"))
    assert header(wire, key, "TOTALDUE") == ["100"]
    inline = f"<INLINEKEY>{key}</INLINEKEY><TRX_INLINEAMOUNT>20</TRX_INLINEAMOUNT>"
    made = pay(wire, payment(detail(key, "100", inline)))
    assert header(wire, key, "STATE TOTALPAID TOTALDUE") == ["Paid", "100", "0"]
    assert [line["TOTALPAID"] for line in lines(wire, key)] == ["120", "-20"]
    assert header(wire, made, "TOTALENTERED", "ARPYMT") == ["100"]
    wire.key(reverse_payment(made))
    assert [line["TOTALPAID"] for line in lines(wire, key)] == ["0", "0"]


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"amount": "100.01"}, "exceeds total amount due (100)"),
        ({"amount": "0"}, "greater than zero"),
        ({"amount": "-5"}, "is invalid"),
        ({"amount": "x"}, "is invalid"),
        ({"customer": "CLT-1002"}, "another customer"),
        ({"customer": "NOBODY"}, "Invalid Customer 'NOBODY' specified."),
        ({"method": "Barter"}, "payment method 'Barter' is invalid"),
        ({"place": ""}, "Provide a bank account"),
        ({"place": "<FINANCIALENTITY>CHK-99</FINANCIALENTITY>"}, "Invalid Bank account 'CHK-99' specified."),
        ({"currency": "EUR"}, "Enable foreign-currency transactions"),
        ({"document": "D" * 46}, "document number is too long"),
        ({"more": "<ADVANCEKEY>3</ADVANCEKEY>"}, "ADVANCEKEY is given without an amount"),
    ],
)
def test_payment_that_does_not_fit_leaves_nothing_behind(core, wire, change, phrase):
    good, key = wire.key(invoice("LP-0", "5")), wire.key(invoice("LP-1", "100"))
    before = core.snapshot()["tables"]
    change = {"amount": "10", **change}
    more, amount = change.pop("more", ""), change.pop("amount")
    assert phrase in wire.refused(payment(detail(good, "1"), detail(key, amount, more), **change))[0]
    assert core.snapshot()["tables"] == before


def test_unknown_invoice_in_a_detail_is_refused(wire):
    assert "can't find this transaction" in wire.refused(payment(detail(999999, "1")))[0]


def test_second_detail_counts_what_the_first_took(wire):
    key = wire.key(invoice("LP-1", "100"))
    assert "exceeds total amount due (40)" in wire.refused(payment(detail(key, "60"), detail(key, "60")))[0]


def test_paid_invoice_takes_no_more(wire):
    key = wire.key(invoice("LP-1", "100"))
    pay(wire, payment(detail(key, "100")))
    assert "already paid" in wire.refused(payment(detail(key, "1")))[0]


def test_undeposited_funds_take_base_currency_only(core, wire):
    core.switch(multi_currency=True)
    place = "<UNDEPOSITEDACCOUNTNO>1090</UNDEPOSITEDACCOUNTNO>"
    euros, dollars = wire.key(invoice("E-1", "100", currency="EUR")), wire.key(invoice("D-1", "100"))
    (result,) = wire.results(payment(detail(euros, "10"), currency="EUR", place=place))
    assert result.findtext(".//errorno") == "BL02000051"
    made = pay(wire, payment(detail(dollars, "10"), place=place))
    assert header(wire, made, "UNDEPOSITEDACCOUNTNO FINANCIALENTITY", "ARPYMT") == ["1090", ""]
    assert "currency of the payment differs" in wire.refused(payment(detail(euros, "10"), place=place))[0]


def test_rest_is_kept_on_the_payment_and_applied_later(wire):
    first, second = wire.key(invoice("LP-1", "100")), wire.key(invoice("LP-2", "100"))
    made = pay(wire, payment(detail(first, "100"), more="<OVERPAYMENTAMOUNT>30</OVERPAYMENTAMOUNT>"))
    assert header(wire, made, "TOTALENTERED TOTALPAID TOTALDUE", "ARPYMT") == ["130", "100", "30"]
    application = wire.key(apply(made, (second, "20")))
    assert header(wire, made, "TOTALPAID TOTALDUE", "ARPYMT") == ["120", "10"]
    assert header(wire, second, "TOTALPAID TOTALDUE") == ["20", "80"]
    assert header(wire, application, "RECORDTYPE TOTALENTERED", "ARPYMT") == ["ro", "0"]
    (row,) = wire.rows("ARPYMTDETAIL", DETAIL, equal("RECORDKEY", second))
    assert row["OVERPAYMENTKEY"] == str(made)
    assert row["PARENTPAYMENTKEY"] == str(application)
    assert (row["TRX_POSTEDOVERPAYMENTAMOUNT"], row["TRX_PAYMENTAMOUNT"]) == ("20", "")
    assert "exceeds the unapplied amount (10)" in wire.refused(apply(made, (second, "11")))[0]


def test_rest_can_be_spent_by_a_payment_detail(wire):
    first, second = wire.key(invoice("LP-1", "100")), wire.key(invoice("LP-2", "100"))
    made = pay(wire, payment(detail(first, "100"), more="<OVERPAYMENTAMOUNT>30</OVERPAYMENTAMOUNT>"))
    use = f"<OVERPAYMENTKEY>{made}</OVERPAYMENTKEY><TRX_POSTEDOVERPAYMENTAMOUNT>30</TRX_POSTEDOVERPAYMENTAMOUNT>"
    pay(wire, payment(detail(second, "5", use), document="PMT-2"))
    assert header(wire, second, "TOTALDUE") == ["65"]
    assert header(wire, made, "TOTALDUE", "ARPYMT") == ["0"]


def test_whether_a_payments_own_key_can_be_applied_is_a_switch(core, wire):
    first, second = wire.key(invoice("LP-1", "100")), wire.key(invoice("LP-2", "100"))
    made = pay(wire, payment(detail(first, "100"), more="<OVERPAYMENTAMOUNT>30</OVERPAYMENTAMOUNT>"))
    core.switch(apply_takes_payment=False)
    assert "can't find this transaction" in wire.refused(apply(made, (second, "5")))[0]


def test_reversed_payment_restores_balances_and_moves_its_stamps(core, wire):
    key = wire.key(invoice("LP-1", "100"))
    made = pay(wire, payment(detail(key, "100")))
    core.clock.advance(60)
    wire.key(reverse_payment(made))
    assert header(wire, key, "STATE TOTALPAID TOTALDUE WHENPAID") == ["Posted", "0", "100", ""]
    stamp = "01/14/2026 09:06:11"
    assert header(wire, made, "STATE DISPLAYSTATE TOTALENTERED TOTALPAID TOTALDUE WHENMODIFIED", "ARPYMT") == [
        "V",
        "Voided",
        "100",
        "0",
        "0",
        stamp,
    ]
    rows = wire.rows("ARPYMTDETAIL", "STATE TRX_PAYMENTAMOUNT WHENMODIFIED", equal("PARENTPAYMENTKEY", made))
    assert [list(row.values()) for row in rows] == [["V", "100", stamp]]
    counters = wire.rows(
        "ARPYMT", "STATE TOTALENTERED DOCNUMBER", f"<and>{equal('PARENTPAYMENTKEY', made)}{equal('STATE', 'V')}</and>"
    )
    assert [list(row.values()) for row in counters] == [["V", "-100", "PMT-1"]]
    assert "cannot be reversed" in wire.refused(reverse_payment(made))[0]


@pytest.mark.parametrize("cascade", [True, False])
def test_reversing_a_payment_whose_rest_was_applied_is_a_switch(core, wire, cascade):
    first, second = wire.key(invoice("LP-1", "100")), wire.key(invoice("LP-2", "100"))
    made = pay(wire, payment(detail(first, "100"), more="<OVERPAYMENTAMOUNT>30</OVERPAYMENTAMOUNT>"))
    application = wire.key(apply(made, (second, "30")))
    core.switch(cascade_reversal=cascade)
    if not cascade:
        assert "has been applied (30)" in wire.refused(reverse_payment(made))[0]
        wire.key(reverse_payment(application))
    wire.key(reverse_payment(made))
    assert header(wire, first, "TOTALDUE") == header(wire, second, "TOTALDUE") == ["100"]
    assert header(wire, made, "STATE TOTALDUE", "ARPYMT") == ["V", "0"]


def test_draft_payment_only_earmarks_and_can_be_deleted(wire):
    key = wire.key(invoice("LP-1", "100"))
    made = pay(wire, payment(detail(key, "60"), more="<ACTION>Draft</ACTION>"))
    assert header(wire, key, "STATE TOTALSELECTED TOTALPAID TOTALDUE") == ["Selected", "60", "0", "100"]
    assert header(wire, made, "STATE", "ARPYMT") == ["D"]
    assert "exceeds total amount due (40)" in wire.refused(payment(detail(key, "50")))[0]
    wire.do(f"<delete><object>ARPYMT</object><keys>{made}</keys></delete>")
    assert header(wire, key, "STATE TOTALSELECTED") == ["Posted", "0"]
    posted = pay(wire, payment(detail(key, "50")))
    assert wire.refused(f"<delete><object>ARPYMT</object><keys>{posted}</keys></delete>")


def test_legacy_payment_is_the_same_payment(wire):
    first, second = wire.key(invoice("LP-1", "350")), wire.key(invoice("LP-2", "120"))
    items = "".join(
        f"<arpaymentitem><invoicekey>{key}</invoicekey><amount>{amount}</amount></arpaymentitem>"
        for key, amount in ((first, "350.00"), (second, "50.00"))
    )
    sent = (
        "<create_arpayment><customerid>CLT-1001</customerid><paymentamount>410.00</paymentamount>"
        f"<bankaccountid>CHK-01</bankaccountid><refid>ch_7781</refid><datereceived>{day('2026-01-15')}</datereceived>"
        f"<paymentmethod>EFT</paymentmethod>{items}</create_arpayment>"
    )
    key = wire.key(sent)
    assert header(wire, key, "DOCNUMBER TOTALENTERED TOTALDUE PAYMENTMETHOD", "ARPYMT") == [
        "ch_7781",
        "410",
        "10",
        "EFT",
    ]
    assert header(wire, second, "TOTALDUE") == ["70"]
    assert "less than the sum" in wire.refused(sent.replace("410.00", "1.00"))[0]


@pytest.mark.parametrize("moves", [True, False])
def test_whether_money_moves_the_invoices_stamp_is_a_switch(core, wire, moves):
    core.switch(whenmodified_on_application=moves)
    key = wire.key(invoice("LP-1", "100"))
    core.clock.advance(5)
    made = pay(wire, payment(detail(key, "10")))
    assert header(wire, key, "WHENMODIFIED") == ["01/14/2026 09:05:16" if moves else "01/14/2026 09:05:11"]
    assert header(wire, made, "WHENMODIFIED", "ARPYMT") == ["01/14/2026 09:05:16"]


def test_user_inside_intacct_receives_and_reverses_a_cheque(core, wire):
    key = wire.key(invoice("LP-1", "100"))
    made = core.act(do="receive_payment", invoice_recordid="LP-1", amount="30", document="4711")["payment_key"]
    assert header(wire, key, "TOTALDUE") == ["70"]
    assert header(wire, made, "PAYMENTMETHOD DOCNUMBER", "ARPYMT") == ["Printed Check", "4711"]
    core.act(do="reverse_payment", document="4711")
    assert header(wire, key, "TOTALDUE") == ["100"]
    core.act(do="edit_invoice", invoice_key=key, fields={"DESCRIPTION": "changed there"}, amount="120")
    assert header(wire, key, "DESCRIPTION TOTALDUE") == ["changed there", "120"]
    memo = core.act(do="issue_credit", customerid="CLT-1001", amount="20")["credit_key"]
    core.act(do="apply_credit", credit_key=memo, invoice_key=key, amount="20")
    assert header(wire, key, "TOTALDUE") == ["100"]


def test_act_that_intacct_refuses_changes_nothing(core):
    before = core.snapshot()["tables"]
    with pytest.raises(Exception, match="exceeds total amount due"):
        core.act(do="receive_payment", invoice_recordid="INV-1037", amount="5000")
    with pytest.raises(ValueError, match="unknown act"):
        core.act(do="dance")
    assert core.snapshot()["tables"] == before


def test_negative_invoice_is_a_credit(wire):
    key, negative = wire.key(invoice("LP-1", "100")), wire.key(invoice("NEG-1", "-50"))
    assert header(wire, negative, "STATE TOTALDUE") == ["Posted", "-50"]
    wire.key(apply(negative, (key, "30")))
    assert header(wire, key, "TOTALDUE") == ["70"]
    assert header(wire, negative, "STATE TOTALDUE") == ["Partially Paid", "-20"]
    (row,) = wire.rows("ARPYMTDETAIL", "NEGATIVEINVOICEKEY TRX_NEGATIVEINVOICEAMOUNT", equal("RECORDKEY", key))
    assert list(row.values()) == [str(negative), "30"]


def test_inline_credit_of_another_invoice_is_refused(wire):
    key, other = wire.key(invoice("LP-1", "100")), wire.key(invoice("LP-2", "100", "-20"))
    inline = f"<INLINEKEY>{other}</INLINEKEY><TRX_INLINEAMOUNT>20</TRX_INLINEAMOUNT>"
    assert "its own invoice only" in wire.refused(payment(detail(key, "10", inline)))[0]
