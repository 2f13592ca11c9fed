"""Money and quantities are exact: rounded by one rule, stored whole, never a float."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from portal.models.types import AMOUNT, QUANTITY, Scaled
from portal.money import Money, is_exact, parse_decimal, places, round_amount

CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
AMOUNTS = st.decimals("-1e12", "1e12", places=4)
QUANTITIES = st.decimals("-1e12", "1e12", places=6)


@pytest.mark.parametrize(
    ("value", "currency", "rounded"),
    [
        ("1.005", "USD", "1.01"),
        ("2.675", "USD", "2.68"),
        ("-1.005", "USD", "-1.01"),
        ("1.0049999", "USD", "1.00"),
        ("99.5", "JPY", "100"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_halves_are_rounded_up_in_the_currencys_places(value: str, currency: str, rounded: str) -> None:
    assert str(round_amount(Decimal(value), currency)) == rounded


@given(AMOUNTS, CURRENCIES)
def test_rounding_twice_changes_nothing_more(value: Decimal, currency: str) -> None:
    once = round_amount(value, currency)
    assert round_amount(once, currency) == once
    assert is_exact(once, currency)
    assert abs(once - value) * 2 <= Decimal(1).scaleb(-places(currency))


@given(st.one_of(AMOUNTS.map(lambda value: (AMOUNT, value)), QUANTITIES.map(lambda value: (QUANTITY, value))))
def test_scaled_columns_give_back_what_was_stored(case: tuple[Scaled, Decimal]) -> None:
    column, value = case
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        stored = column.process_bind_param(value, dialect)
        assert isinstance(stored, int)
        assert abs(stored) < 2**63
        assert column.process_result_value(stored, dialect) == value


def test_scaled_columns_add_up_where_floats_do_not() -> None:
    dialect = sqlite.dialect()
    total = sum(AMOUNT.process_bind_param(Decimal("0.1"), dialect) or 0 for _ in range(3))
    assert AMOUNT.process_result_value(total, dialect) == Decimal("0.3")
    assert AMOUNT.process_result_value(Decimal(3000), dialect) == Decimal("0.3")  # as PostgreSQL answers a sum


def test_scaled_columns_refuse_floats_and_lost_decimals() -> None:
    dialect = sqlite.dialect()
    with pytest.raises(TypeError, match="never float"):
        AMOUNT.process_bind_param(0.5, dialect)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more than 4 decimal places"):
        AMOUNT.process_bind_param(Decimal("0.00001"), dialect)
    assert AMOUNT.process_bind_param(None, dialect) is None


@given(AMOUNTS, AMOUNTS)
def test_money_of_one_currency_adds_and_subtracts_exactly(first: Decimal, second: Decimal) -> None:
    a, b = Money(first, "USD"), Money(second, "USD")
    assert (a + b) - b == a
    assert a + (-a) == Money(Decimal(0), "USD")
    assert (a < b) == (first < second)


def test_money_refuses_floats_and_mixed_currencies() -> None:
    with pytest.raises(TypeError, match="never a float"):
        Money(0.1, "USD")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        Money(Decimal("NaN"), "USD")
    with pytest.raises(ValueError, match="EUR and USD cannot be added or compared"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@pytest.mark.parametrize("text", ["", "ten", "NaN", "Infinity", "1,000.00", "1 000", "0x10", "--1"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_exactly(value: Decimal) -> None:
    assert parse_decimal(f" {value} ") == value
