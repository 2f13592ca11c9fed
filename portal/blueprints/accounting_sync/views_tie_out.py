"""The tie-out's page: both books by currency, by cause and by customer, each document side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.accounting_sync import tie_out_shown as shown
from portal.blueprints.accounting_sync.health import current_standing
from portal.blueprints.accounting_sync.progress import progress
from portal.blueprints.accounting_sync.starting import start_tie_out
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.days_chart import chart_of
from portal.blueprints.downloads import csv_stream
from portal.blueprints.last_tie_out import synced_since
from portal.blueprints.listing import text_arg
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Role
from portal.models.tie_out import Cause, TieOut
from portal.queries import tie_out as queries
from portal.queries.csv_export import line
from portal.queries.tie_out import Total, Wanted
from portal.services import tie_out_alerts

PRINTED_AT_MOST = 2000
CSV_HEAD = (
    "Document", "Kind", "Customer", "Currency", "Date here", "Date in Intacct", "Total here", "Paid here", "Due here",
    "Number in Intacct", "Record in Intacct", "Total in Intacct", "Paid in Intacct", "Due in Intacct", "Difference",
    "Unexplained", "Cause", "Reason",
)  # fmt: skip

area.add_app_template_global(shown.cause_name)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `problem` says why the day in it cannot be taken."""

    as_of: dt.date | None
    wanted: Wanted
    problem: str = ""


@area.get("/tie-out")
@needs(Role.VIEWER)
def show_tie_out() -> str:
    """Both sides, why they differ, by customer; the documents of a cause or a customer beside each other."""
    asked = _asked()
    after = text_arg("after", 60)
    return render_template("accounting_sync/tie_out.html", **_page(asked, after))


@area.get("/tie-out/print")
@needs(Role.VIEWER)
def print_tie_out() -> str:
    """The same on paper: every document that differs, up to two thousand, under the totals and causes."""
    asked = _asked()
    values = _page(asked, "")
    tie_out: TieOut | None = values["tie_out"]
    values["documents"] = (
        queries.documents(tie_out, Wanted(asked.wanted.currency), limit=PRINTED_AT_MOST) if tie_out else None
    )
    return render_template("accounting_sync/tie_out_print.html", **values)


@area.post("/tie-out")
@needs(Role.ACCOUNTANT)
def refresh_tie_out() -> AnyResponse:
    """Compare both books anew, in the background; the page shows how far it is."""
    try:
        day = queries.parse_as_of(request.form.get("as_of", ""), current_company().today())
    except InvalidInput as error:
        flash(error.message, "warning")
        return redirect(url_for(".show_tie_out"), 303)
    start_tie_out(day)
    return redirect(url_for(".show_tie_out", as_of=day.isoformat() if day else None), 303)


@area.post("/tie-out/alert")
@needs(Role.ADMIN)
def save_tie_out_alert() -> AnyResponse:
    """Choose when admins get a mail."""
    try:
        tie_out_alerts.change(
            current_company(), mails=request.form.get("mails") == "1", limit=request.form.get("limit", ""),
            actor=current_actor(),
        )  # fmt: skip
    except InvalidInput as error:
        db.session.rollback()
        flash(error.message, "warning")
    else:
        db.session.commit()
        flash("When mails go out is saved.", "success")
    return redirect(url_for(".show_tie_out", _anchor="h-mails"), 303)


@area.get("/tie-out/documents.csv")
@needs(Role.VIEWER)
def export_tie_out() -> Response:
    """The documents of the filter, side by side, and at the end what could not be read."""
    asked = _asked()
    tie_out = queries.newest(current_company(), asked.as_of)
    name = f"tie-out-{asked.as_of.isoformat() if asked.as_of else 'now'}.csv"
    return csv_stream(name, _csv(tie_out, asked.wanted))


def _csv(tie_out: TieOut | None, wanted: Wanted) -> Iterator[str]:
    yield line(CSV_HEAD)
    if tie_out is None:
        return
    unread = list(tie_out.unread)
    after = ""
    while True:
        page = queries.documents(tie_out, wanted, after=after, limit=1000)
        yield "".join(line(_cells(row)) for row in page.items)
        after = page.next_after
        if not after:
            break
    for sentence in unread:
        yield line(("Not read", "", sentence))


def _cells(row: Any) -> tuple[Any, ...]:
    return (
        row.number, row.kind.replace("_", " "), row.customer_name, row.currency, row.date, row.date_there,
        row.here_total, row.here_total - row.here_due, row.here_due, row.number_there,
        f"{row.object} {row.key}".strip(), row.there_total, row.there_total - row.there_due, row.there_due,
        row.difference, row.unexplained, shown.cause_name(row.cause), row.text,
    )  # fmt: skip


def _asked() -> Asked:
    problem = ""
    try:
        as_of = queries.parse_as_of(text_arg("as_of", 10), current_company().today())
    except InvalidInput as error:
        as_of, problem = None, error.message
    cause = text_arg("cause", 30)
    wanted = Wanted(
        currency=text_arg("currency", 3).upper(),
        cause=cause if cause in set(Cause) else "",
        customer_key=text_arg("customer", 80),
        text=text_arg("q"),
        everything=text_arg("show", 10) == "all",
    )
    return Asked(as_of, wanted, problem)


def _page(asked: Asked, after: str) -> dict[str, Any]:
    company, standing = current_company(), current_standing()
    tie_out = queries.newest(company, asked.as_of)
    run = queries.unended(company)
    last = queries.last_run(company)
    values: dict[str, Any] = {
        "asked": asked, "standing": standing, "tie_out": tie_out, "run": run, "today": company.today(),
        "progress": progress(run) if run else None, "failed": last if last and last.state == "failed" else None,
        "alert": tie_out_alerts.load(company.id), "total": None, "totals": [], "shown": shown,
        "synced_since": synced_since(tie_out, standing) if tie_out else None,
    }  # fmt: skip
    if tie_out is None:
        return values
    totals = queries.totals(tie_out)
    total = _chosen(totals, asked.wanted.currency, company.base_currency)
    values |= {"totals": totals, "total": total}
    return values | (_details(asked, tie_out, total, after) if total else {})


def _chosen(totals: list[Total], currency: str, base: str) -> Total | None:
    """The currency asked for, else the company's, else the one with the largest difference."""
    by_currency = {total.currency: total for total in totals}
    return by_currency.get(currency) or by_currency.get(base) or (totals[0] if totals else None)


def _details(asked: Asked, tie_out: TieOut, total: Total, after: str) -> dict[str, Any]:
    currency, wanted = total.currency, asked.wanted
    of_cause = bool(wanted.cause) and not wanted.customer_key
    listed = Wanted(currency, wanted.cause, wanted.customer_key, wanted.text, wanted.everything)
    causes = [one for one in queries.causes(tie_out, currency) if one.cause != Cause.UNEXPLAINED]
    standing = current_standing()
    days = queries.days(standing.book.id, currency) if standing.book else []
    day = tie_out.as_of or current_company().today()
    return {
        "causes": causes,
        "without_cause": queries.count_unexplained(tie_out, currency),
        "counts": queries.count_customers(tie_out, currency),
        "documents": queries.documents(tie_out, listed, after=after) if of_cause else None,
        "customers": None if of_cause else _customers(tie_out, listed, after),
        "opened": wanted.customer_key,
        "inset": queries.documents(tie_out, listed) if wanted.customer_key else None,
        "agreeing": queries.agreeing(tie_out, wanted.customer_key, currency) if wanted.customer_key else None,
        "aging": queries.aging(tie_out, currency, day),
        "chart": chart_of(days),
        "days": days,
    }


def _customers(tie_out: TieOut, wanted: Wanted, after: str) -> Any:
    """All customers of the list, the opened one among them."""
    everyone = Wanted(wanted.currency, wanted.cause, "", wanted.text, wanted.everything)
    return queries.customers(tie_out, everyone, after=after)
