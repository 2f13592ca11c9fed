"""What each setting takes, as typed on a command line, sent by a page, or given as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from portal.errors import InvalidInput
from portal.services.integration_values import SETTINGS, read_value


def read(key: str, value: Any) -> Any:
    """The value with no list known."""
    return read_value(SETTINGS[key], value, {})


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("ON", True),
        ("yes", True),
        ("1", True),
        ("off", False),
        (0, False),
    ],
)
def test_switches_take_booleans_and_their_words(value: Any, stored: bool) -> None:
    assert read("auto_sync", value) is stored


@pytest.mark.parametrize("value", ["", "maybe", None, 2, [True], {}])
def test_a_switch_is_on_or_off_and_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("auto_sync", value)
    assert refused.value.field == "auto_sync"


@pytest.mark.parametrize(
    ("value", "stored"), [("2026-01-31", "2026-01-31"), (dt.date(2026, 1, 31), "2026-01-31"), ("", None), (None, None)]
)
def test_the_start_is_a_day_or_nothing(value: Any, stored: str | None) -> None:
    assert read("sync_from", value) == stored


@pytest.mark.parametrize("value", ["31.01.2026", "2026-02-30", "1999-12-31", "2101-01-01", 20260131, True])
def test_what_is_no_day_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("sync_from", value)
    assert refused.value.field == "sync_from"


@pytest.mark.parametrize(
    ("value", "stored"), [("bank: CHK-01 ", "bank:CHK-01"), ("undeposited:1090", "undeposited:1090"), ("", "")]
)
def test_payments_go_to_a_bank_or_wait_undeposited(value: str, stored: str) -> None:
    assert read("deposit_to", value) == stored


@pytest.mark.parametrize(
    "value", ["CHK-01", "bank:", "undeposited: ", "drawer:1", "bank", "x" * 61, "bank:a\x00b", True, 1.5]
)
def test_a_deposit_says_which_it_is(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("deposit_to", value)
    assert refused.value.field == "deposit_to"


def test_account_numbers_may_be_given_as_numbers() -> None:
    assert read("income_account", 4000) == "4000"


@pytest.mark.parametrize("key", list(SETTINGS))
def test_every_setting_says_what_it_is_called_and_what_for(key: str) -> None:
    assert SETTINGS[key].label
    assert SETTINGS[key].help.endswith(".")
