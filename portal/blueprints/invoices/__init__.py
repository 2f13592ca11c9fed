"""Invoices: list, show, write, issue, void."""

from portal.blueprints.invoices import views_writing  # noqa: F401 - registers its routes
from portal.blueprints.invoices.views import area

__all__ = ["area"]
