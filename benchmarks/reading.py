"""A long customer list read from Intacct: by the import's reader and by the public client, then imported whole."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import running


def measure(folder: Path, sandbox: running.Sandbox, count: int) -> dict[str, running.Measured]:
    """Reading by both, and the whole import into an empty book; `count` customers are planted first."""
    sandbox.control("plant", customers=count)
    found = {}
    for side in ("ours", "sdk"):
        found[side] = _counting(sandbox, side, sandbox.url)
        assert found[side].more["customers"] >= count
    found["import"] = imported(folder, sandbox, count)
    return found


def imported(folder: Path, sandbox: running.Sandbox, count: int) -> running.Measured:
    """The whole import of the customers that are there into an empty book."""
    database = f"sqlite:///{folder}/customers-{count}.db"
    running.run("reading.py", "fill", sandbox.url, database)
    found = _counting(sandbox, "import", sandbox.url, database)
    assert found.more["created.customers"] >= count
    return found


def _counting(sandbox: running.Sandbox, *arguments: str) -> running.Measured:
    before = sandbox.counted()
    found = running.run("reading.py", *arguments)
    after = sandbox.counted()
    found.requests, found.functions = after[0] - before[0], after[1] - before[1]
    return found


def ours(url: str) -> running.Measured:
    """Every customer with all its contacts, read as the import reads it, each page let go of behind the next."""
    from intacct_sandbox import company, sessions
    from portal.intacct.customer_cards import CustomerCard
    from portal.intacct.gateway import Gateway, Login, Sender
    from portal.intacct.queries import Query

    sender = Sender(sessions.SENDER_ID, sessions.SENDER_PASSWORD)
    gateway = Gateway(url, sender, Login(company.COMPANY_ID, sessions.USER_ID, sessions.USER_PASSWORD))
    gateway.sign_in()
    count = 0
    with running.measuring() as found:
        for page in gateway.query(Query("CUSTOMER", CustomerCard.fields(), show_private=True)):
            count += len([CustomerCard.from_row(row) for row in page.rows])
    found.more = {"customers": count}
    return found


def sdk(url: str) -> running.Measured:
    """The same fields of every customer by the public client."""
    from benchmarks import public_client
    from portal.intacct.customer_cards import CustomerCard

    client = public_client.signed_in(url)
    with running.measuring() as found:
        count = len(client.customers.get_all(fields=list(CustomerCard.fields())))
    found.more = {"customers": count}
    return found


def fill(url: str, database: str) -> running.Measured:
    """An empty book that is connected."""
    from benchmarks import book

    with book.application(database, url), running.measuring() as found:
        book.connected()
    return found


def import_(url: str, database: str) -> running.Measured:
    """The customer import, as a worker carries it out."""
    from benchmarks import book
    from portal.models.run import RunKind

    with book.application(database, url), running.measuring() as found:
        run = book.perform(RunKind.IMPORT_CUSTOMERS)
        found.more = dict(run.counts)
    return found


if __name__ == "__main__":
    side, *arguments = sys.argv[1:]
    running.tell({"ours": ours, "sdk": sdk, "fill": fill, "import": import_}[side](*arguments))
