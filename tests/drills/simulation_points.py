"""Where workers died over all seeds of a test run: counted, told at the end, and a failure where too little was hit.

Each test of a seed leaves the points that it passed and struck in its report, so that they arrive whichever process
ran it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from tests.drills.simulation_control import MOMENTS, Point

SEED, PASSED, STRUCK, COMPARED = "seed", "points passed", "points struck", "documents compared"
SEPARATOR = "\t"

ENOUGH_SEEDS = 500
"""With so many seeds something is asked of them."""
OFTEN, SHARE = 210, 0.85
"""Of the points that so many seeds pass, this share has to be struck; which are left to luck is told below."""

COMMITTING = ("claim", "sign_in", "settle", "read", "take_back", "customers", "invoices", "credit_notes", "payments",
              "close", "sweep", "tie_out")  # fmt: skip
"""Steps in which workers have to die at a commit, whatever else there is."""
CALLING = ("settle", "read", "take_back", "customers", "invoices", "credit_notes", "payments", "sweep", "tie_out")
"""Steps in which they have to die at a request, too."""


def wanted_seeds() -> range:
    """The seeds to be run."""
    full = os.environ.get("DRILLS") == "full"
    first = int(os.environ.get("DRILLS_FIRST", "1"))
    return range(first, first + int(os.environ.get("DRILLS_SEEDS", "10000" if full else "500")))


def packed(points: Iterable[Point]) -> list[str]:
    """Points as a report can carry them."""
    return [SEPARATOR.join(point) for point in points]


class Points:
    """What was passed and struck so far, by how many seeds."""

    def __init__(self) -> None:
        self.seeds = 0
        self.failed = 0
        self.compared = self.explained = 0
        self.passed: Counter[Point] = Counter()
        self.struck: Counter[Point] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        if report.when != "call" or SEED not in told:
            return
        self.seeds += 1
        self.failed += report.failed
        compared, explained = told.get(COMPARED, (0, 0))
        self.compared += compared
        self.explained += explained
        self.passed.update(Point(*text.split(SEPARATOR)) for text in told.get(PASSED, ()))
        self.struck.update(Point(*text.split(SEPARATOR)) for text in told.get(STRUCK, ()))

    def lacking(self) -> list[str]:
        """What had to be struck and was not; nothing is asked of a few seeds."""
        if self.seeds < ENOUGH_SEEDS:
            return []
        places = {(point.moment.split()[-1], point.step) for point in self.struck}
        demanded = [(what, step) for what, steps in (("commit", COMMITTING), ("request", CALLING)) for step in steps]
        missing = [f"nobody died at a {what} in {step}" for what, step in demanded if (what, step) not in places]
        often = [point for point, count in self.passed.items() if count >= OFTEN]
        struck = len(often) - len(self.spared())
        if struck < SHARE * len(often):
            missing.append(f"of {len(often)} points that {OFTEN} seeds pass only {struck} were struck")
        return missing

    def spared(self) -> list[Point]:
        """The points that many seeds passed and no worker died at."""
        return sorted(point for point, count in self.passed.items() if count >= OFTEN and point not in self.struck)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.lacking() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.seeds:
            return
        tell = terminalreporter
        tell.section("simulated seeds")
        tell.line(
            f"{self.seeds} of {len(wanted_seeds())} seeds were run, {self.failed} failed; {self.compared} documents"
            f" were compared to the cent, {self.explained} explained."
        )
        tell.line(f"Workers died {self.struck.total()} times, at {len(self.struck)} of {len(self.passed)} points:")
        for step in dict.fromkeys(point.step for point in sorted(self.passed, key=lambda point: point.step)):
            tell.line(f"  {step:20}" + "".join(f"{self._cell(moment, step):>22}" for moment in MOMENTS))
        for point in self.spared() if self.seeds >= ENOUGH_SEEDS else ():
            tell.line(f"passed by {self.passed[point]} seeds, struck by none: {point}")
        for text in self.lacking():
            tell.line(f"LACKING: {text}", red=True)

    def _cell(self, moment: str, step: str) -> str:
        passed = {point for point in self.passed if (point.moment, point.step) == (moment, step)}
        struck = {point for point in self.struck if (point.moment, point.step) == (moment, step)}
        return f"{moment} {len(struck)}/{len(passed)}" if passed else ""
