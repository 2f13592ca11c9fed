"""Customers: list, show, add, edit."""

from portal.blueprints.customers.views import area

__all__ = ["area"]
