"""How values are written on pages, and how what people type is read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.blueprints.forms import parse_typed_date, parse_typed_number
from portal.blueprints.rendering import amount, day, due_in_words, number, shortly, typed_amount, when
from portal.blueprints.urls import safe_path

CENTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False)


@given(CENTS)
def test_amount_as_written_is_read_back_exactly(value):
    assert parse_typed_number(amount(value, "USD")) == value
    assert parse_typed_number(typed_amount(value, "USD")) == value


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234.5", "USD", "1,234.50"),
        ("-1234.5", "EUR", "\N{MINUS SIGN}1,234.50"),
        ("1234567", "JPY", "1,234,567"),
        ("0.335", "USD", "0.335"),
        ("1.5", "KWD", "1.500"),
        ("0", "USD", "0.00"),
        ("1E+3", "USD", "1,000.00"),
    ],
)
def test_amount_has_the_places_of_its_currency_and_never_hides_any(value, currency, text):
    assert amount(Decimal(value), currency) == text


def test_a_time_of_today_is_said_with_its_day_or_without_it():
    now = dt.datetime.now(dt.UTC)
    assert when(now) == f"Today {now:%H:%M}"
    assert when(now, "today") == f"today {now:%H:%M}"
    assert shortly(now) == f"{now:%H:%M}"
    for said in (when, shortly):
        assert said(dt.datetime(2025, 11, 3, 9, 31, tzinfo=dt.UTC)) == "3 Nov 2025 09:31"


def test_quantities_carry_no_needless_zeros():
    assert [number(Decimal(text)) for text in ("24.000000", "1.500000", "1000.0", "-0.25")] == [
        "24", "1.5", "1,000", "\N{MINUS SIGN}0.25",
    ]  # fmt: skip
    assert number(2231) == "2,231"


@pytest.mark.parametrize("text", ["", "x", "1e5", "NaN", "inf", "1,23", "1.2.3", "1_000", "٣", "0x10", "1" * 41, "--1"])
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ValueError, match="number"):
        parse_typed_number(text)


@given(st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 12, 31)))
def test_date_as_written_is_read_back(value):
    assert parse_typed_date(day(value)) == value
    assert parse_typed_date(value.isoformat()) == value


def test_due_dates_are_told_from_today():
    today = dt.date(2026, 11, 23)
    told = [due_in_words(today + dt.timedelta(days=days), today) for days in (10, 1, 0, -1, -7)]
    assert told == ["in 10 days", "in 1 day", "today", "1 day ago", "7 days ago"]


@given(st.text(alphabet=st.sampled_from("/\\:.@?#%ab\t\n\x00"), max_size=12))
def test_no_link_leads_to_another_site(wanted):
    path = safe_path(wanted, "/")
    assert urlsplit(urljoin("http://portal.example/login", path)).netloc == "portal.example"
    assert not path.startswith(("//", "/\\"))
