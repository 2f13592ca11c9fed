"""The JSON API at /api, shaped like Invoiced's public one, so that its clients work unchanged."""

from portal.blueprints.api import (
    credit_notes,
    customers,
    events,
    imports,
    invoices,
    openapi,
    payments,
    problems,
    sync_runs,
    tie_out,
    usage,
)
from portal.blueprints.api.blueprint import area
from portal.blueprints.api.reference import reference

__all__ = [
    "area",
    "credit_notes",
    "customers",
    "events",
    "imports",
    "invoices",
    "openapi",
    "payments",
    "problems",
    "reference",
    "sync_runs",
    "tie_out",
    "usage",
]
