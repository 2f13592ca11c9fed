"""`portal import`: bring customers or invoices over from Intacct, here and now; `portal imports`: what there was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, table
from portal.cli.running import book_of, brief, exit_code, perform
from portal.extensions import db
from portal.imports import asking
from portal.models.run import Run, RunKind, RunState
from portal.queries import imports as queries
from portal.queries import problems as problem_queries
from portal.queries.companies import get_company_by_slug
from portal.queries.import_bodies import failures_body, figures_body
from portal.sync.problem_bodies import bodies

company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")
preview_option = click.option("--preview", is_flag=True, help="Show what would come; keep nothing.")
wait_option = click.option(
    "--wait", "wait_seconds", type=click.FloatRange(0), default=0, metavar="SECONDS",
    help="How long to wait while another run holds the book.",
)  # fmt: skip


@click.group("import", cls=Group)
def import_group() -> None:
    """Bring records over from Intacct."""


@import_group.command("customers")
@company_option
@preview_option
@wait_option
def customers(slug: str, preview: bool, wait_seconds: float) -> int:
    """Import the whole customer list. Ends with 0 finished, 1 with problems, 2 failed, 4 another run holds the book."""
    return _perform(slug, RunKind.IMPORT_CUSTOMERS, {}, preview=preview, wait_seconds=wait_seconds)


@import_group.command("invoices")
@company_option
@click.option("--document-type", "document_types", multiple=True, metavar="NAME",
              help="A document type, such as Sales Invoice; may be given several times.")  # fmt: skip
@click.option("--open-only/--all", default=True, show_default=True, help="Only invoices of which something is due.")
@click.option("--dated-from", default="", metavar="DATE", help="The first day, such as 2026-01-31.")
@click.option("--dated-to", default="", metavar="DATE", help="The last day.")
@click.option("--with-pdf", is_flag=True, help="Keep Intacct's PDF of each invoice.")
@preview_option
@wait_option
def invoices(
    slug: str, document_types: tuple[str, ...], open_only: bool, dated_from: str, dated_to: str, with_pdf: bool,
    preview: bool, wait_seconds: float,
) -> int:  # fmt: skip
    """Import invoices of these document types, their customers with them."""
    options = {
        "document_types": list(document_types), "open_only": open_only, "dated_from": dated_from or None,
        "dated_to": dated_to or None, "with_pdf": with_pdf,
    }  # fmt: skip
    return _perform(slug, RunKind.IMPORT_INVOICES, options, preview=preview, wait_seconds=wait_seconds)


@click.group("imports", cls=Group)
def imports_group() -> None:
    """The imports and previews there were."""


@imports_group.command("list")
@company_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first.")
def list_command(slug: str, limit: int) -> None:
    """List imports and previews, newest first."""
    found = queries.list_imports(get_company_by_slug(slug), limit=limit).items
    emit_list([_brief(run) for run in found], _table)


@imports_group.command("show")
@click.argument("run_id", type=click.IntRange(1), metavar="RUN")
@company_option
def show(run_id: int, slug: str) -> None:
    """Show what an import did, and what it could not import."""
    emit(_whole(queries.get_import(get_company_by_slug(slug), run_id)), _sentences)


def _perform(slug: str, kind: RunKind, options: Mapping[str, Any], *, preview: bool, wait_seconds: float) -> int:
    company = get_company_by_slug(slug)
    about = asking.subject(book_of(company), kind, options, preview=preview)
    run_id = perform(company, RunKind.PREVIEW if preview else kind, lambda: about, wait_seconds=wait_seconds)
    db.session.expire_all()
    answer = _whole(queries.get_import(company, run_id))
    db.session.commit()
    emit(answer, _sentences)
    return exit_code(RunState(answer["status"]))


def _brief(run: Run) -> dict[str, Any]:
    return brief(run) | figures_body(run)


def _whole(run: Run) -> dict[str, Any]:
    return _brief(run) | {
        "skipped": 0, "failures": failures_body(run), "problems": bodies(problem_queries.of_run(run)),
    }  # fmt: skip


def _sentences(answer: dict[str, Any]) -> str:
    of = answer["type"]
    would = "would be " if answer["preview"] else ""
    rows = [
        (act.replace("_ar", " Accounts Receivable").replace("_", " "), f"{answer[act].get(of, 0):,}")
        for act in ("created", "updated", "linked", "failed", "not_in_ar")
    ]
    lines = [table((of, f"{would}imported" if would else "records"), [*rows, ("unchanged", f"{answer['unchanged']:,}")],
                   right=(1,))]  # fmt: skip
    lines.append(f"Import {answer['run_id']} {answer['status'].replace('_', ' ')} in {answer['seconds']:.1f} s.")
    lines += [answer["error"]] if answer["error"] else []
    return "\n".join([*lines, *(f"  {failure['message']}" for failure in answer["failures"])])


def _table(listing: dict[str, Any]) -> str:
    headers = ("import", "what", "status", "by", "started (UTC)", "created", "updated", "failed", "seconds")
    return table(headers, [_line(item) for item in listing["items"]], right=(0, 5, 6, 7, 8))


def _line(item: dict[str, Any]) -> list[Any]:
    began, of = item["started_at"] or item["created_at"], item["type"]
    kind = f"{'preview of ' if item['preview'] else ''}{of}"
    counts = [item["created"].get(of, 0), item["updated"].get(of, 0), item["failed_count"], f"{item['seconds']:.1f}"]
    return [item["run_id"], kind, item["status"], item["trigger"], f"{began:%Y-%m-%d %H:%M}", *counts]
