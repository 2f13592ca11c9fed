"""The list of invoices, its file, and what is done to many of them at once."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.bulk import Bulk, do_bulk, show_bulk
from portal.blueprints.documents import listed
from portal.blueprints.downloads import csv_stream
from portal.blueprints.filtering import Asked, asked, due_filters
from portal.blueprints.invoices.views import area
from portal.blueprints.syncing import states_shown
from portal.models.company import Role
from portal.models.invoice import InvoiceStatus
from portal.models.sync import Kind
from portal.queries import invoices as queries
from portal.queries.csv_export import invoices_csv
from portal.queries.invoices import InvoiceFilter

TABS = (
    ("", "All"),
    (InvoiceStatus.DRAFT, "Draft"),
    (queries.UNPAID, "Unpaid"),
    (InvoiceStatus.PAST_DUE, "Past due"),
    (InvoiceStatus.PARTIALLY_PAID, "Partly paid"),
    (InvoiceStatus.PAID, "Paid"),
    (InvoiceStatus.VOIDED, "Voided"),
)


def read_filter() -> Asked[InvoiceFilter]:
    """The invoices that the address asks for."""
    ignored: list[str] = []
    found = asked(current_company(), InvoiceFilter, due_filters(ignored))
    found.ignored.extend(ignored)
    return found


BULK = Bulk(
    "invoice", "invoices", "Invoices", "invoices.list_invoices", "invoices.show_invoice", "invoice_id", read_filter
)  # fmt: skip


@area.get("")
@needs(Role.VIEWER)
def list_invoices() -> str:
    """Invoices, newest first, narrowed by the filter in the address, with its count and sums."""
    company, wish = current_company(), read_filter()
    page = queries.list_invoices(company, wish.wanted, sort=wish.sort, after=request.args.get("after", ""))
    return render_template(
        "invoices/list.html",
        tabs=TABS,
        page=page,
        list=listed(company, Kind.INVOICE, wish, TABS, queries.invoice_sums, "invoices.export_invoices"),
        sync=states_shown(company, Kind.INVOICE, [invoice.id for invoice in page.items]),
        today=company.today(),
    )


@area.get("/csv")
@needs(Role.VIEWER)
def export_invoices() -> FlaskResponse:
    """The same invoices as a file."""
    wish = read_filter()
    return csv_stream("invoices.csv", invoices_csv(current_company(), wish.wanted, wish.sort))


@area.get("/bulk")
@needs(Role.ACCOUNTANT)
def confirm_bulk() -> str | Response:
    """What issuing or voiding the chosen invoices does, before it is done."""
    return show_bulk(BULK)


@area.post("/bulk")
@needs(Role.ACCOUNTANT)
def perform_bulk() -> tuple[str, int] | Response:
    """Issue or void the chosen invoices, and tell what was done and what not."""
    return do_bulk(BULK)
