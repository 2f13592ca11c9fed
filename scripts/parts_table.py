"""Write "What works when a part is down" into docs/operating.md from the tests that show it.

A test marked `part(part, what)` shows what becomes of `what` while the part is down (nobody listens), slow (it accepts
and never answers) or wrong (it answers nonsense); its name says what, its parameters say in which of the three.

Usage: parts_table.py [--check]      With --check nothing is written; exits with 1 when the table is stale.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PAGE = TOP / "docs" / "operating.md"
TESTS = TOP / "tests" / "integration" / "safety"
BEGIN, END = "<!-- parts: begin -->", "<!-- parts: end -->"
PARTS = ("Intacct", "the queue (Valkey, Redis)", "the database", "the mail server", "everything at once")
ALL = "down, slow, wrong"
HEAD = """## What works when a part is down

Down: nobody listens. Slow: it accepts and never answers. Wrong: it answers nonsense. Nothing waits longer than its
limit: a page for Intacct 45 s in all (5 s to connect, 30 s for an answer), for the queue 3 s, for the database 5 s to
connect and `DATABASE_WAIT` for a statement; a run's request to Intacct 130 s (writes) or 210 s (reads, all tries
together); a mail 20 s for each answer. This table is written by `scripts/parts_table.py` from the tests' own names; a
test fails when it is stale.

| part | which | what | what happens | test |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Shown:
    """One test that shows what happens while a part is away."""

    part: str
    what: str
    conditions: str
    says: str
    test: str


def shown() -> list[Shown]:
    """Every marked test, by part and place."""
    found = [one for path in sorted(TESTS.glob("test_*.py")) for one in _of(path)]
    return sorted(found, key=lambda one: PARTS.index(one.part))


def section() -> str:
    """The whole section, between its marks."""
    rows = [f"| {one.part} | {one.conditions} | {one.what} | {one.says} | `{one.test}` |\n" for one in shown()]
    return f"{BEGIN}\n{HEAD}{''.join(rows)}{END}\n"


def page(text: str) -> str:
    """The page with the section as it is now, at its end where it was not yet."""
    if BEGIN not in text:
        return f"{text.rstrip()}\n\n{section()}"
    before, _, rest = text.partition(BEGIN)
    return before + section() + rest.partition(f"{END}\n")[2]


def _of(path: Path) -> Iterator[Shown]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        calls = {ast.unparse(mark.func): mark for mark in _decorators(node) if isinstance(mark, ast.Call)}
        if isinstance(node, ast.FunctionDef) and (mark := calls.get("pytest.mark.part")):
            part, what = (ast.literal_eval(argument) for argument in mark.args)
            place = path.relative_to(TOP / "tests").as_posix()
            yield Shown(part, what, _conditions(node), _sentence(node.name), f"{place}::{node.name}")


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, ast.FunctionDef) else []


def _conditions(test: ast.FunctionDef) -> str:
    """In which conditions the test is tried; a dash where its subject says it."""
    for mark in test.decorator_list:
        if ast.unparse(mark) == "in_every_condition":
            return ALL
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.parametrize":
            return ", ".join(ast.literal_eval(mark.args[1]))
    return "-"


def _sentence(name: str) -> str:
    words = name.removeprefix("test_").replace("_", " ").replace("intaccts", "Intacct's").replace("intacct", "Intacct")
    return words[0].upper() + words[1:] + "."


def main() -> int:
    """Write the section, or say that it is stale."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        fresh = page(text) == text
        sys.stdout.write(f"{PAGE.relative_to(TOP)} is {'fresh' if fresh else 'stale: run scripts/parts_table.py'}\n")
        return 0 if fresh else 1
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
