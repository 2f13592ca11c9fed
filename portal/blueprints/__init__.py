"""The pages, one folder an area."""

from __future__ import annotations

from flask import Flask

from portal.blueprints.access import init_access
from portal.blueprints.account import area as account
from portal.blueprints.accounting_sync import area as accounting_sync
from portal.blueprints.api import area as api
from portal.blueprints.api import reference as api_reference
from portal.blueprints.api_keys import area as api_keys
from portal.blueprints.auth import area as auth
from portal.blueprints.company import area as company
from portal.blueprints.credit_notes import area as credit_notes
from portal.blueprints.customers import area as customers
from portal.blueprints.dashboard import area as dashboard
from portal.blueprints.failures import init_failures
from portal.blueprints.headers import init_headers
from portal.blueprints.health import area as health
from portal.blueprints.help import area as help_area
from portal.blueprints.imports import area as imports
from portal.blueprints.invoices import area as invoices
from portal.blueprints.listing import init_listing
from portal.blueprints.members import area as members
from portal.blueprints.payments import area as payments
from portal.blueprints.rendering import init_rendering
from portal.blueprints.request_ids import init_request_ids
from portal.blueprints.settings import area as settings
from portal.blueprints.urls import init_urls

AREAS = (
    auth,
    health,
    dashboard,
    customers,
    invoices,
    payments,
    credit_notes,
    imports,
    settings,
    api_keys,
    api,
    api_reference,
    members,
    company,
    account,
    accounting_sync,
    help_area,
)


def init_pages(app: Flask) -> None:
    """Guard, dress and register every area with `app`."""
    init_urls(app)
    init_access(app)
    init_request_ids(app)
    init_headers(app)
    init_rendering(app)
    init_listing(app)
    init_failures(app)
    for area in AREAS:
        app.register_blueprint(area)
