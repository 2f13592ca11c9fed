"""The demo, as a newcomer calls it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.ops.stacks import portal


def test_the_demo_syncs_both_ways_and_is_told_again_on_request_only(tmp_path: Path) -> None:
    first = portal("demo", "--json", data=tmp_path)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout.splitlines()[-1])
    assert told["status"] == "finished"
    assert told["written"] == {"customers": 2, "invoices": 5, "payments": 2, "credit_notes": 0}
    assert told["read"]["payments"] == 1, "the cheque that came in over there"
    assert told["problems"] == 0

    skipped = portal("demo", "--once", "--json", data=tmp_path)
    assert (skipped.returncode, skipped.stdout) == (0, "")

    again = portal("demo", "--json", data=tmp_path)
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout.splitlines()[-1])
    written = {"customers": 0, "invoices": 5, "payments": 2, "credit_notes": 0}
    assert told["written"] == written, "its customers are there, its sales new"
    assert told["read"]["payments"] == 1
