"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.blueprints.access import current_company, needs
from portal.blueprints.dashboard.figures import figures
from portal.models.company import Role
from portal.models.invoice import InvoiceStatus
from portal.queries.customers import count_customers
from portal.queries.invoices import InvoiceFilter, list_invoices
from portal.queries.payments import list_payments
from portal.services.wanted import active_book

area = Blueprint("dashboard", __name__)

SHOWN = 8


@area.get("/")
@needs(Role.VIEWER)
def show_dashboard() -> str:
    """What is owed, what is late, what came in; the first steps while there is nothing."""
    company = current_company()
    today = company.today()
    payments = list_payments(company, limit=SHOWN)
    invoices = list_invoices(company, limit=SHOWN)
    return render_template(
        "dashboard/show.html",
        company=company,
        today=today,
        connected=active_book(company.id) is not None,
        customers=count_customers(company),
        invoices=invoices,
        payments=payments,
        past_due=list_invoices(company, InvoiceFilter(status=InvoiceStatus.PAST_DUE), limit=SHOWN),
        figures=figures(company, today),
    )
