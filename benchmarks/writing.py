"""Invoices and payments written to Intacct: by the sync, by the public client's loop, and by a bare loop.

All three post the same bodies, which the sync made, to the same sandbox, which is put back in between.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import running

CUSTOMERS = 50
IN_FLIGHT = 2

Batches = list[list[tuple[str, str]]]
"""Requests in their order, each (control id, body) by function."""


SLOW_SECONDS = 2
"""What a request that writes takes in a slow measurement: with 100 documents in it 20 ms each, still fast for a book of
Intacct's."""
WRITES = ("create_invoice", {"function": "create", "object": "ARPYMT"})


def measure(
    folder: Path,
    sandbox: running.Sandbox,
    count: int,
    sides: Sequence[str] = ("ours", "sdk", "bare"),
    *,
    slow: bool = False,
) -> dict[str, running.Measured]:
    """The sides, by name; ours first, whose bodies the others post. `folder` is for the database and the bodies."""
    database, bodies = f"sqlite:///{folder}/writing.db", str(folder / "bodies.json")
    running.run("writing.py", "fill", database, sandbox.url, str(count))
    sandbox.control("snapshot", name="writing")
    found = {}
    for side in sides:
        sandbox.control("restore", name="writing")
        for when in WRITES if slow else ():
            sandbox.control("faults", when=when, what="slow", seconds=SLOW_SECONDS, times=0)
        before = sandbox.counted()
        found[side] = running.run("writing.py", side, database, sandbox.url, bodies)
        after = sandbox.counted()
        found[side].requests, found[side].functions = after[0] - before[0], after[1] - before[1]
        assert len(sandbox.control("records/ARINVOICE")) >= count
        assert len(sandbox.control("records/ARPYMT")) >= count
    return found


def fill(database: str, url: str, count: int) -> running.Measured:
    """A book with customers that are in Intacct, and as many invoices and payments that are not yet."""
    from benchmarks import book
    from portal.extensions import db
    from tests.factories import make_customer, make_invoice, make_payment

    with book.application(database, url), running.measuring() as found:
        company = book.connected()
        owners = [make_customer(company, f"Bench Customer {n}") for n in range(CUSTOMERS)]
        db.session.commit()
        book.perform()
        for n in range(count):
            price = f"{100 + n % 400}.25"
            make_payment(
                price, customer=owners[n % CUSTOMERS], on={make_invoice(price, customer=owners[n % CUSTOMERS]): price}
            )
            if n % 100 == 99:
                db.session.commit()
        db.session.commit()
    return found


def ours(database: str, url: str, bodies: str) -> running.Measured:
    """The sync; it leaves the bodies of its writes, in their batches, for the others."""
    from benchmarks import book
    from portal.intacct.gateway import Gateway

    sent: Batches = []
    write = Gateway.write

    def noting(self: Gateway, calls: Any, **more: Any) -> Any:
        sent.append([(call.control_id, call.body) for call in calls])
        return write(self, calls, **more)

    Gateway.write = noting  # type: ignore[method-assign]
    with book.application(database, url):
        book.book()
        with running.measuring() as found:
            run = book.perform()
        found.more = dict(run.counts)
        Path(bodies).write_text(json.dumps([sent, posted_keys()]))
    return found


def posted_keys() -> dict[str, str]:
    """The key of each invoice by the control id under which it was sent."""
    from portal.extensions import db
    from portal.models.sync import Kind, Posting, SyncRow

    query = db.select(SyncRow.ref, Posting.seq, SyncRow.key).join(Posting, Posting.sync_row_id == SyncRow.id)
    return {f"{ref}.{seq}": key for ref, seq, key in db.session.execute(query.where(SyncRow.kind == Kind.INVOICE))}


def bare(database: str, url: str, bodies: str) -> running.Measured:
    """A loop that only posts: requests put together as text, two in flight, replies looked through for the keys."""
    import requests

    sent, keys = json.loads(Path(bodies).read_text())
    line = requests.Session()
    session_id = re.search("<sessionid>([^<]+)", _bare_post(line, url, "login", [("s", "<getAPISession/>")]))[1]
    is_payment = ["<ARPYMT>" in batch[0][1] for batch in sent]
    moved: dict[str, str] = {}
    with running.measuring() as found, ThreadPoolExecutor(IN_FLIGHT) as hands:
        for kind in (False, True):
            part = [batch for batch, payment in zip(sent, is_payment, strict=True) if payment == kind]
            part = [[(ident, _with_new_keys(body, moved)) for ident, body in batch] for batch in part]
            for reply in hands.map(lambda batch: _bare_post(line, url, session_id, batch), part):
                for result in reply.split("<result>")[1:]:
                    ident = result.partition("<controlid>")[2].partition("<")[0]
                    if ident in keys:
                        moved[keys[ident]] = result.partition("<key>")[2].partition("<")[0]
    found.more = {"batches": len(sent)}
    return found


def _bare_post(line: Any, url: str, session_id: str, batch: list[tuple[str, str]]) -> str:
    from intacct_sandbox import company, sessions

    who = f"<sessionid>{session_id}</sessionid>"
    if session_id == "login":
        who = (
            f"<login><userid>{sessions.USER_ID}</userid><companyid>{company.COMPANY_ID}</companyid>"
            f"<password>{sessions.USER_PASSWORD}</password></login>"
        )
    functions = "".join(f'<function controlid="{ident}">{body}</function>' for ident, body in batch)
    document = (
        f"<request><control><senderid>{sessions.SENDER_ID}</senderid><password>{sessions.SENDER_PASSWORD}</password>"
        "<controlid>bare</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>"
        f'<operation transaction="false"><authentication>{who}</authentication><content>{functions}</content>'
        "</operation></request>"
    )
    reply = line.post(url, data=document.encode(), headers={"content-type": "application/xml"}).text
    if reply.count("<status>success</status>") != len(batch) + 2:
        raise SystemExit(f"the bare loop was refused: {reply[:2000]}")
    return reply


_PAID = re.compile("<RECORDKEY>([^<]*)</RECORDKEY>")


def _with_new_keys(body: str, moved: dict[str, str]) -> str:
    """A payment's body with the keys that its invoices have this time."""
    return _PAID.sub(lambda found: f"<RECORDKEY>{moved[found[1]]}</RECORDKEY>", body)


def sdk(database: str, url: str, bodies: str) -> running.Measured:
    """The loop that the public client's documentation shows: one document a request."""
    import xmltodict

    from benchmarks import public_client

    sent, keys = json.loads(Path(bodies).read_text())
    documents = [(ident, body) for batch in sent for ident, body in batch]
    plain = [(ident, xmltodict.parse(body)) for ident, body in documents]
    client = public_client.signed_in(url)
    moved: dict[str, str] = {}
    with running.measuring() as found:
        for ident, document in plain:
            if "create_invoice" in document:
                moved[keys[ident]] = client.ar_invoices.post(document["create_invoice"])["key"]
                continue
            payment = document["create"]["ARPYMT"]
            lines = payment["ARPYMTDETAILS"]["ARPYMTDETAIL"]
            for line in lines if isinstance(lines, list) else [lines]:
                line["RECORDKEY"] = moved[line["RECORDKEY"]]
            client.ar_payments.post(payment)
    found.more = {"documents": len(plain)}
    return found


_SIDES = {"ours": ours, "sdk": sdk, "bare": bare}

if __name__ == "__main__":
    side, database, url, given = sys.argv[1:]
    running.tell(fill(database, url, int(given)) if side == "fill" else _SIDES[side](database, url, given))
