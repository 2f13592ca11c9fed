"""A sync with nothing to do, in a small book and in a large one, beside the public client asking what changed."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import running

LONG_AGO_SECONDS = 48 * 3600
"""Older than any window that a sync reads again."""


def measure(folder: Path, count: int) -> dict[str, running.Measured]:
    """By side, in a book of `count` invoices that are all in Intacct."""
    database = f"sqlite:///{folder}/idle-{count}.db"
    found = {}
    with running.sandbox() as sandbox:
        sandbox.control("plant", invoices=count)
        sandbox.control("clock", advance_seconds=LONG_AGO_SECONDS)
        running.run("idle.py", "fill", sandbox.url, database)
        for side in ("ours", "sdk"):
            before = sandbox.counted()
            found[side] = running.run("idle.py", side, sandbox.url, database)
            after = sandbox.counted()
            found[side].requests, found[side].functions = after[0] - before[0], after[1] - before[1]
    return found


def fill(url: str, database: str) -> running.Measured:
    """A book in which every invoice of the sandbox is linked, synced once."""
    from benchmarks import book
    from portal.extensions import db
    from portal.models.connection import Connection
    from portal.services import gateways

    with book.application(database, url), running.measuring() as found:
        company = book.connected()
        active = book.book()
        line = gateways.line(db.session.get_one(Connection, company.id), active.intacct_company_id, active.entity)
        db.session.commit()
        _link(line, company.id, active.id)
        book.perform()
    return found


def _link(line: object, company_id: int, book_id: int) -> None:
    from sqlalchemy import insert

    from portal.extensions import db
    from portal.intacct.queries import Query, like
    from portal.models.company import Company
    from portal.models.invoice import Invoice
    from portal.models.sync import Kind, SyncRow
    from portal.services import gateways
    from tests.factories import make_customer

    owner = make_customer(db.session.get_one(Company, company_id), "All of them").id
    db.session.commit()
    gateway = gateways.open_waited_for(line)
    day, number = dt.date(2026, 3, 1), 0
    planted = Query("ARINVOICE", ("RECORDNO", "RECORDID"), like("RECORDID", "PLT-INV-%"), show_private=True)
    for page in gateway.query(planted):
        rows = [(number + place, row) for place, row in enumerate(page.rows, 1)]
        number += len(rows)
        db.session.execute(insert(Invoice), [
            {"id": n, "company_id": company_id, "customer_id": owner, "number": f"INV-{n}", "number_key": f"inv-{n}",
             "date": day, "due_date": day, "currency": "USD", "total": Decimal(100), "balance": Decimal(100)}
            for n, _ in rows
        ])  # fmt: skip
        db.session.execute(insert(SyncRow), [
            {"book_id": book_id, "kind": Kind.INVOICE, "record_id": n, "ref": f"R-{n}", "want_hash": "1:x",
             "have_hash": "1:x", "object": "ARINVOICE", "key": row["RECORDNO"], "number_there": row["RECORDID"]}
            for n, row in rows
        ])  # fmt: skip
        db.session.commit()


def ours(url: str, database: str) -> running.Measured:
    """The next sync."""
    from benchmarks import book

    with book.application(database, url), running.measuring() as found:
        found.more = dict(book.perform().counts)
    return found


def sdk(url: str, database: str) -> running.Measured:
    """What changed among invoices and payments in the last hour, by the public client."""
    from benchmarks import public_client
    from portal.intacct.stamps import format_stamp

    client = public_client.signed_in(url)
    since = format_stamp(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LONG_AGO_SECONDS) - dt.timedelta(hours=1))
    with running.measuring() as found:
        for kind in (client.ar_invoices, client.ar_payments):
            kind.get_by_query(fields=["RECORDNO"], and_filter=[("greaterthanorequalto", "WHENMODIFIED", since)])
    return found


if __name__ == "__main__":
    side, *arguments = sys.argv[1:]
    running.tell({"fill": fill, "ours": ours, "sdk": sdk}[side](*arguments))
