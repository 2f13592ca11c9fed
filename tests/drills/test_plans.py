"""Fault drills with real processes: whatever is killed, lost or doubled, both books agree in the end.

Several are played at once, since most of a plan is waiting; `python -m tests.drills.plans NAME` plays one. DRILLS=full
plays every plan in every mode of `uniqueid`; else the modes take turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from intacct_sandbox.switches import UNIQUEID_MODES
from tests.drills.plans import ground
from tests.drills.plans.all_plans import PLANS
from tests.drills.plans.place import Place
from tests.drills.plans.plan import mode_of
from tests.integration.ops.stacks import TOP
from tests.postgres import programs

AT_ONCE = 4 * (os.cpu_count() or 1)
PLAYED = [
    (name, mode)
    for name in PLANS
    for mode in (UNIQUEID_MODES if os.environ.get("DRILLS") == "full" else (mode_of(name),))
]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc"),
    pytest.mark.postgres,
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Outcome:
    """How a plan ended, and its story."""

    held: bool
    story: str


class Player:
    """A process that plays one plan after the other."""

    def __init__(self, place: Place, folder: Path) -> None:
        there = ["--address", place.databases.address, "--template", place.template, "--folder", str(folder)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drills.plans", "--serve", *there], cwd=TOP, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def play(self, name: str, mode: str) -> Outcome:
        """Play a plan to its end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{name} {mode}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        return Outcome(**json.loads(answer)) if answer else Outcome(False, "its player died")

    def end(self) -> None:
        """Let it end; it takes its servers with it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


class Playing:
    """Plays every plan that is asked for, in their order, several at once."""

    def __init__(self, place: Place, folder: Path, asked: list[tuple[str, str]]) -> None:
        self._free: SimpleQueue[Player] = SimpleQueue()
        self._players = [Player(place, folder) for _ in range(max(1, min(AT_ONCE, len(asked))))]
        for player in self._players:
            self._free.put(player)
        self._pool = ThreadPoolExecutor(len(self._players))
        self._played = {(name, mode): self._pool.submit(self._play, name, mode) for name, mode in asked}

    def outcome(self, name: str, mode: str) -> Outcome:
        """How a plan ended; waits for its end."""
        if (name, mode) not in self._played:
            self._played[name, mode] = self._pool.submit(self._play, name, mode)
        return self._played[name, mode].result()

    def end(self) -> None:
        """Play no more."""
        self._pool.shutdown(cancel_futures=True)
        for player in self._players:
            player.end()

    def _play(self, name: str, mode: str) -> Outcome:
        player = self._free.get()
        try:
            return player.play(name, mode)
        finally:
            self._free.put(player)


@pytest.fixture(scope="session")
def playing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    """The plans of this test run, under way."""
    if programs() is None and os.environ.get("REQUIRE_POSTGRES") != "1":
        pytest.skip("no PostgreSQL: install Debian's postgresql")
    # Shared out among test processes, each knows all tests but not which are its own: it plays when it is asked.
    items = [] if "PYTEST_XDIST_WORKER" in os.environ else request.session.items
    asked = [item.callspec.params["played"] for item in items if "played" in getattr(item, "fixturenames", ())]
    folder = tmp_path_factory.mktemp("drills")
    with ground.made() as place:
        plays = Playing(place, folder, asked)
        try:
            yield plays
        finally:
            plays.end()


@pytest.mark.parametrize("played", PLAYED, ids=lambda played: "-".join(played))
def test_after_the_plan_every_document_is_there_once_and_both_books_agree(
    played: tuple[str, str], playing: Playing
) -> None:
    name, mode = played
    outcome = playing.outcome(name, mode)
    replay = f".venv/bin/python -m tests.drills.plans {name} --mode {mode}"
    assert outcome.held, f"to play it again: {replay}\n{outcome.story}"
