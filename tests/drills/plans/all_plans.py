"""Every plan, by name."""

from __future__ import annotations

from tests.drills.plans import kills, leaving, people, races, replies, stores
from tests.drills.plans.plan import PLANS

__all__ = ["PLANS", "kills", "leaving", "people", "races", "replies", "stores"]
