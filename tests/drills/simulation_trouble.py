"""What goes wrong in a simulation, and what the portal's processes do: faults of the line, frozen workers, edits in the
middle of a run, lost sessions, restored databases, runs. Workers die by themselves, see `simulation_control`."""

from __future__ import annotations

import random
from typing import Any

from portal.extensions import db, settings
from portal.models.run import Run, RunKind, RunState
from portal.sync import choices, due
from tests.drills.simulation import NothingToDo, Simulation, Steps, open_problems

LATEST_SECONDS = 900
"""A cut-off request is finished by Intacct within this time: less than the settle wait."""

FAULTS = (
    *("reply_lost",) * 4, *("524_late",) * 5, *("truncated",) * 2, "dropped_before", "500", "502_html", "429",
    "maintenance", "try_again_later", "rate_limit_text", "session_expired", "schema_error", "function_error",
)  # fmt: skip
NEW_PAYMENT = {"function": "create", "object": "ARPYMT"}
NEW_CUSTOMER = {"function": "create", "object": "CUSTOMER"}
FUNCTIONS: tuple[Any, ...] = (
    *(NEW_PAYMENT,) * 5, *("create_invoice",) * 3, *("apply_arpayment",) * 3, *("reverse_arpayment",) * 3,
    *("create_aradjustment",) * 2, "delete_aradjustment",
    "update_invoice", "reverse_invoice", NEW_CUSTOMER, "query", "getAPISession", "any",
)  # fmt: skip

_WHILE_STANDING = ("after commit", "before request", "after request", "after request")
"""When a worker stands still: inside a transaction it would hold the database."""

_KINDS = (*(RunKind.SYNC,) * 6, *(RunKind.SETTLE,) * 2, *(RunKind.RECORD,) * 2, RunKind.SWEEP, RunKind.TIE_OUT)


NOT_MEANWHILE = ("freeze", "meanwhile", "back up", "restore", "bad day", "run", "tick", "wait")


def end_sessions(sim: Simulation, chance: random.Random) -> None:
    """Intacct forgets its sessions; what it was still to finish for one of them fails, its control id burnt."""
    table = sim.core.books.store.table("_SESSION")
    for key in list(table.rows):
        sim.core.books.store.remove("_SESSION", key)


def order_fault(sim: Simulation, chance: random.Random, function: Any = None) -> None:
    """The next requests of this function (or of any one) go wrong."""
    what, when = chance.choice(FAULTS), function or chance.choice(FUNCTIONS)
    more: dict[str, Any] = {"skip": 0 if function else chance.choice((0, 0, 1, 2)), "times": chance.choice((1, 1, 2))}
    if what == "524_late":
        more["late_seconds"] = chance.choice((0, 30, 300, 300, LATEST_SECONDS))
    sim.note(f"{what} at {when} {more}")
    sim.core.faults.order([{"when": when, "what": what, **more}])


def freeze(sim: Simulation, chance: random.Random) -> None:
    """The worker stands still, is thought dead, and wakes when another one has done its run."""

    def overtaken() -> None:
        running = db.session.scalars(db.select(Run.id).where(Run.state == RunState.RUNNING)).all()
        db.session.commit()
        sim.note("frozen; another worker takes over")
        for run_id in running:
            sim.work(run_id)

    _at_some_moment(sim, chance, overtaken, "")


def meanwhile(sim: Simulation, chance: random.Random) -> None:
    """Somebody does something while the next run is at work."""
    name = chance.choice([name for name in sim.steps if name not in NOT_MEANWHILE])
    own = random.Random(chance.random())

    def deed() -> None:
        sim.note(f"meanwhile {name}")
        sim.do(name, own)

    _at_some_moment(sim, chance, deed, name)


def _at_some_moment(sim: Simulation, chance: random.Random, deed: Any, told: str) -> None:
    moment = chance.choice(_WHILE_STANDING)
    nth = chance.randint(0, 20 if "commit" in moment else 9)
    sim.note(f"{moment} {nth} {told}")
    sim.interrupt(moment, nth, lambda: sim.elsewhere(deed))


def back_up(sim: Simulation, chance: random.Random) -> None:
    sim.house.keep(sim.house.backup)
    sim.backed_up = True


def restore(sim: Simulation, chance: random.Random) -> None:
    """The portal's database is the one of the last backup; Intacct knows nothing of that."""
    if not sim.backed_up:
        raise NothingToDo
    sim.house.put_back(sim.house.backup)
    sim.restored = True


def press(sim: Simulation, chance: random.Random) -> None:
    """Sync Now, a settle run, Retry of everything that is open, a sweep, a tie-out; on a good line or a bad one."""
    kind = chance.choice(_KINDS)
    if chance.random() < 0.4:
        order_fault(sim, chance)
    subject = choices.retry(open_problems()) if kind == RunKind.RECORD else {}
    db.session.commit()
    sim.sync(kind, **subject)


def tick(sim: Simulation, chance: random.Random) -> None:
    """The scheduler's minute: what is due is carried out, by two schedulers now and then."""
    wait = settings().intacct_settle_wait_seconds
    ids = due.due(wait)
    if chance.random() < 0.3:
        ids += due.due(wait)
    sim.note(f"due: {ids}")
    for run_id in ids:
        sim.work(run_id)


_COMMON = (
    *(("record payment", NEW_PAYMENT),) * 3, ("add invoice", "create_invoice"), ("apply rest", "apply_arpayment"),
    ("void payment", "reverse_arpayment"), ("add credit note", "create_aradjustment"),
    ("apply credit note", "apply_arpayment"), ("void credit note", "any"),
)  # fmt: skip


def bad_day(sim: Simulation, chance: random.Random) -> None:
    """Something new, a fault that meets it, and two runs close together."""
    name, function = chance.choice(_COMMON)
    sim.do(name, chance)
    order_fault(sim, chance, function)
    sim.sync()
    sim.clock.advance(seconds=chance.randint(1, 200))
    sim.sync()


def wait(sim: Simulation, chance: random.Random) -> None:
    minutes = chance.choice((1, 5, 10, 22, 70, 1500))
    sim.note(f"{minutes} minutes")
    sim.clock.advance(minutes=minutes)


def fault_at_a_first_write(sim: Simulation, chance: random.Random) -> None:
    """What begins every book is met by a fault."""
    order_fault(sim, chance, chance.choice((NEW_PAYMENT, "create_invoice", NEW_CUSTOMER)))


STEPS: Steps = {
    "fault at a first write": (0, fault_at_a_first_write),
    "end sessions": (2, end_sessions),
    "fault": (11, order_fault),
    "freeze": (4, freeze),
    "meanwhile": (5, meanwhile),
    "back up": (4, back_up),
    "restore": (6, restore),
    "bad day": (20, bad_day),
    "run": (12, press),
    "tick": (4, tick),
    "wait": (6, wait),
}
