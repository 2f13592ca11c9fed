"""How much longer a page of each list takes in a large book than in a small one: `python benchmarks/lists.py [100000]`.

Measures the rows of a first and of a later page, in every order, in a company of 1,000 invoices, payments and credit
notes and in one of many, in the same database and the same run; then what a page says beside its rows. The ratio is
what counts (at most 1.5 for rows), not the milliseconds. SQLite unless BENCHMARK_DATABASE_URL names an empty PostgreSQL
database.
"""

# ruff: noqa: T201 - the table is what this is for
from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import flask_migrate
from sqlalchemy import text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import running  # noqa: E402
from portal.app import create_app  # noqa: E402
from portal.extensions import db  # noqa: E402
from portal.models.company import Company  # noqa: E402
from portal.models.credit_note import CreditNote  # noqa: E402
from portal.models.invoice import Invoice  # noqa: E402
from portal.models.payment import Payment  # noqa: E402
from portal.queries import credit_notes, customers, dashboard, invoices, payments  # noqa: E402
from portal.services import sums  # noqa: E402
from tests.factories import (  # noqa: E402
    TODAY,
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_payment,
    make_settings,
)

SMALL = 1_000
LARGE = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = 31
DEEP = 5  # pages from the first on to the one that is measured as a later one
LISTS = {
    "customers": (customers.list_customers, customers.SORTS),
    "invoices": (invoices.list_invoices, invoices.SORTS),
    "payments": (payments.list_payments, payments.SORTS),
    "credit notes": (credit_notes.list_credit_notes, credit_notes.SORTS),
}
NARROWED = {
    "invoices, past due": lambda company: invoices.list_invoices(company, invoices.InvoiceFilter(status="past_due")),
    "invoices of a customer": lambda company: invoices.list_invoices(
        company, invoices.InvoiceFilter(customer_id=customers.list_customers(company, limit=1).items[0].id)
    ),
}
BESIDE = {
    "totals of all invoices": lambda company: invoices.invoice_sums(company),
    "totals of past due ones": lambda company: invoices.invoice_sums(
        company, invoices.InvoiceFilter(status="past_due")
    ),
    "invoices, search inv-0099": lambda company: invoices.list_invoices(
        company, invoices.InvoiceFilter(text="n-0099", anywhere=False)
    ),
    "dashboard, outstanding": dashboard.outstanding,
    "dashboard, aging": lambda company: dashboard.aging(company, TODAY),
    "dashboard, collected": lambda company: dashboard.collected(company, TODAY),
    "dashboard, activity": dashboard.recent_activity,
}


def fill(count: int) -> Company:
    """A company with `count` invoices, payments and credit notes, and a customer for each ten of them."""
    company = make_company(f"Book of {count}")
    first = make_customer(company, "Customer 0")
    seeds = (make_invoice(customer=first), make_payment(customer=first), make_credit_note(customer=first))
    db.session.flush()
    owners = max(count // 10, 1)
    copy("customer", first.id, owners, {"name": "'Customer ' || n", "name_key": "'customer ' || n"})
    lowest = db.session.execute(
        text("SELECT min(id) FROM customer WHERE company_id = :c AND id > :i"), {"c": company.id, "i": first.id}
    ).scalar_one()
    day = "date" if db.engine.dialect.name == "sqlite" else ""
    days = "date(date, '-' || (n % 700) || ' days')" if day else "date - (n % 700)"
    shared = {"customer_id": f"{lowest} + n % {owners}", "date": days}
    worth = "(n % 9973 + 1) * 100"
    some = f"CASE WHEN n % 5 = 0 THEN {worth} ELSE 0 END"
    kinds = {
        Invoice: {"total": worth, "balance": some, "due_date": days, "purchase_order": "'PO ' || n"},
        Payment: {"amount": worth, "reference": "'Wire ' || n"},
        CreditNote: {"total": worth},
    }
    for seed in seeds:
        copy(seed.__tablename__, seed.id, count, shared | kinds[type(seed)])
    sums.recount(company)
    db.session.commit()
    return company


def copy(table: str, seed: int, count: int, changed: dict[str, str]) -> None:
    """`count` rows like `seed`, each column as `changed` says for the n-th."""
    unique = {"uuid": "uuid || '-' || n", "number": f"'N-' || {padded()}", "number_key": f"'n-' || {padded()}"}
    given = unique | changed
    columns = [column.name for column in db.metadata.tables[table].columns if column.name != "id"]
    chosen = ", ".join(given.get(name, f'"{name}"') for name in columns)
    listed = ", ".join(f'"{name}"' for name in columns)
    numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :count) "
    db.session.execute(
        text(f"INSERT INTO {table} ({listed}) {numbers} SELECT {chosen} FROM {table}, n WHERE id = :seed"),
        {"seed": seed, "count": count},
    )


def padded() -> str:
    return "printf('%07d', n)" if db.engine.dialect.name == "sqlite" else "lpad(CAST(n AS text), 7, '0')"


def seconds(*actions: Callable[[], object]) -> list[float]:
    """What each of the actions takes: its fastest of several rounds, in turns, with nothing read before.

    The fastest, for whatever else the machine does only ever adds to it.
    """
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for times, action in zip(taken, actions, strict=True):
            db.session.rollback()
            db.session.expunge_all()
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
    return [min(times) for times in taken]


def compare(name: str, small: Callable[[], object], large: Callable[[], object]) -> float:
    """Print one row of the table; the ratio."""
    few, many = seconds(small, large)
    print(f"{name:40} {few * 1000:9.2f} ms {many * 1000:9.2f} ms {many / few:7.2f}")
    return many / few


def measure(small: Company, large: Company) -> float:
    """Print the table; the worst ratio of rows."""
    ids = [small.id, large.id]

    def each(call: Callable[[Company], object]) -> tuple[Callable[[], object], Callable[[], object]]:
        return tuple(lambda i=i: call(db.session.get_one(Company, i)) for i in ids)

    print(f"{'':40} {SMALL:>12,} {LARGE:>12,}   ratio")
    worst = 0.0
    for kind, (read, sorts) in LISTS.items():
        for sort in (way + name for name in sorts for way in ("", "-")):
            tokens = {i: later(read, db.session.get_one(Company, i), sort) for i in ids}
            first = each(lambda company, read=read, sort=sort: read(company, sort=sort))
            worst = max(worst, compare(f"{kind} by {sort}", *first))
            deep = each(lambda c, read=read, sort=sort, at=tokens: read(c, sort=sort, after=at[c.id]))
            worst = max(worst, compare(f"{kind} by {sort}, page {DEEP + 1}", *deep))
    for name, call in NARROWED.items():
        worst = max(worst, compare(name, *each(call)))
    print("-- beside the rows, not bound by 1.5")
    for name, call in BESIDE.items():
        compare(name, *each(call))
    return worst


def later(read: Callable[..., object], company: Company, sort: str) -> str:
    """The token of a page further on, as far as the list goes."""
    after = ""
    for _ in range(DEEP):
        page = read(company, sort=sort, after=after, limit=8)
        if not page.next_after:
            return after
        after = page.next_after
    return after


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        url = os.environ.get("BENCHMARK_DATABASE_URL", f"sqlite:///{place}/lists.db")
        with create_app(make_settings(url)).app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            small, large = fill(SMALL), fill(LARGE)
            db.session.execute(text("ANALYZE"))
            db.session.commit()
            with running.measuring() as found:
                worst = measure(small, large)
            db.session.remove()
            db.engine.dispose()
    if sys.argv[2:] == ["--tell"]:
        found.more = {"worst": worst}
        running.tell(found)
        return 0
    print(f"worst ratio of rows: {worst:.2f} (to reach: 1.5)")
    return 0 if worst <= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
