"""How many functions go into the next request: as many as Intacct worked off in good time so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = 25
MOST = 100
"""No number is published; 100 objects a call is what integrators recommend, and the schema is checked for each."""

LONGEST_SECONDS = 30.0
"""A request should be answered within this time: the edge cuts connections later, and Intacct goes on working."""


@dataclass
class Pace:
    """Begins with 25 and grows with each request that was quick, doubling at most; shrinks as soon as one is slow."""

    size: int = FIRST

    def took(self, functions: int, seconds: float) -> None:
        """Learn from a request of so many functions that took so many seconds."""
        if functions <= 0:
            return
        fit = int(LONGEST_SECONDS / 2 / max(seconds / functions, 1e-6))
        self.size = max(1, min(MOST, fit, self.size * 2))
