"""The rules of the book that need no database: lines, terms, texts, amounts, slugs and what is printed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidInput
from portal.money import round_amount
from portal.queries.bodies import seconds
from portal.services.audit import Actor, plain
from portal.services.bodies import parse
from portal.services.checks import MAX_AMOUNT, MAX_QUANTITY, Faults, show
from portal.services.companies import LONGEST_SLUG, slugify
from portal.services.invoice_checks import product
from portal.services.terms import due_date

DAY = dt.date(2026, 1, 31)


@given(st.decimals(0, MAX_QUANTITY, places=6), st.decimals(0, MAX_AMOUNT, places=6))
def test_a_line_is_the_exact_product_rounded_once(quantity: Decimal, unit_cost: Decimal) -> None:
    exact = int(quantity.scaleb(6)) * int(unit_cost.scaleb(6))  # in units of 10**-12
    cents, rest = divmod(exact, 10**10)
    assert product(quantity, unit_cost, "USD") * 100 == cents + (rest * 2 >= 10**10)


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        ("NET 30", 30),
        ("net30", 30),
        ("2% 10, Net 45", 45),
        ("Due on receipt", 0),
        ("", 0),
        ("when we like", 0),
        ("NET-7", 7),
        ("net 60 days", 60),
        ("14 days", 14),
        ("1 day", 1),
        ("2% 10 days", 0),
        ("Internet 30", 0),
        ("EOM", 0),
        ("NET 30 EOM", 59),
    ],
)
def test_terms_set_the_due_date(terms: str, days: int) -> None:
    assert due_date(DAY, terms) == DAY + dt.timedelta(days)


@given(st.text(max_size=120))
def test_a_text_is_kept_as_it_is_or_refused(text: str) -> None:
    faults = Faults()
    kept = faults.text("name", "The name", text)
    if not faults.found:
        assert kept == text.replace("\r\n", "\n").strip(" \t\n\r")
        assert len(kept) <= 100
        kept.encode("utf-8")
        assert "\x00" not in kept


def test_a_long_text_may_have_lines_and_a_short_one_may_not() -> None:
    faults = Faults()
    assert faults.text("description", "The description", "a\r\nb\tc", lines=True) == "a\nb\tc"
    faults.end()
    faults.text("name", "The name", "a\nb")
    with pytest.raises(InvalidInput, match=r"U\+000A"):
        faults.end()


@given(st.decimals("-1e13", "1e13"), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_is_taken_whole_or_not_at_all(value: Decimal, currency: str) -> None:
    faults = Faults()
    taken = faults.amount("amount", "The amount", value, currency)
    allowed = 0 <= value <= MAX_AMOUNT and value == round_amount(value, currency)
    assert bool(faults.found) != allowed
    if allowed:
        assert taken == value


def test_faults_end_with_all_of_them_the_first_in_front() -> None:
    faults = Faults()
    faults.end()
    faults.add("a", "first", "one")
    faults.add("b", "second")
    with pytest.raises(InvalidInput) as caught:
        faults.end()
    assert [(fault.field, fault.code) for fault in caught.value.all] == [("a", "one"), ("b", "invalid")]


def test_amounts_are_written_with_code_and_separators() -> None:
    assert show(Decimal("6000"), "USD") == "6,000.00 USD"
    assert show(Decimal("6000.0000"), "JPY") == "6,000 JPY"


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Harbor Lane & Co.", "harbor-lane-co"), ("Café Émile", "cafe-emile"), ("株式会社", ""), ("--", "")],
)
def test_a_slug_holds_latin_letters_and_digits(name: str, slug: str) -> None:
    assert slugify(name) == slug


@given(st.text())
def test_a_slug_is_safe_in_an_address(name: str) -> None:
    slug = slugify(name)
    assert len(slug) <= LONGEST_SLUG
    assert slug == slugify(slug)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(st.integers(-(10**15), 10**15), st.integers(0, 12))
def test_a_body_is_read_without_losing_a_digit(digits: int, decimals: int) -> None:
    number = Decimal(digits).scaleb(-decimals)
    assert parse(f'{{"amount": {number:f}}}')["amount"] == number


@pytest.mark.parametrize("text", ["", "nothing", "[]", "1", '{"a": NaN}', '{"a": Infinity}', "[" * 10_000, '{"a": 1'])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)))
def test_dates_travel_as_midnight_utc(day: dt.date) -> None:
    printed = seconds(day)
    assert printed is not None
    assert printed % 86_400 == 0
    assert dt.datetime.fromtimestamp(printed, dt.UTC).date() == day


def test_history_keeps_exact_plain_values() -> None:
    values = {"total": Decimal("100.5000"), "date": DAY, "lines": [{"quantity": Decimal("1E+2")}], "draft": False}
    assert plain(values) == {
        "total": "100.5",
        "date": "2026-01-31",
        "lines": [{"quantity": "100"}],
        "draft": False,
    }


def test_only_a_run_of_the_sync_speaks_for_intacct() -> None:
    assert Actor("accounting sync 12").is_sync
    assert not Actor("accounting sync 12", user_id=3).is_sync
    assert Actor("import 3").is_sync
    assert not Actor("import 3", user_id=3).is_sync
    assert not Actor("import@x.example").is_sync
    assert not Actor("API key import 3").is_sync
    assert not Actor("ada@x.example", 3).is_sync
