"""The page of the sync's rules says what the tests show, and each rule is shown."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import rules_table


def test_the_page_of_the_rules_is_what_the_tests_say() -> None:
    assert rules_table.TABLE.read_text(encoding="utf-8") == rules_table.table(), "run scripts/rules_table.py"


def test_each_of_the_fifteen_rules_is_shown_by_a_test() -> None:
    shown = {one.number for one in rules_table.shown()}
    assert sorted(set(range(1, 16)) - shown) == []
    assert shown <= set(rules_table.RULES)


def test_rules_with_two_directions_are_shown_in_both() -> None:
    both = {(one.number, one.direction) for one in rules_table.shown()}
    for number in (1, 3, 4, 6, 8, 9, 12, 13, 15):
        assert {(number, "out"), (number, "in")} <= both, number
