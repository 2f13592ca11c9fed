"""Many companies, workers and schedulers on one install: all done, none starved, Intacct never crowded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drills.plans import ground, town
from tests.drills.plans.place import Place
from tests.drills.plans.scenery import Scenery
from tests.drills.plans.stage import Stage
from tests.postgres import programs

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc"),
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL: install Debian's postgresql"),
    pytest.mark.postgres,
    pytest.mark.timeout(900),
]


@contextmanager
def town_of(folder: Path, companies: int, huge: int) -> Iterator[Stage]:
    """A town with nothing running in it yet."""
    with ground.server() as (server, databases):
        place = Place(databases, town.lay(databases, companies, huge), server)
        scenery = Scenery(place, folder, "--companies", str(companies), "--latency-ms", "40", RUN_SLICE="1")
        stage = Stage(scenery, folder)
        try:
            databases.copy(place.template, scenery.database)
            yield stage
        finally:
            stage.kill_processes()
            scenery.end()
            scenery.close()


def test_fifty_companies_due_at_once_are_all_done_by_eight_workers_and_two_schedulers(tmp_path: Path) -> None:
    with town_of(tmp_path, companies=50, huge=600) as stage:
        town.play(stage, companies=50, huge=600, workers=8, schedulers=2)
        assert stage.sandbox.control("concurrency")["highest"] == town.AT_ONCE_IN_INTACCT


def test_one_worker_does_not_let_ten_companies_wait_for_a_huge_one(tmp_path: Path) -> None:
    with town_of(tmp_path, companies=11, huge=400) as stage:
        town.play(stage, companies=11, huge=400, workers=1, schedulers=1)
