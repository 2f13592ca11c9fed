"""Every kind of run with the function that performs it: the engine's own, and the imports."""

from __future__ import annotations

from portal.imports import customers, invoices
from portal.models.run import RunKind
from portal.sync import engine

STEPS: engine.Steps = {
    **engine.STEPS,
    RunKind.IMPORT_CUSTOMERS: customers.perform,
    RunKind.IMPORT_INVOICES: invoices.perform,
}
