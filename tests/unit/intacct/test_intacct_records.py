"""Rows become typed facts: exact amounts, dates, moments in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intacct import order_records
from portal.intacct import records as r


def test_invoice_row_is_read_whole():
    row = dict.fromkeys(r.InvoiceRow.FIELDS, "") | {
        "RECORDNO": "5012",
        "RECORDID": "INV-1042",
        "STATE": "Partially Paid",
        "WHENCREATED": "01/05/2026",
        "TRX_TOTALDUE": "350",
        "TRX_TOTALENTERED": "850.10",
        "WHENMODIFIED": "01/14/2026 09:01:30",
    }
    invoice = r.InvoiceRow.from_row(row, r.parse_offset("+09:30"))
    assert (invoice.record_no, invoice.number, invoice.state) == (5012, "INV-1042", "Partially Paid")
    assert invoice.invoice_date == date(2026, 1, 5)
    assert (invoice.trx_total, invoice.trx_due) == (Decimal("850.10"), Decimal("350"))
    assert invoice.modified_at == datetime(2026, 1, 13, 23, 31, 30, tzinfo=UTC)
    assert (invoice.paid_on, invoice.created_at) == (None, None)


def test_the_kinds_of_order_entry_are_among_those_that_are_read():
    assert order_records.OrderLineRow in r.Record.__subclasses__()


@pytest.mark.parametrize("kind", r.Record.__subclasses__())
def test_each_kind_asks_for_as_many_fields_as_it_holds(kind):
    read = kind.from_row({"RECORDNO": "7", "DOCHDRNO": "5"})
    assert read.record_no == 7
    assert len(set(kind.FIELDS)) == len(kind.FIELDS)


def test_detail_row_names_its_source_and_what_it_settles():
    row = {
        "RECORDNO": "1",
        "RECORDKEY": "5013",
        "ADJUSTMENTKEY": "5015",
        "TRX_ADJUSTMENTAMOUNT": "20",
        "TRX_DISCOUNTAMOUNT": "1.50",
    }
    detail = r.PaymentDetailRow.from_row(row)
    assert (detail.invoice_key, detail.adjustment_key, detail.parent_key) == (5013, 5015, None)
    assert (detail.cash, detail.settled) == (Decimal(0), Decimal("21.50"))


@pytest.mark.parametrize(("text", "active"), [("active", True), ("inactive", False), ("T", True), ("F", False)])
def test_status_is_read_in_both_spellings(text, active):
    assert r.LocationRow.from_row({"RECORDNO": "1", "STATUS": text}).active is active


@pytest.mark.parametrize(
    ("field", "text"), [("TRX_TOTALDUE", "1,5"), ("WHENDUE", "31/12/2026"), ("RECORDNO", "x"), ("WHENMODIFIED", "soon")]
)
def test_text_that_is_not_what_intacct_writes_is_refused_by_field(field, text):
    with pytest.raises(ValueError, match=field):
        r.InvoiceRow.from_row({"RECORDNO": "1", field: text})


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+09:30", timedelta(hours=9, minutes=30)),
        ("-07:00", -timedelta(hours=7)),
        ("-03:30", -timedelta(hours=3, minutes=30)),
        ("0", timedelta(0)),
        ("", timedelta(0)),
        ("GMT+1", timedelta(hours=1)),
    ],
)
def test_offset_is_read(text, offset):
    assert r.parse_offset(text) == offset


@pytest.mark.parametrize("text", ["+25:00", "Berlin", "+09:75"])
def test_offset_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="offset"):
        r.parse_offset(text)


@pytest.mark.parametrize("text", ["01/05/2026", "2026-01-05", "1/5/2026"])
def test_date_is_read_in_each_form(text):
    assert r.parse_date(text) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["NaN", "1,000", "Infinity", "ten"])
def test_amount_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="amount"):
        r.parse_amount(text)


def test_stamp_of_a_day_is_its_midnight():
    assert r.parse_stamp("01/05/2026") == datetime(2026, 1, 5, tzinfo=UTC)


def test_stamp_needs_a_zone():
    with pytest.raises(TypeError, match="zone"):
        r.format_stamp(datetime(2026, 1, 5))  # noqa: DTZ001


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["+09:30", "-07:00", "", "+14:00"]),
)
def test_stamp_comes_back_as_the_same_second(moment, offset):
    difference = r.parse_offset(offset)
    assert r.parse_stamp(r.format_stamp(moment, difference), difference) == moment.replace(microsecond=0)
