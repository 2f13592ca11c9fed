"""Scenes that several tests of the sync play: backups, spoilt wires, receipts shared by two customers."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from intacct_sandbox import receipts
from intacct_sandbox.money import SOURCES, Application, Use
from intacct_sandbox.receipts import Receipt
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run
from portal.models.sync import Kind, Problem
from portal.problems import ledger
from portal.sync import links
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem, row_of


def ok(run: Run) -> Run:
    assert run.state == "finished", (run.state, run.error, [p.text for p in db.session.scalars(db.select(Problem))])
    return run


def backup(world: World, path: Path) -> None:
    db.session.commit()
    source = sqlite3.connect(db.engine.url.database)
    target = sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()


def restore(world: World, path: Path) -> None:
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()
    source = sqlite3.connect(path)
    target = sqlite3.connect(db.engine.url.database)
    source.backup(target)
    source.close()
    target.close()


def due(world: World, number: str) -> str:
    """What an invoice still owes in Intacct."""
    return world.there("ARINVOICE", RECORDID=number)[0]["TRX_TOTALDUE"]


def texts(world: World) -> list[tuple[str, str]]:
    return [(p.code, p.text) for p in world.problems()]


def apply_rest_there(world: World, document: str, number: str, amount: str) -> None:

    with world.core.lock:
        books = world.core.books
        source = next(r for r in books.store.where("ARPYMT", "DOCNUMBER", document) if r["STATE"] == "C")
        invoice = books.store.one("ARINVOICE", "RECORDID", number)
        books.entity, books.user_id, books.user_key = None, "admin", 1
        books.store.begin()
        use = Use(SOURCES["OVERPAYMENT"], source["RECORDNO"], Decimal(amount))
        receipts.apply_credit(
            books,
            Receipt(
                customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]],
                method="Printed Check",
                received=books.today(),
                currency="USD",
                applications=[Application("ARINVOICE", invoice["RECORDNO"], uses=[use])],
            ),
        )
        books.store.commit()


def receive_there(world: World, amounts: Mapping[str, str], *, entity: str = "", uses: Sequence[Use] = ()) -> None:
    """Have somebody there, in this entity, receive money for invoices by their numbers; `uses` pay along with it."""
    with world.core.lock:
        books = world.core.books
        invoices = {number: books.store.one("ARINVOICE", "RECORDID", number) for number in amounts}
        books.entity = books.store.one("LOCATION", "LOCATIONID", entity) if entity else None
        books.user_id, books.user_key = "admin", 1
        books.store.begin()
        receipts.post(
            books,
            Receipt(
                customer=books.store.table("CUSTOMER").rows[next(iter(invoices.values()))["CUSTOMERKEY"]],
                method="Printed Check",
                received=books.today(),
                bank=books.dimension("CHECKINGACCOUNT", "Bank account", "CHK-01"),
                applications=[
                    Application("ARINVOICE", invoices[number]["RECORDNO"], Decimal(amount), uses=list(uses))
                    for number, amount in amounts.items()
                ],
            ),
        )
        books.store.commit()
        books.entity = None


def shared_receipt(world: World) -> tuple[Invoice, Invoice]:
    """A receipt there over invoices that are two customers' here, as where bill-to contacts are the customers."""
    one = make_customer(world.company, "Acme", number="C-1")
    two = make_customer(world.company, "Brook", number="C-2")
    invoice = make_invoice("100.00", customer=one, number="INV-1")
    ok(world.sync())
    world.act("create_invoice", customerid="C-1", invoiceno="INV-2", amount="100", date="03/01/2026")
    second = make_invoice("100.00", customer=two, number="INV-2")
    world.sync()
    there, row = only_problem(world, "number_taken").details["there"], row_of(world, Kind.INVOICE, second.id)
    links.link_without_posting(row, there["key"], there["number"], there, "")
    ledger.close(row, "scene")
    ok(world.sync())
    receive_there(world, {"INV-1": "40", "INV-2": "30"})
    ok(world.sync())
    return invoice, second


def spoil(world: World, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes) -> None:
    """Let the wire carry something else than the sandbox wrote."""
    inner = world.adapter.inner
    real = inner.send

    def send(request, *args, **kwargs):  # type: ignore[no-untyped-def]
        import io

        made = real(request, *args, **kwargs)
        body = made.raw.read()
        made.raw = io.BytesIO(body.replace(old, new))
        return made

    monkeypatch.setattr(inner, "send", send)


def small(real):  # type: ignore[no-untyped-def]
    def init(self, object, fields, where=None, page_size=2, **more):  # type: ignore[no-untyped-def]
        real(self, object, fields, where, page_size, **more)

    return init


def posted(world: World) -> tuple[Invoice, Invoice, Payment]:
    customer = make_customer(world.company, "Acme", number="C-1")
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    payment = make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    ok(world.sync())
    return first, second, payment
