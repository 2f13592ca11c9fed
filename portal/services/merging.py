"""Moving the documents of one customer to another."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.services import audit, wanted
from portal.services.audit import Actor
from portal.services.records import hold


def move_documents(source: Customer, target: Customer, *, actor: Actor) -> None:
    """Give every invoice, payment and credit note of `source` to `target`, and make `source` inactive.

    Raises NotAllowedNow for customers of two companies, or one and the same. Money stays where it lies.
    """
    if source.company_id != target.company_id or source.id == target.id:
        raise NotAllowedNow("Documents can move only between two customers of one company.")
    hold(source, target)
    kept = _take_off(source)
    for model in (Invoice, Payment, CreditNote):
        db.session.execute(update(model).where(model.customer_id == source.id).values(customer_id=target.id))
    for values in kept:
        db.session.add(Application(**values | {"customer_id": target.id}))
    source.active = False
    source.version += 1
    db.session.flush()
    db.session.expire_all()
    text = f"all documents of {source.number} {source.name} moved to {target.number} {target.name}"
    for customer in (source, target):
        audit.record(customer.company_id, actor, "customer", customer.id, "merged", text=text)
        wanted.note_customer(customer)
    _note_documents(target)


def _take_off(source: Customer) -> list[dict[str, object]]:
    """The applications as values, their rows deleted: the database lets money lie only between documents of one
    customer, so the documents cannot move under them."""
    names = ("company_id", "currency", "payment_id", "credit_note_id", "invoice_id", "amount", "created_at")
    rows = db.session.scalars(select(Application).where(Application.customer_id == source.id).order_by(Application.id))
    kept = [{name: getattr(row, name) for name in names} for row in rows]
    db.session.execute(delete(Application).where(Application.customer_id == source.id))
    return kept


def _note_documents(target: Customer) -> None:
    for invoice in db.session.scalars(select(Invoice).where(Invoice.customer_id == target.id)):
        wanted.note_invoice(invoice)
    for payment in db.session.scalars(select(Payment).where(Payment.customer_id == target.id)):
        wanted.note_payment(payment)
    for note in db.session.scalars(select(CreditNote).where(CreditNote.customer_id == target.id)):
        wanted.note_credit_note(note)
