"""The page for operators says what the tests show of parts that are away."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import parts_table


def test_the_table_of_parts_is_what_the_tests_say() -> None:
    text = parts_table.PAGE.read_text(encoding="utf-8")
    assert parts_table.page(text) == text, "run scripts/parts_table.py"


def test_each_part_is_tried_down_slow_and_wrong() -> None:
    for part in ("Intacct", "the queue (Valkey, Redis)", "the database", "the mail server"):
        tried = {word for one in parts_table.shown() if one.part == part for word in one.conditions.split(", ")}
        assert {"down", "slow", "wrong"} <= tried, part
