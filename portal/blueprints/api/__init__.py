"""The JSON API at /api, shaped like Invoiced's public one, so that its clients work unchanged."""

from portal.blueprints.api import customers, invoices, payments
from portal.blueprints.api.blueprint import area

__all__ = ["area", "customers", "invoices", "payments"]
