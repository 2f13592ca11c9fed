"""Write docs/rules.md from the tests that are marked with a rule: what the portal does, which way, and the test.

Usage: rules_table.py [--check]      With --check nothing is written; exits with 1 when the table is stale.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
TABLE = TOP / "docs" / "rules.md"
RULES = {
    1: "Customers are matched by name",
    2: "Issued invoices that changed are written",
    3: "An imported invoice is Intacct's",
    4: "A written invoice that is changed or voided on either side",
    5: "An Order Entry edit replaces the A/R record",
    6: "Bill-to contacts as customers",
    7: "A number that is in use in Intacct",
    8: "A credit that settles a whole invoice",
    9: "Partial credits",
    10: "The sync brings only customers with invoices",
    11: "A payment waits for its invoices",
    12: "Voids and reversals",
    13: "Skipping a record",
    14: "A credit's lines sum to its total",
    15: "A link keeps its entity",
}
DIRECTIONS = {"out": "to Intacct", "in": "from Intacct"}
HEAD = """# The rules of the sync, and the tests that show them

Written by `scripts/rules_table.py` from the tests' own names; a test fails when it is stale.

"""


@dataclass(frozen=True)
class Shown:
    """One test that shows a rule."""

    number: int
    direction: str
    says: str
    test: str


def shown() -> list[Shown]:
    """Every marked test, by rule, direction and place."""
    files = sorted((TOP / "tests").rglob("test_*.py"))
    return sorted((one for path in files for one in _of(path)), key=lambda one: (one.number, one.direction != "out"))


def table() -> str:
    """The whole page."""
    found = shown()
    parts = [HEAD]
    for number, title in RULES.items():
        parts.append(f"## {number}. {title}\n\n| direction | what the portal does | test |\n|---|---|---|\n")
        parts += [
            f"| {DIRECTIONS[one.direction]} | {one.says} | `{one.test}` |\n" for one in found if one.number == number
        ]
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def _of(path: Path) -> Iterator[Shown]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
                number, direction = (ast.literal_eval(part) for part in mark.args)
                place = path.relative_to(TOP / "tests").as_posix()
                yield Shown(number, direction, _sentence(node.name, number), f"{place}::{node.name}")


def _sentence(name: str, number: int) -> str:
    words = name.removeprefix("test_").removeprefix(f"rule_{number}_").replace("_", " ")
    return (
        words[0].upper()
        + words[1:].replace("intaccts", "Intacct's").replace("intacct", "Intacct").replace(" ar ", " A/R ")
        + "."
    )


def main() -> int:
    """Write the table, or say that it is stale."""
    if "--check" in sys.argv[1:]:
        fresh = TABLE.exists() and TABLE.read_text(encoding="utf-8") == table()
        sys.stdout.write(f"docs/rules.md is {'fresh' if fresh else 'stale: run scripts/rules_table.py'}\n")
        return 0 if fresh else 1
    TABLE.write_text(table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
