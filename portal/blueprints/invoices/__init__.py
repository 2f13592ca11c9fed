"""Invoices: list, show, write, issue, void."""

from portal.blueprints.invoices import listing, views_writing  # noqa: F401 - register their routes
from portal.blueprints.invoices.views import area

__all__ = ["area"]
