"""Memory and time of a tie-out in a large book: `python benchmarks/tie_out.py [100000]`.

Each size runs in a process of its own: that many invoices of ours, each linked to one in Intacct, one in a hundred paid
there since. Intacct is played by a gateway that makes up its pages from the queries, so that only the tie-out itself is
measured. The peak of the large book over that of a tenth of it is what counts (at most 1.2), not the megabytes. SQLite.
"""

# ruff: noqa: T201 - the table is what this is for
from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from benchmarks import running  # noqa: E402
from portal.app import create_app  # noqa: E402
from portal.extensions import db  # noqa: E402
from portal.intacct.tally import Tally  # noqa: E402
from portal.models.connection import Book, Connection  # noqa: E402
from portal.models.invoice import Invoice  # noqa: E402
from portal.models.run import Run, RunKind  # noqa: E402
from portal.models.sync import Kind, SyncRow  # noqa: E402
from portal.queries import tie_out as queries  # noqa: E402
from portal.services import gateways, secrets  # noqa: E402
from portal.sync import engine, runs  # noqa: E402
from tests.factories import make_company, make_customer, make_settings  # noqa: E402

AT_ONCE = 5_000
CUSTOMERS = 500
DAY = date(2026, 3, 1)
PRICE, PAID = Decimal(100), Decimal(40)
"""Every hundredth invoice is paid by this much in Intacct, and here not yet."""


@dataclass
class Answer:
    """A page of made-up rows, as the gateway's results look to readers of them."""

    control_id: str
    made: list[dict[str, str]] = field(default_factory=list)
    totalcount: int = 0
    numremaining: int = 0
    error: None = None

    def rows(self) -> Iterator[dict[str, str]]:
        return iter(self.made)


class MadeUp:
    """Intacct with `count` open invoices and nothing else: pages are made from each query."""

    session = None
    clock = None

    def __init__(self, count: int) -> None:
        self.count, self.requests, self.functions = count, 0, 0
        self.tally = Tally()

    def read(self, calls: Sequence[Any]) -> list[Answer]:
        self.requests += 1
        self.functions += len(calls)
        return [self._answer(call) for call in calls]

    def query_all(self, queries: Sequence[Any]) -> list[list[dict[str, str]]]:
        from portal.intacct.paging import rows_of_all

        return rows_of_all(queries, self.read)

    def query(self, query: Any) -> Iterator[Any]:
        from portal.intacct.paging import pages

        return pages(query, lambda call: self.read([call])[0])

    def _answer(self, call: Any) -> Answer:
        object_ = re.search(r"<object>(\w+)</object>", call.body)
        keys = re.search(r"<in>.*?<field>(\w+)</field>(.*?)</in>", call.body, re.S)
        after = re.search(r"<greaterthan>\s*<field>RECORDNO</field>\s*<value>(\d+)", call.body)
        size = int(re.search(r"<pagesize>(\d+)", call.body)[1])  # type: ignore[index]
        name = object_[1] if object_ else ""
        begin = int(after[1]) if after else 0
        if keys:
            wanted = [n for n in sorted(map(int, re.findall(r"<value>(\d+)</value>", keys[2]))) if n > begin]
            if name == "ARPYMTDETAIL" and keys[1] == "RECORDKEY":
                return Answer(call.control_id, [detail(n) for n in wanted if n % 100 == 0])
            rows = [invoice(n) for n in wanted[:size]] if name == "ARINVOICE" else []
            return Answer(call.control_id, rows, len(rows), 0)
        if name != "ARINVOICE":
            return Answer(call.control_id)
        end = min(self.count, begin + size)
        return Answer(call.control_id, [invoice(n) for n in range(begin + 1, end + 1)], self.count, self.count - end)


def invoice(number: int) -> dict[str, str]:
    due = PRICE - PAID if number % 100 == 0 else PRICE
    return {
        "RECORDNO": str(number), "RECORDID": f"INV-{number}", "CUSTOMERID": f"C-{number % CUSTOMERS}",
        "CUSTOMERNAME": f"Customer {number % CUSTOMERS}", "STATE": "Posted", "DESCRIPTION": "",
        "WHENCREATED": "03/01/2026", "WHENDUE": "03/31/2026", "CURRENCY": "USD", "TRX_TOTALENTERED": str(PRICE),
        "TRX_TOTALDUE": str(due),
    }  # fmt: skip


def detail(number: int) -> dict[str, str]:
    return {
        "RECORDNO": str(10_000_000 + number), "RECORDKEY": str(number), "PARENTPAYMENTKEY": str(20_000_000 + number),
        "PAYMENTDATE": "03/05/2026", "STATE": "C", "CURRENCY": "USD", "TRX_PAYMENTAMOUNT": str(PAID),
    }  # fmt: skip


def fill(count: int) -> int:
    """A company with `count` invoices, linked; the id of its queued tie-out."""
    company = make_company("Large")
    book = Book(company_id=company.id, intacct_company_id="LARGE", entity="", active=True)
    db.session.add(book)
    db.session.flush()
    db.session.add(
        Connection(company_id=company.id, book_id=book.id, intacct_user_id="portal",
                   password_encrypted=secrets.encrypt("password"), base_currency="USD")
    )  # fmt: skip
    owners = [make_customer(company, f"Customer {n}", number=f"C-{n}").id for n in range(CUSTOMERS)]
    for start in range(1, count + 1, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count + 1))
        db.session.execute(insert(Invoice), [
            {"id": n, "company_id": company.id, "customer_id": owners[n % CUSTOMERS], "number": f"INV-{n}",
             "number_key": f"inv-{n}", "date": DAY, "due_date": DAY, "currency": "USD", "total": PRICE,
             "balance": PRICE} for n in numbers
        ])  # fmt: skip
        db.session.execute(insert(SyncRow), [
            {"book_id": book.id, "kind": Kind.INVOICE, "record_id": n, "ref": f"R-{n}", "want_hash": "1:x",
             "have_hash": "1:x", "object": "ARINVOICE", "key": str(n), "number_there": f"INV-{n}"} for n in numbers
        ])  # fmt: skip
        db.session.commit()
    run = runs.request(book, RunKind.TIE_OUT, trigger="benchmark")
    db.session.commit()
    return run.id


def one(count: int) -> None:
    """Fill a book, compare it, and print what it took. The peak before the comparison is that of the filling, which
    works in pieces of one size and so is the same for every book."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_settings(f"sqlite:///{folder}/book.db"))
        with app.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            run_id = fill(count)
            gateways.open_gateway = lambda line, turns: MadeUp(count)  # type: ignore[assignment]
            before = running.peak()
            with running.measuring() as found:
                engine.perform(run_id)
            run = db.session.get_one(Run, run_id)
            tie_out = queries.of_run(run_id)
            assert tie_out is not None, run.error
            [total] = queries.totals(tie_out)
            assert (total.documents, total.differing) == (count, count // 100)
            assert (total.difference, total.unexplained) == (PAID * (count // 100), 0)
            found.more = {"before": before}
            running.tell(found)


def main() -> None:
    large = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found = {count: running.run("tie_out.py", "--one", str(count)) for count in (large // 10, large)}
    print(f"{'invoices':>10} {'seconds':>9} {'peak before':>12} {'peak':>9}")
    for count, one_ in found.items():
        print(f"{count:>10,} {one_.wall:>9.1f} {one_.more['before']:>9.0f} MB {one_.peak:>6.0f} MB")
    print(f"peak of the large book over a tenth of it: {found[large].peak / found[large // 10].peak:.2f} (at most 1.2)")


if __name__ == "__main__":
    one(int(sys.argv[2])) if sys.argv[1:2] == ["--one"] else main()
