"""What people do to the book of a plan, each in a transaction of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Hold, Kind, Posting, PostingState, SyncRow
from portal.services import integration_settings, invoices, payments
from portal.services.renumbering import renumber as give_number
from portal.sync import choices
from tests.drills.plans.stage import Stage
from tests.factories import ACTOR, make_invoice_data


def _invoice(number: str) -> Invoice:
    return db.session.scalars(select(Invoice).where(Invoice.number == number)).one()


def _row(invoice: Invoice) -> SyncRow:
    query = select(SyncRow).where(SyncRow.kind == Kind.INVOICE, SyncRow.record_id == invoice.id)
    return db.session.scalars(query).one()


def edit_invoice(stage: Stage, number: str, **changes: Any) -> None:
    """Change fields of an invoice with one line."""
    with stage.portal():
        invoice = _invoice(number)
        data = make_invoice_data(invoice.customer, str(invoice.total), number=number, due_date=invoice.due_date)
        invoices.edit(invoice, replace(data, **changes), actor=ACTOR)
        db.session.commit()
    stage.tell(f"invoice {number} is edited")


def renumber(stage: Stage, number: str, new: str) -> None:
    """Give an invoice another number."""
    with stage.portal():
        give_number(_invoice(number), new, actor=ACTOR)
        db.session.commit()
    stage.tell(f"invoice {number} is called {new} now")


def void_invoice(stage: Stage, number: str) -> None:
    """Void an invoice."""
    with stage.portal():
        invoices.void(_invoice(number), reason="a drill", actor=ACTOR)
        db.session.commit()
    stage.tell(f"invoice {number} is voided")


def void_payment(stage: Stage, number: str) -> None:
    """Void a payment."""
    with stage.portal():
        payment = db.session.scalars(select(Payment).where(Payment.number == number)).one()
        payments.void(payment, reason="a drill", actor=ACTOR)
        db.session.commit()
    stage.tell(f"payment {number} is voided")


def skip(stage: Stage, *numbers: str) -> None:
    """Skip invoices."""
    with stage.portal():
        for number in numbers:
            choices.skip(_row(_invoice(number)), "a drill", actor=ACTOR)
        db.session.commit()
    stage.tell(f"skipped: {', '.join(numbers)}")


def unskip(stage: Stage) -> None:
    """Take every skip back."""
    with stage.portal():
        for row in db.session.scalars(select(SyncRow).where(SyncRow.hold == Hold.SKIPPED)):
            choices.unskip(row, actor=ACTOR)
        db.session.commit()
    stage.tell("nothing is skipped any more")


def choose(stage: Stage, **chosen: Any) -> None:
    """Change integration settings."""
    with stage.portal():
        integration_settings.change(stage.company(), chosen, actor=ACTOR)
        db.session.commit()


def unknown(stage: Stage) -> set[str]:
    """The numbers of the invoices whose fate is unknown."""
    with stage.portal():
        query = (
            select(Invoice.number)
            .join(SyncRow, (SyncRow.record_id == Invoice.id) & (SyncRow.kind == Kind.INVOICE))
            .join(Posting, Posting.sync_row_id == SyncRow.id)
            .where(Posting.state == PostingState.OPEN)
        )
        return set(db.session.scalars(query))
