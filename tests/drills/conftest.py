"""Drills: how many seeds are run, this process's portal for simulations, and where workers died, told at the end.

DRILLS=full asks for the long form of every drill. DRILLS_SEEDS, DRILLS_FIRST choose how many seeds of the simulation
are run, and from which on.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.drills.simulation_house import House, built
from tests.drills.simulation_points import Points


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The portal of this process, made once for all seeds; tests of other modules have the portal as it is."""
    with built(tmp_path_factory.mktemp("simulation")) as house:
        gc.freeze()  # ten thousand collected tests would be looked through again and again
        yield house
        gc.unfreeze()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the process that hears of all tests, whoever ran them
        config.pluginmanager.register(Points(), "points-where-workers-died")
