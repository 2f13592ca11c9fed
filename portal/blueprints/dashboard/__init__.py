"""The first page: what is owed, what is late, what came in."""

from portal.blueprints.dashboard.views import area

__all__ = ["area"]
