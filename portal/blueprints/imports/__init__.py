"""Imports from Intacct: asking for one, watching it, and what came of it."""

from portal.blueprints.imports import views_asking
from portal.blueprints.imports.views import area

__all__ = ["area", "views_asking"]
