"""What Intacct's gateway was asked for, over the API."""

from __future__ import annotations

from flask import request

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.sync_runs import TAG
from portal.queries.gateway_usage import parse_month
from portal.services.gateway_outlook import body, outlook


@operation(
    "GET", "/gateway_usage", tag=TAG, gives="gateway_usage",
    more="The present month of the company's calendar; with `month` (2026-11) another one. Requests and functions of"
    " runs, connection checks and lists; the forecast against the setting `monthly_allowance`.",
)  # fmt: skip
def retrieve_gateway_usage() -> Answer:
    """Retrieve what Intacct's gateway was asked for in a month."""
    company = current_company()
    return Answer(body(company, outlook(company, parse_month(request.args.get("month", "")))))
