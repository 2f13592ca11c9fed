"""Both books agree after an import, whatever was paid before it; what was not imported is named as not ours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.tie_out import TieOut
from portal.queries import tie_out as queries
from portal.services import payments
from tests.factories import ACTOR
from tests.integration.imports.conftest import World
from tests.integration.imports.test_invoice_import import invoices_in, outstanding
from tests.integration.sync.scenes import ok
from tests.integration.sync.tied import tie, told


def differing(found: TieOut) -> list[tuple[str, str]]:
    """(number, cause) of what differs; all of it explained."""
    assert [total.unexplained for total in queries.totals(found) if total.unexplained] == [], told(found)
    rows = queries.documents(found, queries.Wanted(), limit=2000).items
    return sorted((row.number or row.number_there, row.cause) for row in rows)


@pytest.mark.parametrize("read_payments", [True, False])
def test_an_imported_invoice_agrees_and_what_was_not_imported_is_not_ours(world: World, read_payments: bool) -> None:
    world.choose(read_payments=read_payments)
    ok(invoices_in(world))
    imported = {row["DOCNO"] for row in outstanding(world)}
    found = differing(tie(world))
    assert {cause for _, cause in found} == {"not_ours"}
    assert not imported & {number for number, _ in found}


def test_money_on_an_imported_invoice_is_told_from_what_was_paid_before(world: World) -> None:
    world.choose(read_payments=False)
    ok(invoices_in(world))
    paid = next(invoice for invoice in db.session.scalars(db.select(Invoice)) if invoice.balance < invoice.total)
    number = paid.number
    world.act("receive_payment", invoice_recordid=number, amount="1.25")
    found = tie(world)
    [row] = [row for row in queries.documents(found, queries.Wanted(), limit=2000).items if row.number == number]
    assert (row.cause, row.difference, row.unexplained) == ("changed_there", Decimal("1.25"), 0)
    assert "moved" not in row.text


def test_an_opening_payment_taken_off_here_is_changed_here(world: World) -> None:
    world.choose(read_payments=False)
    ok(invoices_in(world))
    paid = next(invoice for invoice in db.session.scalars(db.select(Invoice)) if invoice.balance < invoice.total)
    number = paid.number
    application = paid_by(paid)
    payments.set_applied(application.payment, paid, Decimal(0), actor=ACTOR)
    found = [(name, cause) for name, cause in differing(tie(world)) if cause != "not_ours"]
    assert {cause for _, cause in found} == {"changed_here"}
    assert number in {name for name, _ in found}


def paid_by(invoice: Invoice):  # type: ignore[no-untyped-def]
    """The one application on an invoice."""
    from portal.models.payment import Application

    return db.session.scalars(db.select(Application).where(Application.invoice_id == invoice.id)).one()
