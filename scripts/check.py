"""Run the project's checks and tests one after the other, and say at the end what failed and what was skipped.

Usage: check.py quick|all|drills      `quick` leaves out what needs a database, a browser or more than a few seconds;
`drills` runs the fault drills alone, in their long form.
Exits with 0 when everything that ran passed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CODE = ("portal", "intacct_sandbox", "migrations", "tests", "scripts", "wsgi.py")
NO_TESTS_COLLECTED = 5
# One process a core, and one more since integration tests wait for servers; a file's tests stay together.
PARALLEL = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile")
# Seeds of a simulation: whoever has nothing left takes of another's.
SHARED_OUT = (*PARALLEL[:2], "--dist", "worksteal")
# Each file's portal and browser wait for each other most of the time.
BROWSERS = ("-n", "2", "--dist", "loadfile")
SKIPPED = re.compile(r"^SKIPPED \[\d+\] (.*)$")


@dataclass(frozen=True)
class Step:
    """One program to run; it is left out, with `why_not`, where its subject does not exist, unless `required`."""

    name: str
    argv: tuple[str, ...]
    why_not: str = ""
    required: bool = False


@dataclass
class Outcome:
    """What happened so far."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def leave_out(self, step: Step, why: str) -> None:
        """Remember that a step did not run: a failure where it is required."""
        (self.failed if step.required else self.skipped).append(f"{step.name}: {why}")


def steps(which: str) -> list[Step]:
    """What to run, the quickest first."""
    drills = [
        Step("simulated drills", ("pytest", "-q", *SHARED_OUT, "tests/drills", "--ignore-glob=*test_plans*")),
        # They start what they need at once by themselves.
        Step(
            "drills with processes",
            ("pytest", "-q", "tests/drills/test_plans.py", "tests/drills/test_plans_scale_out.py"),
        ),
    ]
    if which == "drills":
        return drills
    found = [
        Step("ruff check", ("ruff", "check", *_existing(CODE))),
        Step("ruff format", ("ruff", "format", "--check", *_existing(CODE))),
        Step("mypy", ("mypy",)),
        Step("import contracts", ("lint-imports",)),
        Step("template lint", ("djlint", "--lint", "--quiet", "portal/templates"), _unless("portal/templates")),
        Step("site rules", ("pytest", "-q", "tests/test_site_rules.py")),
        Step("unit tests", ("pytest", "-q", *PARALLEL, "tests/unit"), _unless("tests/unit")),
    ]
    if which == "all":
        found += [
            Step("integration tests", ("pytest", "-q", *PARALLEL, "tests/integration"), _unless("tests/integration")),
            *drills,
            Step(
                "browser tests",
                ("pytest", "-q", *BROWSERS, "-o", "timeout=300", "tests/browser"),
                _unless("tests/browser"),
                required=os.environ.get("REQUIRE_BROWSER") == "1",
            ),
        ]
    return found


def _existing(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if (TOP / name).exists())


def _unless(folder: str) -> str:
    files = list((TOP / folder).rglob("*.*")) if (TOP / folder).exists() else []
    return "" if files else f"there is no {folder}"


def run(step: Step, outcome: Outcome) -> None:
    """Run one step, passing its output on and remembering what it skipped."""
    if step.why_not:
        outcome.leave_out(step, step.why_not)
        return
    say(f"== {step.name}")
    began = time.monotonic()
    argv = [str(BIN / step.argv[0]), *step.argv[1:]]
    with subprocess.Popen(argv, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            if match := SKIPPED.match(line):
                outcome.skipped.append(match[1])
    if process.returncode == NO_TESTS_COLLECTED:
        outcome.leave_out(step, "none were found")
    elif process.returncode:
        outcome.failed.append(step.name)
    say(f"-- {step.name}: {'ok' if not process.returncode else 'failed'}, {time.monotonic() - began:.1f} s")


def say(text: str) -> None:
    """A line of the report, in order with the programs' own."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run all steps; the exit status says whether all passed."""
    if len(sys.argv) != 2 or sys.argv[1] not in ("quick", "all", "drills"):
        sys.stderr.write(__doc__ or "")
        return 3
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    if sys.argv[1] == "drills":
        os.environ["DRILLS"] = "full"
    outcome = Outcome()
    for step in steps(sys.argv[1]):
        run(step, outcome)
    say("")
    say("Skipped:" if outcome.skipped else "Nothing was skipped.")
    for line in outcome.skipped:
        say(f"  {line}")
    say(f"FAILED: {', '.join(outcome.failed)}" if outcome.failed else "All passed.")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main())
