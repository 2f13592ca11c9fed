"""One table of what the portal takes for its work, beside the public client `sageintacctsdk` doing the same work on the
same sandbox in the same run: `make bench`, or `python benchmarks/bench.py [PART ...]` for some of its parts.

The sandbox is a process of its own that answers over HTTP on loopback, 50 ms late. Every piece of work runs in a fresh
process. What counts are the ratios, not the seconds: a busy machine makes all sides slower.
"""

# ruff: noqa: T201 - the table is what this is for
from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import idle, reading, running, writing
from benchmarks.running import Measured

DOCUMENTS = 1_000
CUSTOMERS = 20_000
FEW_CUSTOMERS, MANY_CUSTOMERS = 10_000, 100_000
FEW_INVOICES, MANY_INVOICES = 100, 100_000
LISTED = 1_000_000
COMPARED = 100_000


@dataclass(frozen=True)
class Row:
    """A line of the table: a piece of work, what it took us and the other side, and a figure with its bound."""

    work: str
    ours: Measured | None
    other: Measured | None
    what: str
    figure: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def wanted(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""

    @property
    def reached(self) -> str:
        """Whether the figure keeps within its bound."""
        if self.figure is None or not self.wanted:
            return ""
        low, high = self.at_least, self.at_most
        return "no" if (low is not None and self.figure < low) or (high is not None and self.figure > high) else "yes"


def write(folder: Path) -> Iterator[Row]:
    with running.sandbox() as sandbox:
        found = writing.measure(folder, sandbox, DOCUMENTS)
    ours, sdk, bare = found["ours"], found["sdk"], found["bare"]
    work = f"{DOCUMENTS:,} invoices and {DOCUMENTS:,} payments written"
    yield Row(work, ours, sdk, "wall, SDK / ours", sdk.wall / ours.wall, at_least=20)
    yield Row("", None, None, "requests, SDK / ours", sdk.requests / ours.requests, at_least=40)
    yield Row(
        " beside a bare loop with two in flight", ours, bare, "wall, ours / loop", ours.wall / bare.wall, at_most=1.5
    )
    (folder / "slow").mkdir()
    with running.sandbox() as sandbox:
        slow = writing.measure(folder / "slow", sandbox, DOCUMENTS, ("ours", "bare"), slow=True)
    ours, bare = slow["ours"], slow["bare"]
    work = f" the same where Intacct needs {writing.SLOW_SECONDS} s more"
    yield Row(work, ours, bare, "wall, ours / loop", ours.wall / bare.wall, at_most=1.5)


def read(folder: Path) -> Iterator[Row]:
    with running.sandbox() as sandbox:
        found = reading.measure(folder, sandbox, CUSTOMERS)
    ours, sdk = found["ours"], found["sdk"]
    yield Row(f"{CUSTOMERS:,} customers read and parsed", ours, sdk, "CPU, SDK / ours", sdk.cpu / ours.cpu, at_least=3)
    yield Row(f"{CUSTOMERS:,} customers read and stored", found["import"], None, "")


def remember(folder: Path) -> Iterator[Row]:
    found = []
    for count in (FEW_CUSTOMERS, MANY_CUSTOMERS):
        with running.sandbox() as sandbox:
            sandbox.control("plant", customers=count)
            found.append(reading.imported(folder, sandbox, count))
    few, many = found
    yield Row(f"{FEW_CUSTOMERS:,} customers read and stored", few, None, "")
    yield Row(
        f"{MANY_CUSTOMERS:,} customers read and stored",
        many,
        None,
        "peak, to the above",
        many.peak / few.peak,
        at_most=1.2,
    )


def rest(folder: Path) -> Iterator[Row]:
    for count in (FEW_INVOICES, MANY_INVOICES):
        found = idle.measure(folder, count)
        work = f"A sync with nothing to do, {count:,} invoices"
        yield Row(work, found["ours"], found["sdk"], "requests", found["ours"].requests, at_most=3)


def lists(folder: Path) -> Iterator[Row]:
    found = running.run("lists.py", str(LISTED), "--tell")
    yield Row(
        f"Rows of list pages, {LISTED:,} invoices", found, None, "time, to 1,000", found.more["worst"], at_most=1.5
    )


def tie_out(folder: Path) -> Iterator[Row]:
    few, many = (running.run("tie_out.py", "--one", str(count)) for count in (COMPARED // 10, COMPARED))
    yield Row(f"Tie-out of {COMPARED // 10:,} invoices", few, None, "")
    yield Row(f"Tie-out of {COMPARED:,} invoices", many, None, "peak, to the above", many.peak / few.peak, at_most=1.2)


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "write": write, "read": read, "idle": rest, "tie_out": tie_out, "lists": lists, "memory": remember,
}  # fmt: skip

SIDE = f"{'wall s':>8} {'CPU s':>7} {'reqs':>5} {'funcs':>6} {'MB':>5}"
HEAD = (
    f"{'work':46} | {'ours':^35} | {'the SDK (or loop)':^35} | {'figure':^22} {'':>7} {'wanted':>7} reached\n"
    f"{'':46} | {SIDE} | {SIDE} |"
)


def side(found: Measured | None) -> str:
    if found is None:
        return " " * len(SIDE)
    counts = f"{found.requests:5} {found.functions:6}" if found.requests else " " * 12
    return f"{found.wall:8.2f} {found.cpu:7.2f} {counts} {found.peak:5.0f}"


def line(row: Row) -> str:
    figure = "" if row.figure is None else f"{row.figure:.2f}".removesuffix(".00")
    bound = f"{row.what:22} {figure:>7} {row.wanted:>7} {row.reached}"
    return f"{row.work:46} | {side(row.ours)} | {side(row.other)} | {bound}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    chosen = parser.parse_args().parts or list(PARTS)
    if find_spec("sageintacctsdk") is None:
        print("sageintacctsdk is not installed here: run `make setup`, or pip install sageintacctsdk, then this again.")
        return 2
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start; {running.LATENCY_MS} ms latency")
    print(HEAD, flush=True)
    missed = 0
    for part in chosen:
        with tempfile.TemporaryDirectory() as folder:
            for row in PARTS[part](Path(folder)):
                print(line(row), flush=True)
                missed += row.reached == "no"
    print(f"load {os.getloadavg()[0]:.1f} at the end; not reached: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
