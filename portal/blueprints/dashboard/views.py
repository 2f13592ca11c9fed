"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.blueprints.access import current_company, needs
from portal.blueprints.dashboard.activity import happened
from portal.blueprints.dashboard.figures import aging_shown, figures
from portal.blueprints.last_tie_out import days_before, last_tie_out
from portal.blueprints.listing import text_arg
from portal.models.company import Role
from portal.models.invoice import InvoiceStatus
from portal.queries import sync_overview
from portal.queries.customers import count_customers
from portal.queries.dashboard import aging
from portal.queries.invoices import InvoiceFilter, list_invoices
from portal.queries.kept_sums import kept
from portal.queries.problems import count_open

area = Blueprint("dashboard", __name__)

LONGEST = 5


@area.get("/")
@needs(Role.VIEWER)
def show_dashboard() -> str:
    """What is owed and how late, what came in, how the sync stands; the first steps while there is nothing."""
    company = current_company()
    today = company.today()
    ages = aging(company, today)
    standing = sync_overview.standing(company)
    tie_out = last_tie_out(company, standing)
    late = InvoiceFilter(status=InvoiceStatus.PAST_DUE)
    return render_template(
        "dashboard/show.html",
        company=company,
        today=today,
        begun=any(kept(company, kind) for kind in ("invoice", "payment", "credit_note")),
        customers=count_customers(company),
        figures=figures(company, today, ages),
        aging=aging_shown(company, today, ages, text_arg("currency", 3).upper()),
        longest=list_invoices(company, late, sort="due_date", limit=LONGEST).items,
        activity=happened(company),
        standing=standing,
        to_send=sync_overview.to_send(standing.book) if standing.book else None,
        waiting=sync_overview.count_waiting(standing.book) if standing.book else 0,
        problems=count_open(company),
        tie_out=tie_out,
        chart=days_before(tie_out.day) if tie_out and tie_out.day else None,
    )
