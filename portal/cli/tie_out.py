"""`portal tie-out`: compare both books now, in this process, and say why they differ."""

from __future__ import annotations

from typing import Any

import click

from portal.cli.output import Command, ExitCode, emit, table
from portal.cli.running import book_of, exit_code, perform, told
from portal.extensions import db
from portal.models.run import RunKind, RunState
from portal.queries import tie_out as queries
from portal.queries.companies import get_company_by_slug
from portal.queries.runs import get_run
from portal.queries.tie_out_bodies import document_body, tie_out_body


@click.command("tie-out", cls=Command)
@click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")
@click.option("--as-of", default="", metavar="DATE", help="The day whose balances are compared, such as 2026-03-31.")
def command(slug: str, as_of: str) -> int:
    """Compare our open balance with Intacct's, document by document.

    Ends with 0 when every difference is explained, 1 when a rest is not, 2 when the comparison failed.
    """
    company = get_company_by_slug(slug)
    book_of(company)
    day = queries.parse_as_of(as_of, company.today())
    subject = {"as_of": day.isoformat()} if day else {}
    run_id = perform(company, RunKind.TIE_OUT, lambda: subject)
    db.session.expire_all()
    run = get_run(company, run_id)
    found = queries.of_run(run_id)
    if run.state != RunState.FINISHED or found is None:
        told(company, run_id)
        return exit_code(RunState(run.state))
    answer = tie_out_body(company, found)
    answer["documents"] = [document_body(row) for row in queries.all_documents(found, queries.Wanted())]
    db.session.commit()
    emit(answer, _sentences)
    return ExitCode.PROBLEMS if any(one["unexplained"] for one in answer["currencies"]) else ExitCode.FINE


def _sentences(answer: dict[str, Any]) -> str:
    lines = []
    for one in answer["currencies"]:
        currency = one["currency"].upper()
        lines.append(
            f"{currency}: here {one['here']:,}, in Intacct {one['intacct']:,}, difference {one['difference']:,},"
            f" unexplained {one['unexplained']:,}."
        )
        rows = [(cause["cause"].replace("_", " "), cause["count"], f"{cause['amount']:,}") for cause in one["causes"]]
        lines += [table(("cause", "documents", "amount"), rows, right=(1, 2))] if rows else []
    if answer["documents"]:
        columns = ("document", "customer", "due here", "due there", "cause", "reason")
        lines.append(table(columns, [_line(row) for row in answer["documents"]], right=(2, 3)))
    lines += ["Both sides agree."] if not answer["documents"] else []
    lines += [f"Not read: {sentence}" for sentence in answer["unread"]]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    number = row["number"] or row["intacct_number"]
    amounts = (f"{row['here_due']:,.2f}", f"{row['intacct_due']:,.2f}")
    return (number, row["customer_name"], *amounts, row["cause"].replace("_", " "), row["reason"])
