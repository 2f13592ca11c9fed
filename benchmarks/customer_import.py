"""Memory and time of a customer import from a large company: `python benchmarks/customer_import.py [20000]`.

That many customers are planted in the sandbox, which answers in this process, and the whole list is imported into an
empty book. The peak at the end over the peak after the first 2,000 customers is what counts (at most 1.2), not the
megabytes: the sandbox itself holds all customers from the beginning. SQLite.
"""

# ruff: noqa: T201 - the lines are what this is for
from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402
from flask import Flask  # noqa: E402

from intacct_sandbox import many, sessions  # noqa: E402
from intacct_sandbox.clock import SandboxClock  # noqa: E402
from intacct_sandbox.company import COMPANY_ID  # noqa: E402
from intacct_sandbox.core import SandboxCore  # noqa: E402
from portal.app import create_app  # noqa: E402
from portal.extensions import db  # noqa: E402
from portal.imports import asking, pages  # noqa: E402
from portal.imports.steps import STEPS  # noqa: E402
from portal.models.connection import Book, Connection, IntegrationSettings  # noqa: E402
from portal.models.run import Run, RunKind  # noqa: E402
from portal.services import secrets  # noqa: E402
from portal.sync import engine  # noqa: E402
from tests.factories import make_company, make_settings  # noqa: E402
from tests.sage_schema import CoreAdapter, session  # noqa: E402

LARGE = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
SMALL = LARGE // 10

Seen = dict[int, tuple[float, float]]


def peak() -> float:
    """The most memory that this process held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def connect(app: Flask, core: SandboxCore) -> int:
    """An empty company connected to the sandbox; the id of its queued import."""
    app.extensions["portal_intacct_http"] = lambda: session(CoreAdapter(core))
    app.extensions["portal_settings"] = replace(
        app.extensions["portal_settings"], intacct_sender_password=sessions.SENDER_PASSWORD
    )
    company = make_company("Large")
    book = Book(company_id=company.id, intacct_company_id=COMPANY_ID, entity="", active=True)
    db.session.add(book)
    db.session.flush()
    password = secrets.encrypt(sessions.USER_PASSWORD)
    db.session.add_all([
        Connection(company_id=company.id, book_id=book.id, intacct_user_id=sessions.USER_ID,
                   password_encrypted=password, base_currency="USD"),
        IntegrationSettings(company_id=company.id, values={}),
    ])  # fmt: skip
    db.session.flush()
    run = asking.ask(book, RunKind.IMPORT_CUSTOMERS, {}, trigger="benchmark")
    db.session.commit()
    return run.id


def watch(began: float) -> Seen:
    """Note the seconds and the peak when the first `SMALL` customers are stored, and at the end."""
    seen: Seen = {}
    real = pages.read

    def read(*asked: object) -> Iterator[list[dict[str, str]]]:
        done = 0
        for rows in real(*asked):  # type: ignore[arg-type]
            yield rows
            done += len(rows)
            if done >= SMALL and not seen:
                seen[done] = (time.perf_counter() - began, peak())
        seen[done] = (time.perf_counter() - began, peak())

    pages.read = read  # type: ignore[assignment]
    return seen


def main() -> None:
    core = SandboxCore(clock=SandboxClock())
    with core.lock:
        many.plant(core.books, LARGE, 0)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_settings(f"sqlite:///{folder}/book.db"))
        with app.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            run_id = connect(app, core)
            before = peak()
            seen = watch(time.perf_counter())
            engine.perform(run_id, STEPS)
            run = db.session.get_one(Run, run_id)
            assert run.state == "finished", run.error
            assert run.counts["created.customers"] == run.total >= LARGE
    core.close()
    (_, (_, small)), (_, (_, large)) = sorted(seen.items())
    print(f"before the import: peak {before:.0f} MB, the sandbox and its customers included")
    for count, (seconds, megabytes) in sorted(seen.items()):
        print(f"{count:,} customers: {seconds:.1f} s, peak {megabytes:.0f} MB (grew {megabytes - before:.0f} MB)")
    print(f"peak at the end over that of the first tenth: {large / small:.2f} (at most 1.2)")


if __name__ == "__main__":
    main()
