"""Random books, edits, voids, credits and syncs on both sides, chosen and cut down by hypothesis.

The simulation's deeds are its rules; what must hold is the same. DRILLS=full tries many more, new ones each time.
"""

from __future__ import annotations

import os
import random
import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.models.run import RunKind
from tests.drills import simulation_credits, simulation_here, simulation_there
from tests.drills.checking import doubles
from tests.drills.simulate import calm, refuse
from tests.drills.simulation import MODES, Simulation
from tests.drills.simulation_control import MOMENTS, Killed
from tests.drills.simulation_house import House
from tests.drills.simulation_steps import STEPS

FULL = os.environ.get("DRILLS") == "full"
CHANCES = st.randoms(use_true_random=False)


class TwoBooks(RuleBasedStateMachine):
    """A company and its Intacct, to which anything may be done in any order."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house

    @initialize(seed=st.integers(0, 999), mode=st.sampled_from(MODES))
    def connect(self, seed: int, mode: str) -> None:
        self.sim = Simulation(self.house, seed, STEPS, mode=mode, deadly=False)
        self.sim.replay = ".venv/bin/pytest tests/drills/test_machine.py"
        self.sim.begin()

    @rule(name=st.sampled_from(list(simulation_here.STEPS)), chance=CHANCES)
    def somebody_works_here(self, name: str, chance: random.Random) -> None:
        self._do(name, chance)

    @rule(name=st.sampled_from(list(simulation_there.STEPS)), chance=CHANCES)
    def somebody_works_there(self, name: str, chance: random.Random) -> None:
        self._do(name, chance)

    @rule(name=st.sampled_from(list(simulation_credits.STEPS)), chance=CHANCES)
    def somebody_gives_credit(self, name: str, chance: random.Random) -> None:
        self._do(name, chance)

    @rule(name=st.sampled_from(("fault", "fault", "meanwhile", "freeze", "end sessions")), chance=CHANCES)
    def something_goes_wrong(self, name: str, chance: random.Random) -> None:
        self._do(name, chance)

    @rule(name=st.sampled_from(("back up", "restore")), chance=CHANCES)
    def the_database_is_copied(self, name: str, chance: random.Random) -> None:
        self._do(name, chance)

    @rule(moment=st.sampled_from(MOMENTS), nth=st.integers(0, 30))
    def the_next_worker_dies(self, moment: str, nth: int) -> None:
        def die() -> None:
            raise Killed(f"{moment}, number {nth}")

        self.sim.note(f"to die {moment}, number {nth}")
        self.sim.interrupt(moment, nth, die)

    @rule(kind=st.sampled_from((RunKind.SYNC, RunKind.SYNC, RunKind.SYNC, RunKind.SETTLE, RunKind.SWEEP)))
    def a_run_is_asked_for(self, kind: RunKind) -> None:
        self.sim.sync(kind)

    @rule(chance=CHANCES)
    def the_scheduler_ticks(self, chance: random.Random) -> None:
        self._do("tick", chance)

    @rule(minutes=st.sampled_from((1, 10, 25, 70, 1500)))
    def time_passes(self, minutes: int) -> None:
        self.sim.note(f"{minutes} minutes")
        self.sim.clock.advance(minutes=minutes)

    @invariant()
    def nothing_is_there_twice(self) -> None:
        if hasattr(self, "sim"):
            refuse(self.sim, doubles)

    def teardown(self) -> None:
        """Once nothing goes wrong any more, both books agree; unless this life ended in a failure already."""
        if hasattr(self, "sim") and sys.exc_info()[0] is None:
            calm(self.sim)

    def _do(self, name: str, chance: random.Random) -> None:
        self.sim.note(name)
        self.sim.do(name, chance)


@pytest.mark.timeout(7200 if FULL else 900)  # of which a run that holds takes a small part; a failure is cut down
def test_both_books_agree_whatever_is_done_in_whatever_order(house: House) -> None:
    run_state_machine_as_test(
        lambda: TwoBooks(house),
        settings=settings(
            max_examples=500 if FULL else 20,
            stateful_step_count=20,
            deadline=None,
            derandomize=not FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )
