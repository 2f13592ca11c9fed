"""Customers: list, show, add, edit, deactivate."""

from portal.blueprints.customers import listing  # noqa: F401 - registers its routes
from portal.blueprints.customers.views import area

__all__ = ["area"]
