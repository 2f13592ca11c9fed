"""Settings > Members: who may do what in the company, and who is invited."""

from portal.blueprints.members import views_invitations  # noqa: F401 - registers its routes
from portal.blueprints.members.views import area

__all__ = ["area"]
