"""Signing in and out, a forgotten password, accepting an invitation."""

from portal.blueprints.auth import views_invitations, views_passwords  # noqa: F401 - registers their routes
from portal.blueprints.auth.views import area

__all__ = ["area"]
