"""All that may happen in a simulation, by name."""

from __future__ import annotations

from tests.drills import simulation_credits, simulation_here, simulation_there, simulation_trouble
from tests.drills.simulation import Steps

STEPS: Steps = {
    **simulation_here.STEPS,
    **simulation_there.STEPS,
    **simulation_credits.STEPS,
    **simulation_trouble.STEPS,
}
