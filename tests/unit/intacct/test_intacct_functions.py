"""What is sent: valid by Sage's schema, exact, and never a character that XML cannot carry."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal.intacct import functions as f
from portal.intacct import queries as q
from portal.intacct.functions import Address, Application, InvoiceLine, PaymentDetail
from portal.intacct.gateway import Call, Session
from tests import sage_schema
from tests.unit.intacct.fake_gateway import CLUSTER, echo, gateway, success

DAY = date(2026, 1, 14)
LINE = InvoiceLine(Decimal("120"), "4000", "Service plan", "100", "200", {"itemid": "IT", "projectid": "P1"})
INVOICE = {
    "customer_id": "CLT-1001",
    "date": DAY,
    "due_date": date(2026, 2, 13),
    "number": "LP-7",
    "description": "January [ref ABCD-EFGH-JKLM.3]",
    "lines": [LINE, InvoiceLine(Decimal("-20"), "4090")],
}
PAYMENT = {
    "customer_id": "CLT-1001",
    "method": "EFT",
    "receipt_date": DAY,
    "currency": "USD",
    "document_number": "PMT-00001",
    "description": "Wire [ref ABCD-EFGH-JKLM.1]",
    "details": [PaymentDetail("5012", Decimal("350")), PaymentDetail("5013", Decimal("0.5"))],
    "bank_account": "CHK-01",
}

BODIES = {
    "invoice": f.create_invoice(**INVOICE),
    "invoice in a currency": f.create_invoice(**INVOICE, po_number="PO 88", currency="EUR", base_currency="USD"),
    "changed invoice": f.update_invoice("5013", **INVOICE, lines_there=1, currency="EUR"),
    "reversed invoice": f.reverse_invoice("5013", DAY, "void"),
    "customer": f.create_customer("CLT-1", "Harbor", print_as="Harbor", email="a@b.example", address=Address("1 Quay")),
    "changed customer": f.update_customer("CLT-1", "Harbor", address=Address("1 Quay", country="France"), active=False),
    "payment": f.create_payment(**PAYMENT, overpayment=Decimal("4.25"), overpayment_location="100"),
    "applied": f.apply_payment("5015", DAY, "memo", [Application("5013", Decimal("20"))]),
    "reversed payment": f.reverse_payment("5014", DAY),
    "credit": f.create_adjustment(
        customer_id="C", date=DAY, number="CN-1", description="Goodwill", lines=[InvoiceLine(Decimal("-20"), "4090")]
    ),
    "deleted credit": f.delete_adjustment("5015"),
    "read": f.read("ARINVOICE", ["1", "2"]),
    "read by query": f.read_by_query("CUSTOMER", "STATUS = 'T' AND RECORDNO >= 5", ["RECORDNO", "NAME"]),
    "read more": f.read_more("a1@B2"),
    "inspect": f.inspect("CUSTOMER"),
    "pdf": f.retrieve_pdf("Sales Invoice-SI-00417"),
    "financial setup": f.get_financial_setup(),
    "entities": f.read_entity_details(),
    "formatting": f.read_user_formatting("xml_portal"),
    "permissions": f.get_user_permissions("xml_portal"),
    "query": q.Query(
        "ARINVOICE",
        ("RECORDNO", "STATE"),
        where=q.all_of(
            q.any_of(q.equal("STATE", "Paid"), q.is_null("WHENMODIFIED"), q.not_null("WHENPAID")),
            q.between("WHENCREATED", DAY, date(2026, 2, 1)),
            q.one_of("RECORDID", ["A", "B"]),
            q.like("RECORDID", "LP-%"),
            q.greater("TOTALDUE", Decimal("0")),
            q.not_equal("STATE", "Draft"),
            q.less("RECORDNO", 9),
            q.at_most("RECORDNO", 9),
            q.at_least("WHENMODIFIED", "01/14/2026 08:55:00"),
        ),
        show_private=True,
        doc_par_id="Sales Invoice",
        after_recordno=7,
    )
    .call("q")
    .body,
}


@pytest.mark.skipif(sage_schema.load() is None, reason=sage_schema.ABSENT)
@pytest.mark.parametrize("what", BODIES)
def test_body_is_valid_by_sages_schema(what):
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    line.write([Call("w", BODIES[what])])
    assert len(script.sent) == 1


def tree(body: str) -> etree._Element:
    return etree.fromstring(body)


def test_invoice_says_what_the_books_need():
    invoice = tree(BODIES["invoice in a currency"])
    assert [child.tag for child in invoice] == [
        *("customerid", "datecreated", "datedue", "action", "invoiceno", "ponumber", "description"),
        *("basecurr", "currency", "exchratetype", "invoiceitems"),
    ]
    assert [item.text for item in invoice.find("datecreated")] == ["2026", "01", "14"]
    assert [amount.text for amount in invoice.iter("amount")] == ["120.00", "-20.00"]
    assert [child.tag for child in invoice.find("invoiceitems/lineitem")] == [
        *("glaccountno", "amount", "memo", "locationid", "departmentid", "projectid", "itemid"),
    ]


def test_invoice_of_a_single_currency_company_names_no_currency():
    assert tree(BODIES["invoice"]).find("currency") is None
    assert tree(BODIES["invoice"]).find("exchratetype") is None


def test_changed_invoice_clears_what_is_empty_and_replaces_its_lines():
    invoice = tree(BODIES["changed invoice"])
    assert invoice.get("key") == "5013"
    assert invoice.find("ponumber") is not None
    assert invoice.find("basecurr") is None
    lines = invoice.find("updateinvoiceitems")
    assert [(line.tag, line.get("line_num")) for line in lines] == [("updatelineitem", "1"), ("lineitem", None)]
    assert [amount.text for amount in lines.iter("amount")] == ["120.00", "-20.00"]


def test_changed_line_that_lost_its_memo_clears_it():
    body = f.update_invoice("5", **INVOICE | {"lines": [InvoiceLine(Decimal(1), "4000")]}, lines_there=1)
    assert [(item.tag, item.text) for item in tree(body).find(".//updatelineitem")] == [
        *(("glaccountno", "4000"), ("amount", "1.00"), ("memo", None), ("locationid", None), ("departmentid", None)),
    ]


def test_payment_carries_one_detail_an_invoice_and_the_rest_as_overpayment():
    payment = tree(BODIES["payment"]).find("ARPYMT")
    assert [key.text for key in payment.iter("RECORDKEY")] == ["5012", "5013"]
    assert [amount.text for amount in payment.iter("TRX_PAYMENTAMOUNT")] == ["350.00", "0.50"]
    assert payment.findtext("OVERPAYMENTAMOUNT") == "4.25"
    assert payment.findtext("RECEIPTDATE") == "01/14/2026"
    assert payment.find("UNDEPOSITEDACCOUNTNO") is None


def test_payment_without_invoices_is_all_overpayment():
    body = f.create_payment(**PAYMENT | {"details": [], "overpayment": Decimal("9")})
    assert tree(body).find("ARPYMT/ARPYMTDETAILS") is None


def test_payment_that_uses_the_invoices_own_credit_names_it():
    body = f.create_payment(**PAYMENT | {"details": [PaymentDetail("7", Decimal("100"), Decimal("20"))]})
    detail = tree(body).find(".//ARPYMTDETAIL")
    assert (detail.findtext("INLINEKEY"), detail.findtext("TRX_INLINEAMOUNT")) == ("7", "20.00")


def test_customer_update_sends_only_what_is_given():
    customer = tree(f.update_customer("C", email="")).find("CUSTOMER")
    assert [child.tag for child in customer] == ["CUSTOMERID", "DISPLAYCONTACT"]
    assert [child.tag for child in customer.find("DISPLAYCONTACT")] == ["EMAIL1"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+2", "100.00"),
        ("10.5000", "10.50"),
        ("1.2340", "1.234"),
        ("-0", "0.00"),
        ("-3", "-3.00"),
        ("1E-7", "0.0000001"),
    ],
)
def test_amount_is_plain(amount, text):
    body = f.create_invoice(**INVOICE | {"lines": [InvoiceLine(Decimal(amount), "4000")]})
    assert tree(body).findtext(".//amount") == text


@pytest.mark.parametrize("amount", [1.5, 2, "3"])
def test_amount_that_is_no_decimal_is_refused(amount):
    with pytest.raises(TypeError, match="amount"):
        f.create_invoice(**INVOICE | {"lines": [InvoiceLine(amount, "4000")]})


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: f.create_invoice(**INVOICE | {"lines": []}), "lines"),
        (lambda: f.update_invoice("5", **INVOICE, lines_there=3), "lines"),
        (lambda: f.update_invoice("5", **INVOICE, lines_there=0), "lines"),
        (lambda: f.create_invoice(**INVOICE | {"number": ""}), "number"),
        (lambda: f.create_invoice(**INVOICE | {"customer_id": " "}), "customer_id"),
        (lambda: f.create_invoice(**INVOICE | {"lines": [InvoiceLine(Decimal("NaN"), "1")]}), "amount"),
        (lambda: InvoiceLine(Decimal(1), "1", dimensions={"colour": "red"}).values(), "colour"),
        (lambda: InvoiceLine(Decimal(1), "1", dimensions={"taskid": "T"}).values(), "projectid"),
        (lambda: f.create_payment(**PAYMENT | {"undeposited_account": "1099"}), "bank_account"),
        (lambda: f.create_payment(**PAYMENT | {"bank_account": ""}), "bank_account"),
        (lambda: f.create_payment(**PAYMENT | {"details": []}), "details"),
        (lambda: f.create_payment(**PAYMENT | {"overpayment": Decimal(-1)}), "overpayment"),
        (lambda: f.create_payment(**PAYMENT | {"details": [PaymentDetail("1", Decimal(-1))]}), "amount"),
        (lambda: f.apply_payment("1", DAY, "", []), "items"),
        (
            lambda: f.create_adjustment(
                customer_id="C", date=DAY, number="N", description="", lines=[InvoiceLine(Decimal(5), "1")]
            ),
            "negative",
        ),
        (lambda: f.read("X", []), "keys"),
        (lambda: f.read("X", ["1,2"]), "comma"),
        (lambda: q.one_of("X", []), "X"),
        (lambda: q.all_of(), "and"),
        (lambda: q.Query("X", ("Y",), page_size=2001).call("c"), "page_size"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(build, said):
    with pytest.raises(ValueError, match=said):
        build()


def test_moment_is_no_date():
    moment = datetime(2026, 1, 14, 5, 0)  # noqa: DTZ001
    with pytest.raises(TypeError, match="date"):
        f.reverse_invoice("5", moment)
    with pytest.raises(TypeError, match="WHENMODIFIED"):
        q.equal("WHENMODIFIED", moment)


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\x7f", "\x85", "\ud800", "\uffff"])
@pytest.mark.parametrize("field", ["description", "number", "po_number", "customer_id"])
def test_control_character_is_refused_with_the_name_of_its_field(field, bad):
    with pytest.raises(ValueError, match=field):
        f.create_invoice(**INVOICE | {field: f"a{bad}b"})


def test_control_character_is_refused_in_lines_filters_and_addresses():
    for build in (
        lambda: f.create_invoice(**INVOICE | {"lines": [InvoiceLine(Decimal(1), "1", memo="a\x01")]}),
        lambda: q.equal("NAME", "a\x01"),
        lambda: f.create_customer("C", "N", print_as="N", address=Address(city="\x02")),
        lambda: f.read_by_query("CUSTOMER", "NAME = '\x03'"),
    ):
        with pytest.raises(ValueError, match="control character"):
            build()


def test_one_of_more_than_a_thousand_is_split():
    body = q.Query("CUSTOMER", ("NAME",), where=q.one_of("RECORDNO", range(2001))).call("c").body
    assert [len(part.findall("value")) for part in tree(body).iter("in")] == [1000, 1000, 1]
    assert tree(body).find("filter/or") is not None


def test_group_of_one_filter_is_that_filter():
    assert q.all_of(q.equal("A", "b")) == q.equal("A", "b")


texts = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r")
)


@given(texts)
def test_any_text_that_is_accepted_arrives_as_it_was(text):
    line, script = gateway(echo(lambda i: success(i)), session=Session("s", CLUSTER))
    body = f.create_invoice(**INVOICE | {"description": f"x{text}", "lines": [InvoiceLine(Decimal(1), "1", memo=text)]})
    line.write([Call("w", body)])
    sent = script.sent[0].find(".//create_invoice")
    assert sent.findtext("description") == f"x{text}"
    assert (sent.findtext(".//memo") or "") == text


@given(st.text())
def test_text_is_either_sent_whole_or_refused_by_name(text):
    refused, arrived = "", ""
    try:
        arrived = tree(f.reverse_invoice("5", DAY, f"x{text}")).findtext("description")
    except ValueError as error:
        refused = str(error)
    assert arrived == f"x{text}" or refused.startswith("description holds a control character")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_amount_keeps_its_value_to_the_last_place(amount):
    body = f.create_invoice(**INVOICE | {"lines": [InvoiceLine(amount, "4000")]})
    sent = tree(body).findtext(".//amount")
    assert Decimal(sent) == amount
    assert "E" not in sent
