"""Named plans: what goes wrong, how it is played, and what must hold afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from intacct_sandbox.switches import UNIQUEID_MODES
from tests.drills.plans import ground, proof
from tests.drills.plans.scenery import Scenery
from tests.drills.plans.stage import Stage

Act = Callable[[Stage], None]


@dataclass(frozen=True)
class Plan:
    """A plan by its name. `own_server`: it does to PostgreSQL what no other plan could live with. `expects`: what the
    proof must find wrong after it."""

    name: str
    act: Act
    own_server: bool = False
    expects: str = ""


PLANS: dict[str, Plan] = {}


def plan(act: Act) -> Act:
    """Register a function of this name as a plan."""
    add(act.__name__, act)
    return act


def add(name: str, act: Act, *, own_server: bool = False, expects: str = "") -> None:
    """Register a plan."""
    assert name not in PLANS, name
    PLANS[name] = Plan(name, act, own_server, expects)


def mode_of(name: str) -> str:
    """The `uniqueid` mode in which a plan is played when it is played once: they take turns."""
    return UNIQUEID_MODES[list(PLANS).index(name) % len(UNIQUEID_MODES)]


def play(plan: Plan, common: Scenery, folder: Path, mode: str) -> None:
    """Play a plan to its end. Raises AssertionError saying what does not hold; leaves nothing running."""
    with _own(common, folder) if plan.own_server else nullcontext(common) as scenery:
        scenery.begin(mode)
        stage = Stage(scenery, folder)
        try:
            _play(plan, stage)
        finally:
            stage.kill_processes()
            scenery.end()


@contextmanager
def _own(common: Scenery, folder: Path) -> Iterator[Scenery]:
    """A scenery that nobody else uses: the common one, or one with a server of its own."""
    if common.server is not None:
        yield common
        return
    with ground.made() as place:
        scenery = Scenery(place, folder)
        try:
            yield scenery
        finally:
            scenery.close()


def _play(plan: Plan, stage: Stage) -> None:
    plan.act(stage)
    last = stage.come_to_rest()
    stage.tell("all is done; comparing both books")
    wrong = "\n  ".join(proof.faults(stage, last))
    assert (plan.expects in wrong) if plan.expects else not wrong, f"after the plan:\n  {wrong}"
    stage.stop_processes()
    stage.tell("it holds")


def by_name(names: Mapping[str, Plan], name: str) -> Plan:
    """The plan, or SystemExit that lists them."""
    if name not in names:
        raise SystemExit(f"no plan {name!r}; known:\n  " + "\n  ".join(names))
    return names[name]
