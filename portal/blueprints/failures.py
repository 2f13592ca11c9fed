"""Error pages: what is the case, what was not done, where to go on."""

from __future__ import annotations

from flask import Flask, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.blueprints.unexpected import COLLIDED, RETRY, RETRY_SOON, noted, page_without_database
from portal.blueprints.urls import page_before
from portal.errors import PortalError
from portal.extensions import db

# The page that shows the record which an address of the area is about: area -> (endpoint, its argument).
_RECORD_PAGES = {
    "customers": ("customers.show_customer", "customer_id"),
    "invoices": ("invoices.show_invoice", "invoice_id"),
    "payments": ("payments.show_payment", "payment_id"),
    "credit_notes": ("credit_notes.show_credit_note", "credit_note_id"),
}

_PAGES = {
    400: ("This request is not complete", "The browser sent something that the portal cannot read. Nothing was saved."),
    403: ("Not included in your role", "Your role does not include this. Nothing was changed."),
    404: ("Nothing is here", "This page does not exist, or it belongs to a company that you are not a member of."),
    405: ("Not in this way", "This address is not opened like this. Go back to the page and use its button."),
    409: ("That is not possible now", "The record has changed since this page was opened. Nothing was saved."),
    413: ("Too much at once", "What was sent is larger than the portal takes. Nothing was saved. Send less text."),
    422: ("That cannot be taken", "Something in what was sent cannot be taken. Nothing was saved."),
}


def init_failures(app: Flask) -> None:
    """Answer every error of `app` with a page for people."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(InternalServerError, _unexpected)
    app.register_error_handler(HTTPException, _http_error)


def _stale_form(_error: CSRFError) -> tuple[str, int]:
    text = (
        "Its session has ended, or somebody signed in or out in another tab. Nothing was saved."
        " Go back, load the page anew and send it again."
    )
    return _page(400, "This form is stale", text)


def _portal_error(error: PortalError) -> tuple[str, int]:
    db.session.rollback()
    title = _PAGES.get(error.http_status, _PAGES[400])[0]
    return _page(error.http_status, title, error.message)


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    title, text = _PAGES.get(error.code, (error.name, "Nothing was changed."))
    return _page(error.code, title, text)


def _unexpected(error: InternalServerError) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """The pages that never touch the database; their reference stands in the log beside the traceback."""
    failed = noted(error)
    if failed.outage:
        sent = request.method == "POST"
        return page_without_database("errors/503.html", reference=failed.reference, sent=sent), 503, RETRY
    if failed.collided:
        page, status = _page(503, "Two changes met", f"{COLLIDED} Go back and send it again.")
        return page, status, RETRY_SOON
    return page_without_database("errors/500.html", reference=failed.reference), 500


def _page(status: int, title: str, text: str) -> tuple[str, int]:
    layout = "layouts/app.html" if _inside() else "layouts/signed_out.html"
    back, label = _way_on()
    page = render_template(
        "errors/error.html", layout=layout, status=status, title=title, text=text, back=back, back_label=label
    )
    return page, status


def _inside() -> bool:
    """Whether the page can stand inside the portal's frame: only for a member of a company."""
    return bool(current_user.is_authenticated and current_user.memberships)


def _way_on() -> tuple[str, str]:
    """Where to go on from an error: the record as it is now, else the page before, else the start."""
    endpoint, argument = _RECORD_PAGES.get(request.blueprint or "", ("", ""))
    record_id = (request.view_args or {}).get(argument)
    if record_id and request.endpoint != endpoint:
        return url_for(endpoint, **{argument: record_id}), "See it as it is now"
    start = url_for("dashboard.show_dashboard")
    back = page_before(start)
    if not current_user.is_authenticated:
        return start, "Sign in"
    return (start, "To the dashboard") if back in (start, request.path) else (back, "Back to the page before")
