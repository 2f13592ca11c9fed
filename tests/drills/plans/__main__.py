"""Play plans by name: python -m tests.drills.plans [NAME ...] [--mode received|success|ignored] [--folder FOLDER]

Without names, all. Without a mode, each plan's own. Exits with 1 when one did not hold; its logs stay in the folder.

With --serve, lines "NAME MODE" come from standard input, and each is answered by one line of JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from intacct_sandbox.switches import UNIQUEID_MODES
from tests.drills.plans import all_plans, ground
from tests.drills.plans.place import Place
from tests.drills.plans.plan import by_name, mode_of, play
from tests.drills.plans.scenery import Scenery
from tests.postgres import Databases


def main() -> int:
    """The exit status."""
    asked = _arguments()
    folder = Path(asked.folder or tempfile.mkdtemp(prefix="drills-"))
    with _place(asked) as place:
        scenery = Scenery(place, Path(tempfile.mkdtemp(prefix="scenery-", dir=folder)))
        try:
            if asked.serve:
                return _serve(scenery, folder)
            names = asked.names or list(all_plans.PLANS)
            return max(_play(name, asked.mode or mode_of(name), scenery, folder) for name in names)
        finally:
            scenery.close()


@contextmanager
def _place(asked: argparse.Namespace) -> Iterator[Place]:
    if asked.address:
        yield Place(Databases(asked.address), asked.template)
        return
    with ground.made() as place:
        yield place


def _serve(scenery: Scenery, folder: Path) -> int:
    for line in sys.stdin:
        name, mode = line.split()
        story = io.StringIO()
        with redirect_stdout(story):
            status = _play(name, mode, scenery, folder)
        sys.stdout.write(json.dumps({"held": status == 0, "story": story.getvalue()}) + "\n")
        sys.stdout.flush()
    return 0


def _play(name: str, mode: str, scenery: Scenery, folder: Path) -> int:
    logs = folder / f"{name}-{mode}"
    print(f"== {name}, uniqueid {mode}, logs in {logs}", flush=True)  # noqa: T201 - this is its output
    try:
        play(by_name(all_plans.PLANS, name), scenery, logs, mode)
    except Exception:  # noqa: BLE001 - whatever went wrong, the next plan is played
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--mode", choices=UNIQUEID_MODES, default="")
    parser.add_argument("--folder", default="", help="where the logs go")
    parser.add_argument("--address", default="", help="of a PostgreSQL server that has the template")
    parser.add_argument("--template", default="", help="the template database on it")
    parser.add_argument("--serve", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
