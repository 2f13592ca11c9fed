"""`portal demo`: a day of the demo company, synced with the sandbox both ways, told in the terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from portal.cli import db as database
from portal.cli import sandbox
from portal.cli.demo_company import prepare, sell
from portal.cli.embedded import data_dir, environment, open_app
from portal.cli.output import ExitCode, ProcessCommand, emit, table
from portal.cli.place import PORT, hold, port_to_use, tell
from portal.cli.progress import shown
from portal.cli.sandbox import Sandbox
from portal.cli.supervisor import Supervisor
from portal.config import Settings
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.invoice import Invoice
from portal.models.run import Run, RunKind, RunState
from portal.sync import engine, runs

_OBJECTS = ("customers", "invoices", "payments", "credit_notes")
_WORKED = (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)
_FROM_BEST_TO_WORST = (*_WORKED, RunState.CANCELLED, RunState.QUEUED, RunState.RUNNING, RunState.FAILED)


@dataclass(frozen=True)
class Ended:
    """How one run ended; `counts` by name, such as "written.invoices"."""

    run_id: int
    state: RunState
    counts: dict[str, int]
    error: str


@click.command("demo", cls=ProcessCommand)
@click.option("--once", is_flag=True, help="Do nothing when the demo company has been synced before.")
@click.option("--sandbox-port", type=PORT, default=0, help="The sandbox's port; a free one if left out.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="The data folder.")
@click.pass_context
def command(ctx: click.Context, once: bool, sandbox_port: int, data: Path | None) -> int:
    """Sell, sync with the sandbox, receive a customer's cheque there, sync again, and print what happened."""
    folder = (data or data_dir()).absolute()
    with hold(folder):
        if once and (folder / "demo-told").exists():
            return ExitCode.FINE
        result: dict[str, Any] = {}
        with Supervisor(tell).guard() as supervisor:
            box = sandbox.start(supervisor, folder, port_to_use("127.0.0.1", sandbox_port, "--sandbox-port"))
            settings = Settings.from_env(environment(folder, os.environ, box.environment()) | box.environment())
            with open_app(ctx.obj(settings)) as app:
                database.upgrade()
                result = story(app, box)
                database.let_go()
        if not result:
            return ExitCode.INTERRUPTED
        (folder / "demo-told").touch()
    emit(result, _told)
    return _status(result)


def story(app: Flask, box: Sandbox) -> dict[str, Any]:
    """The whole day; it ends early when the first sync fails. Returns the figures of the runs, summed."""
    company = prepare(box)
    unpaid = sell(company)
    tell(f"{company.name} sold and was paid. Syncing with Intacct (the sandbox) ...")
    ended = [sync(app, company)]
    if ended[0].state in _WORKED:
        _receive_cheque(box, unpaid)
        ended.append(sync(app, company))
    return _summed(company.slug, ended)


def _summed(slug: str, ended: list[Ended]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for run in ended:
        counts.update(run.counts)
    return {
        "company": slug,
        "runs": [run.run_id for run in ended],
        "status": max((run.state for run in ended), key=_FROM_BEST_TO_WORST.index),
        "error": next((run.error for run in ended if run.error), ""),
        "read": _figures(counts, "read")
        | {"payments": counts["read.payments_received"], "credit_notes": counts["read.credits_received"]},
        "written": _figures(counts, "written"),
        "problems": counts["problems"],
        "gateway_requests": counts["gateway_requests"],
    }


def sync(app: Flask, company: Company) -> Ended:
    """Perform one accounting sync in this process, with its progress in the terminal."""
    book = db.session.scalars(select(Book).where(Book.company_id == company.id, Book.active)).one()
    run_id = runs.request(book, RunKind.SYNC, trigger="demo").id
    db.session.commit()
    with shown(app, run_id):
        engine.perform(run_id)
    run = db.session.get_one(Run, run_id)
    ended = Ended(run.id, RunState(run.state), run.counts, run.error)
    db.session.commit()
    return ended


def _receive_cheque(box: Sandbox, invoice: Invoice) -> None:
    number, amount = invoice.number, invoice.balance
    db.session.commit()
    box.act({"do": "receive_payment", "invoice_recordid": number, "amount": str(amount), "document": "4711"})
    tell(f"In Intacct, a cheque of {amount:,.2f} arrives for invoice {number}. Syncing again ...")


def _figures(counts: Mapping[str, int], what: str) -> dict[str, int]:
    return {name: counts.get(f"{what}.{name}", 0) for name in _OBJECTS}


def _status(result: Mapping[str, Any]) -> int:
    if result["status"] == RunState.FINISHED:
        return ExitCode.FINE
    return ExitCode.PROBLEMS if result["status"] == RunState.FINISHED_WITH_PROBLEMS else ExitCode.FAILED


def _told(result: dict[str, Any]) -> str:
    rows = [(name.replace("_", " "), result["written"][name], result["read"][name]) for name in _OBJECTS]
    lines = [
        "",
        table(("", "written to Intacct", "read from Intacct"), rows, right=(1, 2)),
        "",
        f"{len(result['runs'])} syncs, {result['status'].replace('_', ' ')}: {result['problems']} problems, "
        f"{result['gateway_requests']} requests.",
    ]
    return "\n".join(lines + ([result["error"]] if result["error"] else []))
