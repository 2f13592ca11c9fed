"""Help: what to do when something goes wrong."""

from portal.blueprints.help.views import area

__all__ = ["area"]
