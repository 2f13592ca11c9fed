"""The list of customers, and its file."""

from __future__ import annotations

from flask import Response, render_template, request

from portal.blueprints.access import current_company, needs
from portal.blueprints.customers.views import area
from portal.blueprints.downloads import csv_stream
from portal.blueprints.filtering import ORIGINS, SYNC_STATES, Chip
from portal.blueprints.listing import list_url, text_arg
from portal.blueprints.syncing import states_shown
from portal.models.company import Role
from portal.models.sync import Kind
from portal.queries import customers as queries
from portal.queries.csv_export import customers_csv
from portal.queries.customers import CustomerFilter

TABS = (("", "All"), ("active", "Active"), ("inactive", "Inactive"), ("owing", "Owing"))
_ACTIVE = {"active": True, "inactive": False}
_SYNC_STATES = {state.value: words for state, words in SYNC_STATES.items()}


def read_filter() -> tuple[CustomerFilter, list[Chip]]:
    """The customers that the address asks for, and the parts of the filter in words."""
    text, currency = text_arg("q"), text_arg("currency", 3).upper()
    origin, state = text_arg("origin", 20), text_arg("sync", 20)
    origin, state = origin if origin in ORIGINS else "", state if state in _SYNC_STATES else ""
    tab = text_arg("status", 20)
    wanted = CustomerFilter(
        text=text,
        active=_ACTIVE.get(tab),
        currency=currency,
        origin=origin,
        sync_state=state,
        owing=True if tab == "owing" else None,
    )
    words = {
        "q": f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}" if text else "",
        "currency": currency,
        "origin": ORIGINS.get(origin, ""),
        "sync": f"Intacct: {word}"
        if (word := {str(key): said for key, said in SYNC_STATES.items()}.get(state))
        else "",
    }
    return wanted, [(said, {name: None}) for name, said in words.items() if said]


@area.get("")
@needs(Role.VIEWER)
def list_customers() -> str:
    """Customers by name, narrowed by the filter in the address."""
    company = current_company()
    wanted, chips = read_filter()
    sort = text_arg("sort", 30) or "name"
    page = queries.list_customers(company, wanted, sort=sort, after=request.args.get("after", ""))
    ids = [customer.id for customer in page.items]
    return render_template(
        "customers/list.html",
        tabs=TABS,
        page=page,
        sort=sort,
        chips=chips,
        status=text_arg("status", 20),
        count=queries.count_customers(company, wanted),
        balances=queries.open_balances_of(company, ids),
        sync=states_shown(company, Kind.CUSTOMER, ids),
        origins=list(ORIGINS.items()),
        sync_states=list(_SYNC_STATES.items()),
        csv_url=list_url(".export_customers"),
    )


@area.get("/csv")
@needs(Role.VIEWER)
def export_customers() -> Response:
    """The same customers as a file."""
    wanted, _ = read_filter()
    return csv_stream("customers.csv", customers_csv(current_company(), wanted, text_arg("sort", 30) or "name"))
