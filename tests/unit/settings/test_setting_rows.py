"""Settings that are lists: what a row takes, where its fault is told, and which rule wins."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from portal.errors import InvalidInput
from portal.services.integration_rows import Deposit, PaymentRule, best_deposit
from portal.services.integration_values import SETTINGS, read_value


def read(key: str, value: Any) -> Any:
    """The value with no list known."""
    return read_value(SETTINGS[key], value, {})


def faults(key: str, value: Any) -> list[str]:
    """The places at fault."""
    with pytest.raises(InvalidInput) as refused:
        read(key, value)
    assert all(fault.message.endswith("Nothing was saved.") for fault in refused.value.all)
    return [fault.field for fault in refused.value.all]


@pytest.mark.parametrize("key", ["invoice_document_types", "payment_rules", "custom_fields"])
@pytest.mark.parametrize("value", [[], None, ""])
def test_lists_may_be_empty(key: str, value: Any) -> None:
    assert read(key, value) == []


@pytest.mark.parametrize("key", ["invoice_document_types", "payment_rules", "custom_fields"])
@pytest.mark.parametrize("value", [{"a": 1}, 7, True, [7], [[]], ["x" * 201], [{}] * 101])
def test_what_is_no_such_list_is_refused_under_its_key(key: str, value: Any) -> None:
    assert all(field.split(".")[0] == key for field in faults(key, value))


def test_document_types_are_names_each_once() -> None:
    assert read("invoice_document_types", [" Sales Invoice ", "sales invoice", "Service Invoice"]) == [
        "Sales Invoice",
        "Service Invoice",
    ]
    assert read("invoice_document_types", "Sales Invoice") == ["Sales Invoice"]


def test_a_rule_takes_any_method_or_currency_where_none_is_named() -> None:
    rows = [{"deposit_to": "bank: CHK-01"}, {"method": "Check", "currency": "*", "deposit_to": "undeposited:1090"}]
    assert read("payment_rules", rows) == [
        {"method": "", "currency": "", "deposit_to": "bank:CHK-01"},
        {"method": "check", "currency": "", "deposit_to": "undeposited:1090"},
    ]


def test_every_fault_of_every_row_is_told_at_its_place() -> None:
    rows = [
        {"method": "barter", "currency": "dollars", "deposit_to": "CHK-01"},
        {"method": "check", "account": "1"},
        {"deposit_to": "bank:CHK-01"},
    ]
    assert faults("payment_rules", rows) == [
        "payment_rules.0.method",
        "payment_rules.0.currency",
        "payment_rules.0.deposit_to",
        "payment_rules.1.account",
        "payment_rules.1.deposit_to",
    ]


def test_two_rules_for_the_same_payments_are_refused() -> None:
    rule = {"method": "check", "currency": "usd", "deposit_to": "bank:CHK-01"}
    assert faults("payment_rules", [rule, {**rule, "currency": "USD", "deposit_to": "bank:CHK-02"}]) == [
        "payment_rules.1.currency"
    ]


def test_custom_fields_name_an_object_a_field_and_a_key() -> None:
    row = {"object": "sodocument", "field": "contract_no", "metadata_key": "contract"}
    assert read("custom_fields", [row]) == [
        {"object": "SODOCUMENT", "field": "CONTRACT_NO", "metadata_key": "contract"}
    ]
    assert faults("custom_fields", [{"object": "VENDOR", "field": "A B", "metadata_key": "a key"}]) == [
        "custom_fields.0.object",
        "custom_fields.0.field",
        "custom_fields.0.metadata_key",
    ]
    assert faults("custom_fields", [row, {**row, "field": "OTHER"}]) == ["custom_fields.1.metadata_key"]


RULES = (
    PaymentRule("", "", "bank:ANY"),
    PaymentRule("check", "", "bank:CHECKS"),
    PaymentRule("", "EUR", "bank:EUROS"),
    PaymentRule("check", "EUR", "undeposited:1090"),
)


@pytest.mark.parametrize(
    ("method", "currency", "goes_to"),
    [
        ("check", "EUR", Deposit(undeposited="1090")),
        ("wire", "EUR", Deposit(bank="EUROS")),
        ("check", "USD", Deposit(bank="CHECKS")),
        ("wire", "USD", Deposit(bank="ANY")),
    ],
)
def test_the_closest_rule_wins_in_whatever_order_they_stand(method: str, currency: str, goes_to: Deposit) -> None:
    for rules in permutations(RULES):
        assert best_deposit(rules, method, currency, "bank:DEFAULT") == goes_to


def test_a_currency_weighs_more_than_a_method() -> None:
    assert best_deposit(RULES[1:3], "check", "EUR", "bank:DEFAULT") == Deposit(bank="EUROS")


def test_without_a_rule_that_fits_the_default_is_taken() -> None:
    assert best_deposit(RULES[1:2], "wire", "USD", "bank:DEFAULT") == Deposit(bank="DEFAULT")
    assert best_deposit((), "wire", "USD", "") == Deposit()
