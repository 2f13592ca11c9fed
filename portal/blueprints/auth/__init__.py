"""Signing in and out."""

from portal.blueprints.auth.views import area

__all__ = ["area"]
