"""Live through one seed of the simulation, and see that the promise held; as a program, replay a seed with its log.

Usage: python -m tests.drills.simulate --seed 123 [--mode success] [--steps 9] [--only 3,7] [--no-deaths] [--shrink]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from portal.extensions import db
from tests.drills.checking import disagreements, doubles, unended
from tests.drills.checking_tie_out import untied
from tests.drills.simulation import MODES, SETTLE_WAIT_MINUTES, Simulation, open_postings
from tests.drills.simulation_house import House, built
from tests.drills.simulation_people import disregarded
from tests.drills.simulation_steps import STEPS

FEWEST_STEPS, MOST_STEPS = 4, 8
SYNCS_TO_REST = 4
"""After the one that follows the troubles: a taken back payment goes again with the next sync, a refused record after
an hour, and a decision may ask for either."""


class Disagreement(AssertionError):
    """The promise was broken."""


def steps_of(seed: int) -> range:
    """The places of a seed's steps."""
    return range(random.Random(f"{seed}:steps").randint(FEWEST_STEPS, MOST_STEPS))


def live(
    house: House, seed: int, places: Iterable[int] | None = None, *, mode: str = "", deadly: bool = True
) -> Simulation:
    """Live through a seed. Raises Disagreement with the steps and the command that replays them."""
    if not house.trodden:
        house.trodden = _trodden(house)
    sim = Simulation(house, seed, STEPS, mode=mode, deadly=deadly)

    def lived() -> None:
        sim.begin()
        for place in steps_of(seed) if places is None else places:
            sim.step(place)
            refuse(sim, doubles)
        calm(sim)

    return told(sim, lived)


def told(sim: Simulation, lived: Callable[[], None]) -> Simulation:
    """Have the simulation live; whatever breaks is told with its story."""
    try:
        lived()
    except Disagreement:
        raise
    except Exception as error:
        raise Disagreement("\n".join((f"{type(error).__name__}: {error}", *story(sim)))) from error
    finally:
        db.session.remove()
    return sim


def calm(sim: Simulation) -> None:
    """Faults gone, one more sync after the settle wait: nothing is there twice, every difference is explained. Then
    decisions are taken and syncs go on until the books are at rest: everything is in Intacct once, to the cent."""
    chance = random.Random(f"{sim.seed}:calm")
    at_once, long = chance.random() < 0.2, chance.random() < 0.25
    sim.end_troubles()
    sim.finish_runs()
    sim.clock.advance(minutes=SETTLE_WAIT_MINUTES)
    sim.sync()
    if at_once:
        refuse(sim, doubles, unended, untied)
    if sim.decide_some(chance) or long:
        sim.clock.advance(hours=26)
        sim.sync()
    for _ in range(SYNCS_TO_REST):
        if not disagreements(sim) and not open_postings():
            break
        sim.clock.advance(hours=26)
        sim.sync()
    refuse(sim, doubles, disregarded, disagreements, untied)


def refuse(sim: Simulation, *checks: Callable[[Simulation], list[str]]) -> None:
    """Raise Disagreement with what is not as promised."""
    for check in checks:
        found = check(sim)
        db.session.commit()
        if found:
            raise Disagreement("\n".join((*found, *story(sim))))


def story(sim: Simulation) -> list[str]:
    return [f"replay: {sim.replay}", *sim.log]


def _trodden(house: House) -> frozenset:  # type: ignore[type-arg]
    """The points that a sync passes even when it has nothing to do."""
    sim = Simulation(house, 0, STEPS, deadly=False)
    sim.begin()
    sim.sync()
    sim.sync()
    sim.deaths.passed.clear()
    sim.sync()
    db.session.remove()
    return frozenset(sim.deaths.passed)


# As a program


def shrunk(holds: Callable[[list[int]], bool], places: list[int]) -> list[int]:
    """As few of the places as still fail: each is left out that need not be there."""
    for place in reversed(list(places)):
        fewer = [other for other in places if other != place]
        if not holds(fewer):
            places = fewer
    return places


def main(arguments: list[str] | None = None) -> int:
    """Replay a seed; the exit status says whether the promise held."""
    told = asked(arguments)
    with tempfile.TemporaryDirectory() as folder, built(Path(folder)) as house:
        return replay(house, told)


def replay(house: House, asked: argparse.Namespace) -> int:
    """Live through what was asked for and print its story; 1 when the promise was broken."""
    only = [int(place) for place in asked.only.split(",") if place]
    places = only or list(range(asked.steps) if asked.steps else steps_of(asked.seed))
    held, log = _outcome(house, asked, places)
    if not held and asked.shrink:
        places = shrunk(lambda fewer: _outcome(house, asked, fewer)[0], places)
        held, log = _outcome(house, asked, places)
        log = f"{log}\nneeds --only {','.join(map(str, places))}"
    sys.stdout.write(log + "\n")
    return 0 if held else 1


def _outcome(house: House, asked: argparse.Namespace, places: list[int]) -> tuple[bool, str]:
    try:
        sim = live(house, asked.seed, places, mode=asked.mode, deadly=not asked.no_deaths)
    except Disagreement as broken:
        return False, f"BROKEN: {broken}"
    return True, "\n".join((*sim.log, f"held; {len(sim.deaths.struck)} workers died"))


def asked(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.simulate", description="Replay a seed.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--mode", choices=MODES, default="", help="what Intacct does with uniqueid")
    parser.add_argument("--steps", type=int, default=0, help="how many steps instead of the seed's own number")
    parser.add_argument("--only", default="", help="only the steps of these places, such as 3,7")
    parser.add_argument("--no-deaths", action="store_true", help="no worker dies")
    parser.add_argument("--shrink", action="store_true", help="find out which steps a failure needs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
