"""`portal sync`: run the accounting sync here, or queue it; what ran, what it did, and stopping it."""

from __future__ import annotations

from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, say, table
from portal.cli.running import TRIGGER, book_of, brief, perform, result, sentences, told
from portal.errors import InvalidInput
from portal.extensions import db
from portal.jobs.queues import enqueue_run
from portal.models.company import Company
from portal.models.run import RunKind
from portal.models.sync import Kind
from portal.queries.companies import get_company_by_slug
from portal.queries.credit_notes import get_credit_note_by_number
from portal.queries.customers import get_customer_by_number
from portal.queries.gateway_usage import parse_month
from portal.queries.invoices import get_invoice_by_number
from portal.queries.payments import get_payment_by_number
from portal.queries.runs import get_run, list_runs
from portal.services.gateway_outlook import body, outlook
from portal.sync import due, previews, runs

company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")
run_argument = click.argument("run_id", type=click.IntRange(1), metavar="RUN")

_FINDERS: dict[str, Any] = {
    Kind.CUSTOMER.value: get_customer_by_number,
    Kind.INVOICE.value: get_invoice_by_number,
    Kind.PAYMENT.value: get_payment_by_number,
    Kind.CREDIT_NOTE.value: get_credit_note_by_number,
}


@click.group("sync", cls=Group)
def group() -> None:
    """The accounting sync with Intacct."""


@group.command("run")
@company_option
@click.option("--record", default="", metavar="KIND:NUMBER", help="Only this record, such as invoice:INV-0001.")
@click.option("--preview", is_flag=True, help="Show what would happen; send nothing and keep nothing.")
@click.option("--as-shown", type=click.IntRange(1), metavar="RUN", help="Send exactly what this preview showed.")
@click.option("--wait", "wait_seconds", type=click.FloatRange(0), default=0, metavar="SECONDS",
              help="How long to wait while another run holds the book.")  # fmt: skip
def run(slug: str, record: str, preview: bool, as_shown: int | None, wait_seconds: float) -> int:
    """Sync now, in this process. Ends with 0 finished, 1 with problems, 2 failed, 4 another run holds the book."""
    company = get_company_by_slug(slug)
    if as_shown is not None and (record or preview):
        raise InvalidInput("--as-shown sends what a preview showed; it goes with no other choice.", field="as_shown")
    records = [_record(company, record)] if record else None
    subject: dict[str, Any] = {}
    kind = RunKind.RECORD if records else RunKind.SYNC
    if preview:
        kind, subject = RunKind.PREVIEW, previews.subject(records)
    elif as_shown is not None:
        subject = previews.subject_of(get_run(company, as_shown))
    elif records:
        subject = {"records": records}
    return told(company, perform(company, kind, lambda: subject, wait_seconds=wait_seconds))


@group.command("start")
@company_option
def start(slug: str) -> None:
    """Queue a sync for a worker."""
    book = book_of(get_company_by_slug(slug))
    queued = runs.request(book, RunKind.SYNC, trigger=TRIGGER)
    db.session.flush()
    due.stamp([queued.id])
    answer = brief(queued)
    db.session.commit()
    if not enqueue_run(answer["run_id"]):
        say("Redis did not take it; the scheduler's next tick puts it on the queue.")
    emit(answer, lambda told_: f"Sync {told_['run_id']} is queued for a worker.")


@group.command("list")
@company_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first.")
def list_command(slug: str, limit: int) -> None:
    """List runs, newest first."""
    emit_list([brief(found) for found in list_runs(get_company_by_slug(slug), limit=limit).items], _table)


@group.command("show")
@run_argument
@company_option
def show(run_id: int, slug: str) -> None:
    """Show what a run did."""
    emit(result(get_run(get_company_by_slug(slug), run_id)), sentences)


@group.command("cancel")
@run_argument
@company_option
def cancel(run_id: int, slug: str) -> None:
    """Stop a run: a queued one at once, a running one after the record it is at."""
    found = get_run(get_company_by_slug(slug), run_id)
    runs.cancel(found)
    answer = brief(found)
    db.session.commit()
    emit(answer, lambda told_: f"Run {told_['run_id']}: {told_['status']}. It stops at its next record's edge.")


@group.command("usage")
@company_option
@click.option("--month", default="", metavar="MONTH", help="Such as 2026-11; the present one if left out.")
def usage(slug: str, month: str) -> None:
    """Show what Intacct's gateway was asked for in a month, and whether the month stays within its allowance."""
    company = get_company_by_slug(slug)
    emit(body(company, outlook(company, parse_month(month))), _usage)


def _record(company: Company, text: str) -> dict[str, Any]:
    kind, _, number = text.partition(":")
    if kind not in _FINDERS or not number:
        raise InvalidInput(
            "Name the record by kind and number: customer:..., invoice:... or payment:...", field="record"
        )
    return {"kind": kind, "id": _FINDERS[kind](company, number).id}


def _table(listing: dict[str, Any]) -> str:
    headers = ("run", "kind", "status", "by", "started (UTC)", "read", "written", "problems", "seconds")
    return table(headers, [_line(item) for item in listing["items"]], right=(0, 5, 6, 7, 8))


def _usage(found: dict[str, Any]) -> str:
    rows = [(one["purpose"].replace("_", " "), f"{one['functions']:,}", f"{one['requests']:,}")
            for one in found["purposes"]]  # fmt: skip
    allowed = f" of {found['allowance']:,} allowed" if found["allowance"] else ""
    lines = [table(("purpose", "functions", "requests"), rows, right=(1, 2))] if rows else []
    lines.append(f"{found['month']}: {found['functions']:,} functions{allowed}, {found['today']['functions']:,} today.")
    return "\n".join([*lines, found["words"], *(f"  {sentence}" for sentence in found["advice"])])


def _line(item: dict[str, Any]) -> list[Any]:
    began = item["started_at"] or item["created_at"]
    counts = [sum(item["read"].values()), sum(item["written"].values()), item["problems"], f"{item['seconds']:.1f}"]
    return [item["run_id"], item["kind"], item["status"], item["trigger"], f"{began:%Y-%m-%d %H:%M}", *counts]
