"""Choosing the customer that a new invoice or payment is for: a search instead of a list of thousands."""

from __future__ import annotations

from flask import render_template, request

from portal.blueprints.access import current_company
from portal.blueprints.listing import text_arg
from portal.queries.customers import CustomerFilter, list_customers

SHOWN = 25


def choose_customer(title: str, area_label: str, area_url: str) -> str:
    """The page that asks for the customer; each leads back to this address with `customer` added."""
    search = text_arg("q")
    page = list_customers(
        current_company(), CustomerFilter(text=search, active=True), after=request.args.get("after", ""), limit=SHOWN
    )
    return render_template(
        "shared/choose_customer.html", title=title, page=page, search=search, area_label=area_label, area_url=area_url
    )
