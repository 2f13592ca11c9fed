"""The tie-out of a simulation's books, held against sums that are worked out here: every difference has its cause."""

from __future__ import annotations

from decimal import Decimal

from portal.extensions import db
from portal.models.run import Run, RunKind, RunState
from portal.models.tie_out import TieOut, TieOutDocument
from portal.queries import tie_out as queries
from tests.drills.simulation import Simulation
from tests.integration.sync.tied import here_open, there_open

NOTHING = Decimal(0)


def untied(sim: Simulation) -> list[str]:
    """What a tie-out made now leaves unexplained, or adds up wrongly."""
    sim.sync(RunKind.TIE_OUT)
    run = db.session.scalars(db.select(Run).order_by(Run.id.desc())).first()
    if run is None or (run.kind, run.state) != (RunKind.TIE_OUT, RunState.FINISHED):
        return [f"the tie-out did not finish: {run and run.error}"]
    found = queries.of_run(run.id)
    assert found is not None
    return [*_wrong_sums(sim, found), *_unexplained(found)]


def _wrong_sums(sim: Simulation, found: TieOut) -> list[str]:
    here, there = here_open(), there_open(sim.core)
    wrong = []
    for total in queries.totals(found):
        causes = sum((cause.amount for cause in queries.causes(found, total.currency)), NOTHING)
        if (total.here, total.there) != (here[total.currency], there[total.currency]):
            wrong.append(
                f"the tie-out adds up {total.here} here and {total.there} there; it is {here[total.currency]} and"
                f" {there[total.currency]}"
            )
        if total.difference != total.here - total.there or causes + total.unexplained != total.difference:
            wrong.append(f"the tie-out's causes make {causes} and {total.unexplained} of {total.difference}")
    return wrong


def _unexplained(found: TieOut) -> list[str]:
    rows = db.session.scalars(
        db.select(TieOutDocument).where(TieOutDocument.tie_out_id == found.id, TieOutDocument.unexplained != NOTHING)
    )
    return [
        f"unexplained {row.unexplained} of {row.kind} {row.number or row.number_there}: here {row.here_total}/"
        f"{row.here_due}, there {row.there_total}/{row.there_due}, {row.cause} ({row.text})"
        for row in rows
    ]
