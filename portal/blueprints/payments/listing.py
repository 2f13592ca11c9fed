"""The list of payments, its file, and voiding many of them at once."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.bulk import Bulk, do_bulk, show_bulk
from portal.blueprints.documents import listed
from portal.blueprints.downloads import csv_stream
from portal.blueprints.filtering import Asked, asked
from portal.blueprints.listing import text_arg
from portal.blueprints.payments.views import area
from portal.blueprints.rendering import METHODS
from portal.blueprints.syncing import states_shown
from portal.models.company import Role
from portal.models.sync import Kind
from portal.queries import payments as queries
from portal.queries.csv_export import payments_csv
from portal.queries.payments import PaymentFilter
from portal.queries.words import WITH_REST, PaymentStatus

TABS = (
    ("", "All"),
    (WITH_REST, "With a rest"),
    (PaymentStatus.UNAPPLIED, "Not applied"),
    (PaymentStatus.PARTIALLY_APPLIED, "Partly applied"),
    (PaymentStatus.APPLIED, "Applied"),
    (PaymentStatus.VOIDED, "Voided"),
)
_METHODS = {method.value: words for method, words in METHODS.items()}


def read_filter() -> Asked[PaymentFilter]:
    """The payments that the address asks for."""
    method = text_arg("method", 20)
    method = method if method in _METHODS else ""
    return asked(current_company(), PaymentFilter, {"method": (method, _METHODS.get(method, ""))})


BULK = Bulk(
    "payment", "payments", "Payments", "payments.list_payments", "payments.show_payment", "payment_id", read_filter
)  # fmt: skip


@area.get("")
@needs(Role.VIEWER)
def list_payments() -> str:
    """Payments, newest first, narrowed by the filter in the address, with its count and sums."""
    company, wish = current_company(), read_filter()
    page = queries.list_payments(company, wish.wanted, sort=wish.sort, after=request.args.get("after", ""))
    return render_template(
        "payments/list.html",
        tabs=TABS,
        methods=METHODS,
        page=page,
        list=listed(company, Kind.PAYMENT, wish, TABS, queries.payment_sums, "payments.export_payments"),
        sync=states_shown(company, Kind.PAYMENT, [payment.id for payment in page.items]),
        today=company.today(),
    )


@area.get("/csv")
@needs(Role.VIEWER)
def export_payments() -> FlaskResponse:
    """The same payments as a file."""
    wish = read_filter()
    return csv_stream("payments.csv", payments_csv(current_company(), wish.wanted, wish.sort))


@area.get("/bulk")
@needs(Role.ACCOUNTANT)
def confirm_bulk() -> str | Response:
    """What voiding the chosen payments does, before it is done."""
    return show_bulk(BULK)


@area.post("/bulk")
@needs(Role.ACCOUNTANT)
def perform_bulk() -> tuple[str, int] | Response:
    """Void the chosen payments, and tell what was done and what not."""
    return do_bulk(BULK)
