"""Every plan, by name."""

from __future__ import annotations

from tests.drills.plans import accidents, kills, leaving, people, races, replies, stores
from tests.drills.plans.plan import PLANS

__all__ = ["PLANS", "accidents", "kills", "leaving", "people", "races", "replies", "stores"]
